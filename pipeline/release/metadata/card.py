"""The data card: ``README.md`` of a release, with the front matter that the Hugging Face Hub reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.findings import SEVERITIES
from pipeline.release.metadata import about
from schemas import columns as col
from schemas.columns import Column, Type
from schemas.files import ALL, MODEL_SIDES, RELEASE_SIDES, STRUCTURE_LINES, File

if TYPE_CHECKING:
    from pipeline.release.metadata.present import Present

#: Split of a table that is not divided. Unnamed, the Hub would call it train, the entries of the test set included.
WHOLE = "full"
_FEATURES: dict[Type, str] = {"text": "string", "number": "float64", "integer": "int64", "boolean": "bool"}
_BLANK_FEATURES: dict[Type, str] = {**_FEATURES, "integer": "float64", "boolean": "string"}
#: Options of the Hub's reader: a blank cell is blank, and a text such as NA is none.
_READING = {"keep_default_na": False, "na_values": [""]}
#: Size classes of the Hub, by their upper end.
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))


def front_matter(files: Sequence[Present], release: Mapping[str, Any]) -> dict[str, Any]:
    """Front matter as the Hub defines it: licence, tasks, and one configuration a table with its splits and the type of each column.

    The default holds what a model is trained on, ``entries`` the curators' sheet by side, any other configuration one whole table.
    """
    entries = int(release["counts"][ALL])
    held = {each.file.path: each.file for each in files}
    sides = {name: paths for name, paths in (("default", MODEL_SIDES), ("entries", RELEASE_SIDES)) if held.keys() >= set(paths)}
    whole = [
        file for file in held.values() if file.is_table and len(file.columns) > 1 and file.path not in (*RELEASE_SIDES, *MODEL_SIDES, ALL)
    ]
    configs: list[dict[str, Any]] = [
        {
            "config_name": name,
            "data_files": [{"split": path.partition(".")[0].partition("_")[0], "path": path} for path in paths],
            **_READING,
        }
        for name, paths in sides.items()
    ]
    configs[0]["default"] = True
    configs += [{"config_name": file.name, "data_files": [{"split": WHOLE, "path": file.path}], **_READING} for file in whole]
    described = {**{name: held[paths[0]] for name, paths in sides.items()}, **{file.name: file for file in whole}}
    return {
        "license": about.DATA_LICENCE.lower(),
        "language": ["en"],
        "pretty_name": "OBELiX",
        "task_categories": ["tabular-regression"],
        "size_categories": [next((name for limit, name in _SIZES if entries < limit), "100K<n<1M")],
        "tags": ["chemistry", "materials-science", "batteries", "solid-electrolyte", "ionic-conductivity", "crystal-structure"],
        "configs": configs,
        "dataset_info": [{"config_name": name, "features": features(file)} for name, file in described.items()],
    }


def features(file: File) -> list[dict[str, str]]:
    """Name and type of each column as ``datasets`` of the Hub reads them; a reader that guesses makes a number of an ID.

    It holds no blank in a column of whole numbers or of truth values: those become numbers with a fraction, and text.
    """
    return [{"name": str(column), "dtype": _feature(column, bounded=column in file.bounded)} for column in file.columns]


def _feature(column: Column, *, bounded: bool) -> str:
    if bounded:
        return "string"
    return (_FEATURES if column.required else _BLANK_FEATURES)[column.type]


def card(files: Sequence[Present], release: Mapping[str, Any]) -> str:
    """The whole card."""
    counts, source = release["counts"], release["source"]
    parts = [
        "---\n" + _yaml(front_matter(files, release)) + "---",
        f"# {about.TITLE}",
        about.description(release),
        _facts(release),
        "## What is in the folder",
        _table(("file", "holds"), [(f"`{each.file.path}`", f"{each.file.title}. {each.file.description}") for each in files]),
        "Units, sources and limits of every column stand in `datapackage.json`.",
        BOUNDS,
        "## First steps",
        _FIRST_STEPS,
        *([_STRUCTURES] if any(each.file.path == STRUCTURE_LINES for each in files) else []),
        "## Before you train",
        _bullets(
            [
                f"Use the split that is given ({counts['train.csv']} training, {counts['test.csv']} test entries): entries of one paper, "
                "and of one composition, stand on one side. Exceptions, if any, are the findings `split.leak` and `split.near-leak`.",
                "`findings.csv` lists every doubt about an entry, `corrections.csv` every cell that differs from the pinned workbook.",
                _undecided(release),
                *about.limitations(release),
            ]
        ),
        "## Where the data come from",
        about.COLLECTION,
        _bullets(about.sources(release)),
        about.MISSING,
        _bullets(about.PREPROCESSING),
        "## Biases",
        _bullets(about.BIASES),
        "## Uses",
        _bullets(about.USES),
        "## Provenance",
        f"Built from `{source['package']}` {source['version']} (SHA-256 `{source['sha256']}`){_book(source)} with "
        + ", ".join(f"{name} {version}" for name, version in sorted(release.get("made_with", {}).items()))
        + ". `RELEASE.json` names every source file with its checksum, `SHA256SUMS` every file of this folder.",
        "## Licence and citation",
        f"Data: [{about.DATA_LICENCE}]({about.DATA_LICENCE_URL}). Please cite the paper, {about.PAPER_URL}:",
        f"```bibtex\n{about.citation()}\n```",
    ]
    return "\n\n".join(parts) + "\n"


#: The card's box: two conventions stand side by side, and a model must be trained on one that its user chose.
BOUNDS = (
    "> [!IMPORTANT]\n"
    "> **Two conventions for upper bounds.** Some papers give only a bound (`<1e-10`). `processed.csv` holds both readings of it:\n"
    ">\n"
    f"> - `{col.LABEL}` is the label **as published**: 1e-15 in place of every upper bound. Published scores use it.\n"
    f"> - `{col.CONDUCTIVITY_PROCESSED}` is **what the paper gives**; where `{col.BOUND}` is `<`, that is an upper bound.\n"
    ">\n"
    "> Scores on the two cannot be compared: 1e-15 stands decades below the bound that it replaces. Say which one you used, or leave out\n"
    f"> the rows in which `{col.BOUND}` is not blank."
)

_FIRST_STEPS = f"""```python
import numpy as np
import pandas as pd

entries = pd.read_csv("processed.csv", dtype={{"ID": str}}).set_index("ID")
train = entries.loc[pd.read_csv("train_idx.csv", dtype=str)["ID"]]
measured = train[train["{col.BOUND}"].isna()]  # elsewhere {col.CONDUCTIVITY_PROCESSED} is a bound and no value
x, y = measured["{col.COMPOSITION_PROCESSED}"], np.log10(measured["{col.CONDUCTIVITY_PROCESSED}"])
```

