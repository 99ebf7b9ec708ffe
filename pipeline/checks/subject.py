"""What the checks look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.checks.link_records import linked_groups
from pipeline.checks.reading import Row, rows

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.chemistry.cell import Cell
    from pipeline.literature.source import Source
    from pipeline.structures.cif import CifError, Structure


@dataclass(frozen=True)
class Subject:
    """What the checks look at.

    Attributes
    ----------
    entries
        One row an entry, index ``ID`` (text), typed columns of the release (see ``schemas.entries``):
        numbers as float64, integers as Int64, text as str with missing values; ``bound`` beside the conductivity.
    structures
        Text of each entry's structure file, by ID.
    links
        ``links.csv``, when the source tables were read.
    measurements
        ``measurements.csv``, likewise.
    sources
        The literature tables themselves, which tell more than the links: values elsewhere than at room temperature, and who copied whom.
    test_ids, train_ids
        IDs of both sets; without ``test_ids`` there is no split to check, without ``train_ids`` all other entries train.
    noisy
        IDs whose structure file carries noise from its source.
    free_ids
        Whether the IDs are a contributor's own names, which ``accept`` replaces.
    alone
        Whether the entries are looked at without each other: whoever compares them with more entries than these does it once.
    recorded
        Space group numbers that the sources record of an entry, by ID; by default those of its links.
    read
        The structure files as they were read before, by ID; by default they are read.
    """

    entries: pd.DataFrame
    structures: Mapping[str, str] = field(default_factory=dict)
    links: pd.DataFrame | None = None
    measurements: pd.DataFrame | None = None
    sources: Sequence[Source] = ()
    test_ids: frozenset[str] | None = None
    train_ids: frozenset[str] | None = None
    noisy: frozenset[str] = frozenset()
    free_ids: bool = False
    alone: bool = False
    recorded: Mapping[str, frozenset[int]] | None = None
    read: Mapping[str, Structure | CifError] | None = None

    @cached_property
    def groups(self) -> Mapping[str, frozenset[int]]:
        """Space group numbers that the sources record of each entry."""
        if self.recorded is not None:
            return self.recorded
        return linked_groups(self.links, self.sources) if self.links is not None else {}

    @cached_property
    def rows(self) -> list[Row]:
        """The entries, each read once for all checks."""
        return rows(self.entries)

    @cached_property
    def parsed(self) -> Mapping[str, Structure | CifError]:
        """Each structure file read once for all checks, or the error that it raised."""
        return self._files[0] if self.read is None else self.read

    @cached_property
    def cells(self) -> Mapping[str, Cell]:
        """Cell of each structure file that can be read."""
        return {name: found.cell for name, found in self.parsed.items() if not isinstance(found, Exception)}

    @property
    def further(self) -> Mapping[str, Sequence[Structure]]:
        """The structures that files of a contribution hold besides the one that is read."""
        return self._files[1]

    @cached_property
    def _files(self) -> tuple[dict[str, Structure | CifError], dict[str, list[Structure]]]:
        from pipeline.structures.cif import CifError, further, read
        from pipeline.structures.cost import demand_examined

        found: dict[str, Structure | CifError] = {}
        more: dict[str, list[Structure]] = {}
        total = 0 if self.alone else None
        for name, text in self.structures.items():
            try:
                structure = read(text, f"{name}.cif")
                seen = demand_examined(structure, total)
                total = seen if self.alone else None
                if self.alone and structure.n_structures > 1:
                    more[name] = list(further(structure))
                    for each in more[name]:
                        total = demand_examined(each, total)
                found[name] = structure
            except CifError as error:
                found[name] = error
        return found, more
