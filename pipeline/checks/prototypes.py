"""Structures beside those of their prototype: ``cif.prototype``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from pipeline.checks.reading import Row
from pipeline.findings import Finding
from pipeline.structures.cif import CifError, Structure
from pipeline.structures.mark import says_noise
from pipeline.structures.prototypes import displaced


def prototype_findings(rows: Sequence[Row], parsed: Mapping[str, Structure | CifError], noisy: Collection[str] = ()) -> Iterator[Finding]:
    """Findings of ``cif.prototype``, one a structure: the site that is farthest from where the others of its prototype have it.

    ``noisy`` are the IDs of files known to carry noise from their source.
    """
    known = {row.id for row in rows}
    readable = {id: structure for id, structure in parsed.items() if isinstance(structure, Structure) and id in known}
    moved = {id for id, structure in readable.items() if id in noisy or says_noise(structure)}
    for id, found in displaced(readable, moved):
        message = (
            f"Site {found.label} is {found.distance:.2f} angstrom from its place in the {found.others} structures of the prototype whose "
            f"cells are nearest (their median); by noise and by what their own sites differ a site is as far in one structure of "
            f"{1 / max(found.chance, 1e-9):,.0f}."
        )
        yield Finding(id, "cif.prototype", "warning", message, value=f"{found.distance:.2f}", other=f"{id}.cif")