The same in one line, the text of each structure file beside it, IDs text and labels numbers:

```py
train = datasets.load_dataset("FOLDER OF THIS RELEASE", split="train")
```"""
_STRUCTURES = """Structures for pymatgen, each with its labels and its side of the split:

```py
structures = [monty.json.MontyDecoder().decode(line)["structure"] for line in open("structures.jsonl")]
```"""


def _undecided(release: Mapping[str, Any]) -> str:
    """How many findings nobody has decided on, and how to leave their entries out."""
    told = []
    for severity in SEVERITIES:
        own = release["counts"].get("findings", {}).get(severity, {})
        told.append(f"{severity}s: {own.get('open', 0)} open, {own.get('awaiting', 0)} awaiting the paper, a database or a decision")
    return (
        f"Not decided yet are ({'; '.join(told)}). `doubt` in `processed.csv` names the errors among them that touch what a model learns "
        'from; leave those entries out with `model_table = model_table[model_table["doubt"].isna()]`.'
    )


def _facts(release: Mapping[str, Any]) -> str:
    counts = release["counts"]
    version = f"{about.version(release)} ({release['date']})" if release.get("date") else about.version(release)
    rows = [
        ("version", version),
        ("entries", str(counts["all.csv"])),
        ("training / test", f"{counts['train.csv']} / {counts['test.csv']}"),
        ("structures", str(counts["structures"])),
        ("label", f"`{col.CONDUCTIVITY_PROCESSED}` (S cm-1, at room temperature) with `{col.BOUND}`; as published `{col.LABEL}`"),
        ("paper", f"[{about.PAPER_DOI}]({about.PAPER_URL})"),
    ]
    if release.get("as_published"):
        rows.append(("corrections", "none: these are the tables as published"))
    elif "corrections.csv" in counts:
        rows.append(("corrections", f"{counts['corrections.csv']} cells, listed in `corrections.csv`"))
    return _table(("", ""), rows)


def _book(source: Mapping[str, Any]) -> str:
    """The curators' own workbook, where the release was built from one."""
    member = source.get("members", {}).get("workbook", {})
    return f" and the curators' workbook `{member['file']}` (SHA-256 `{member['sha256']}`)" if "file" in member else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)])


def _bullets(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _yaml(document: Mapping[str, Any]) -> str:
    """YAML whose values are JSON, which YAML contains: no library has a say in how the front matter is quoted."""
    lines: list[str] = []
    for key, value in document.items():
        if isinstance(value, list):
            lines.append(f"{key}:")
            lines += [f"- {json.dumps(item, ensure_ascii=False)}" for item in value]
        else:
            lines.append(f"{key}: {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"
