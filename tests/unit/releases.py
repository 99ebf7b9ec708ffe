"""Tiny releases in the layout of ``curated/``, written for the case."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence

from pipeline.release.compare.published import Published
from schemas import columns as col
from schemas.columns import PROCESSED
from tests.unit.difficult import listed, small_cif

#: An inversion centre, one lithium off it and one oxygen on it.
CIF = small_cif(
    (4.0, 4.0, 5.0), listed(["x, y, z", "-x, -y, -z"]), "Li1 Li 0.1000 0.2000 0.3000 1.0\nO1 O 0.0000 0.0000 0.0000 1.0\n"
).replace("loop_", "_chemical_formula_sum 'Li2 O1'\nloop_", 1)  # fmt: skip


def row(name: str, **changed: object) -> dict[str, object]:
    """A plausible entry; ``changed`` by attribute name of the column (``CLOSE_MATCH="Yes"``)."""
    plain: dict[str, object] = {str(column): "" for column in col.WORKBOOK}
    plain |= {
        col.ID: name, col.REDUCED_COMPOSITION: "Li2O", col.Z: 1, col.TRUE_COMPOSITION: "Li2O", col.IONIC_CONDUCTIVITY: "1e-05",
        col.SPACE_GROUP: "P-1", col.SPACE_GROUP_NUMBER: 2, col.A: 4.0, col.B: 4.0, col.C: 5.0, col.ALPHA: 90, col.BETA: 90,
        col.GAMMA: 90, col.DOI: "10.1/x", col.CIF_ID: "done",
    }  # fmt: skip
    return plain | {getattr(col, key): value for key, value in changed.items()}


def table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, [str(column) for column in columns], lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows({str(key): value for key, value in each.items()} for each in rows)
    return text.getvalue().encode()


def processed(rows: Sequence[Mapping[str, object]]) -> bytes:
    made = []
    for each in rows:
        label = str(each[col.IONIC_CONDUCTIVITY])
        kind = "Close Match" if each[col.CLOSE_MATCH] == "Yes" else "Match"
        made.append(
            {
                **each, col.COMPOSITION_PROCESSED: each[col.TRUE_COMPOSITION], col.CIF_PROCESSED: kind,
                col.SPACE_GROUP_NUMBER_PROCESSED: each[col.SPACE_GROUP_NUMBER],
                col.LABEL: "1e-15" if label.startswith("<") else label, col.CONDUCTIVITY_PROCESSED: label.lstrip("<"),
                col.BOUND: "<" if label.startswith("<") else "",
            }
        )  # fmt: skip
    return table(PROCESSED, made)


def files(
    train: Sequence[Mapping[str, object]], test: Sequence[Mapping[str, object]] = (), cifs: Mapping[str, str] | None = None
) -> dict[str, bytes]:
    """Files of a release with these rows and structures, checksums included."""
    every = [*train, *test]
    made = {"all.csv": table(col.WORKBOOK, every), "processed.csv": processed(every)}
    for side, rows in (("train", train), ("test", test)):
        made[f"{side}.csv"] = table(col.WORKBOOK, rows)
        made[f"{side}_idx.csv"] = "\n".join(["ID", *(str(each[col.ID]) for each in rows)]).encode()
    made |= {f"all_randomized_cifs/{name}.cif": text.encode() for name, text in (cifs or {}).items()}
    made["RELEASE.json"] = b'{"made_with": {"obelix-curate": "0"}, "source": {}}'
    made["SHA256SUMS"] = "".join(f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(made.items())).encode()
    return made


def release(name: str, *args: Sequence[Mapping[str, object]], cifs: Mapping[str, str] | None = None) -> Published:
    return Published(name, files(*args, cifs=cifs))
