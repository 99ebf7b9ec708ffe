"""Rows and their structure files: which belongs to which, and what is missing on either side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from pipeline.contribute.nearest import Names
from pipeline.findings import Finding
from pipeline.ingest.contributed.bundle import Bundle
from pipeline.ingest.contributed.table import Contribution
from schemas import columns as col

#: Declares that a row has no structure file, in the column ``Cif ID``, as the published sheet does.
NO_STRUCTURE = "not available"
#: Says that it has one.
DONE = "done"

#: A finding, and how to mend it; blank: as the catalogue says.
Said = tuple[Finding, str]


def text_of(value: object) -> str:
    """Text of a cell; blank for none."""
    return "" if value is None else str(value)


def structures_of(read: Contribution, given: Bundle | None) -> dict[int, str]:
    """Structure file of each row by its position. Letter case decides only where two files differ in nothing else."""
    if given is None:
        return {}
    ids = [text_of(value) for value in read.cells[col.ID]]
    counts = Counter(ids)
    lower: dict[str, list[str]] = {}
    for name in given.structures:
        lower.setdefault(name.casefold(), []).append(name)
    found: dict[int, str] = {}
    for position, name in enumerate(ids):
        alike = lower.get(name.casefold(), [])
        if not name or counts[name] > 1:
            continue
        if name in given.structures:
            found[position] = name
        elif len(alike) == 1 and alike[0] not in counts:
            found[position] = alike[0]
    return {position: given.structures[name] for position, name in found.items()}


def file_findings(read: Contribution, keys: list[str], own: Mapping[int, str], given: Bundle | None) -> Iterator[Said]:
    """Files without a row, and rows without the file they should have."""
    ids = [text_of(value) for value in read.cells[col.ID]]
    states = [text_of(value) for value in read.cells[col.CIF_ID]]
    if given is None:
        for position, (name, state) in enumerate(zip(ids, states, strict=True)):
            if state.casefold() == DONE:
                message = "The row says that its structure is done, but no structure files were handed in."
                remedy = "Hand the files in (--cifs), or leave the cell blank."
                yield Finding(keys[position], "cif.missing-file", "error", message, col.CIF_ID, state, f"{name}.cif"), remedy
        return
    used = {name.casefold() for name in ids if name}
    counts = Counter(ids)
    orphans = Names([stem for stem in given.structures if stem.casefold() not in used])
    without = Names([name for place, name in enumerate(ids) if name and place not in own])
    for position, name in enumerate(ids):
        if not name or position in own or counts[name] > 1 or states[position].casefold() == NO_STRUCTURE:
            continue
        near = orphans.nearest(name)
        guess = f" There is a file {near}.cif: is it this one?" if near else ""
        message = f"Structure files were handed in, but none is named {name}.cif.{guess}"
        remedy = (
            f"Add {name}.cif, or rename the file. Where there is no structure, write {NO_STRUCTURE!r} into a column {str(col.CIF_ID)!r}."
        )
        yield Finding(keys[position], "cif.missing-file", "error", message, col.ID, name, f"{name}.cif", near), remedy
    for stem in given.structures:
        if stem.casefold() not in used:
            near = without.nearest(stem)
            guess = f" The nearest ID is {near!r}." if near else ""
            message = f"No row of the table has the ID of the file {stem}.cif.{guess}"
            finding = Finding(stem, "cif.orphan-file", "error", message, value=f"{stem}.cif", other=near)
            yield finding, "Name the file after the ID of its row, add the row, or leave the file out."


def passed_over(given: Bundle | None) -> tuple[str, ...]:
    """A note about files that are no structures."""
    if given is None or not given.ignored:
        return ()
    return (f"passed over, since the name does not end in .cif: {', '.join(given.ignored[:5])}{', ...' if len(given.ignored) > 5 else ''}",)
