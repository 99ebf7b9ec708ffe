"""One set of coordinates under two IDs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.checks.reading import Row
from pipeline.chemistry.formula import agree, resolution
from pipeline.findings import Finding, Severity
from pipeline.structures.equal import Key, copies, fingerprint, models, without_noise
from schemas import columns as col

if TYPE_CHECKING:
    from pipeline.structures.cif import CifError, Structure


def copy_findings(
    rows: Sequence[Row], parsed: Mapping[str, Structure | CifError], among: Collection[str] | None = None
) -> Iterator[Finding]:
    """Findings of ``duplicate.structure``: one a row, against the first row with its coordinates.

    Parameters
    ----------
    rows, parsed
        The rows, and the structure (or what keeps it from being read) of each that has one.
    among
        The rows that may be named; by default all. The others are those of the dataset: a structure of theirs is an error under another
        name, whatever the compound, and is found though it was edited (:func:`pipeline.structures.equal.copies`).
    """
    readable = _readable(parsed)
    by_id = {row.id: row for row in rows}
    sent = {id: readable[id] for id in by_id if id in readable and (among is None or id in among)}
    known = {id: readable[id] for id in by_id if id in readable and id not in sent}
    released = copies(sent, known)
    seen: dict[Key, Row] = {}
    modelled: dict[Key, Row] = {}
    for id, structure in {**known, **sent}.items():
        row = by_id[id]
        if id in released:
            yield _finding(row, by_id[released[id][0]], is_released=True)
            continue
        if id in sent:
            key = fingerprint(structure)
            other = row if key is None else seen.setdefault(key, row)
            if other is not row:
                yield _finding(row, other)
                continue
        if row.text(col.CLOSE_MATCH).casefold() == "yes":
            continue  # it says itself that it is another compound's
        for what, model in models(structure).items():
            like = modelled.setdefault((what, *model), row)
            if like is not row and not _one_composition(row, like) and id in sent:
                yield _model_finding(row, like, what)
                break


def noise_findings(
    sent: Mapping[str, Structure | CifError], noisy: Mapping[str, Structure | CifError], has_noise: Collection[str] = ()
) -> Iterator[Finding]:
    """Findings of ``cif.licence`` about structures that are one of the dataset with noise but for the noise.

    Parameters
    ----------
    sent, noisy
        The structures, and those of the dataset that carry noise.
    has_noise
        Those sent that are known to carry noise.
    """
    silent, known = {id: each for id, each in _readable(sent).items() if id not in has_noise}, _readable(noisy)
    as_published = copies(silent, known)
    found = without_noise({id: each for id, each in silent.items() if id not in as_published}, known)
    for id, (other, *_) in found.items():
        message = (
            f"The structure is that of {other}, which the dataset has with noise, but for the noise (cell and occupancies agree digit for "
            "digit): its coordinates may not be published."
        )
        yield Finding(id, "cif.licence", "error", message, column=col.ID, value=id, other=other)


def further_findings(
    further: Mapping[str, Sequence[Structure]], released: Mapping[str, Structure | CifError], noisy: Mapping[str, Structure | CifError]
) -> Iterator[Finding]:
    """Findings about structures that stand in a file besides the one of its row: those of the dataset, and originals of its noise.

    Parameters
    ----------
    further
        These structures, by the ID of the row.
    released, noisy
        The structures of the dataset, and those of them that carry noise.
    """
    sent = {f"{place} {id}": each for id, some in further.items() for place, each in enumerate(some)}
    as_published = copies(sent, _readable(released))
    hidden = without_noise({name: each for name, each in sent.items() if name not in as_published}, _readable(noisy))
    for found, check, what in (
        (as_published, "duplicate.structure", "is that of {other}, which the dataset has: leave the block out"),
        (hidden, "cif.licence", "is that of {other}, which the dataset has with noise, but for the noise: it may not be published"),
    ):
        for name, (other, *_) in found.items():
            id, block = name.partition(" ")[2], sent[name].block
            message = f"Another structure of the file, in the block data_{block}, {what.format(other=other)}."
            yield Finding(id, check, "error", message, column=col.ID, value=id, other=other)


def _readable(parsed: Mapping[str, Structure | CifError]) -> dict[str, Structure]:
    from pipeline.structures.cif import CifError

    return {id: each for id, each in parsed.items() if not isinstance(each, CifError)}


def _finding(row: Row, other: Row, *, is_released: bool = False) -> Finding:
    same = _one_composition(row, other)
    severity: Severity = "error" if same or is_released else "warning"
    what = "the same compound" if same else f"another compound ({other.text(col.REDUCED_COMPOSITION)})"
    message = f"The structure has, atom by atom, the coordinates of that of {other.id}, {what}: one refinement is counted twice."
    return Finding(row.id, "duplicate.structure", severity, message, column=col.ID, value=row.id, other=other.id)


def _model_finding(row: Row, other: Row, what: str) -> Finding:
    formula = other.text(col.REDUCED_COMPOSITION)
    message = (
        f"All refined {what} of the structure are, to the digit, those of {other.id}, another compound ({formula}): two refinements never "
        f"agree so far, and one took the {what} of the other."
    )
    return Finding(row.id, "duplicate.structure", "warning", message, column=col.ID, value=row.id, other=other.id)


def _one_composition(row: Row, other: Row) -> bool:
    if row.reduced is None or other.reduced is None:
        return False
    return agree(row.reduced, other.reduced, *(resolution(each.text(col.REDUCED_COMPOSITION)) for each in (row, other)))
