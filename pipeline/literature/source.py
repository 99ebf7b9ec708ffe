"""A literature table from its typed form on: what linkage, merge, links and accounting know of a source, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline.dois import papers
from pipeline.literature.linkage import Described, listed
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: Roles. Measurements are merged, a witness is compared with the entries, a discovery table is kept and accounted for.
MEASUREMENTS, WITNESS, DISCOVERY = "measurements", "witness", "discovery"
NOT_ROOM_TEMPERATURE, NOT_STATED, LOST, UNREADABLE = "not at room temperature", "temperature not stated", "lost", "unreadable"
#: What parts source and record (``liion:12``), and records (``liion:12|laskowski:45``).
COLON, BAR = ":", "|"


@dataclass(frozen=True, eq=False)
class Source:
    """A literature table and its habits.

    Attributes
    ----------
    name
        Name of the source: the first part of a record's key, ``liion:12``.
    title
        Name for a reader.
    table
        One row a record, in the order of the source. ``record`` and ``composition`` must be there; ``conductivity``,
        ``conductivity_bound``, ``temperature``, ``extrapolated_from``, ``doi``, ``spacegroup_number``, ``icsd_id``, ``family``,
        ``reference``, ``state`` (why a record is no measurement) and ``reason`` are used where they are.
    role
        What is done with it: ``measurements``, ``witness`` or ``discovery``.
    states_temperature
        Whether each record states its own temperature; otherwise the source, or its declaration, states one for all.
    digits
        Digits with which the source writes every value, however many the paper gives: such digits are no sign of a better value.
    derived_from
        Names of the sources that it copied: it bears no witness of its own beside them.
    published
        Column of the workbook that names the entry's record, where there is one.
    cites
        Whether that column holds a citation number (which names a paper), not the record.
    shorthand
        Number by which ``Ref`` of the workbook names the source (``D1 - 568``).
    """

    name: str
    title: str
    table: pd.DataFrame
    role: str = MEASUREMENTS
    states_temperature: bool = False
    digits: int | None = None
    derived_from: frozenset[str] = frozenset()
    published: col.Column | None = None
    cites: bool = False
    shorthand: str = ""

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Rows of the table by their record, ``None`` for what is missing."""
        return {str(row[col.RECORD]): row for row in listed(self.table)}

    @cached_property
    def described(self) -> dict[str, Described]:
        """The records that are measurements at room temperature, as linkage sees them, by their record."""
        return {name: _described(name, row) for name, row in self.rows.items() if state(row) is None}

    @cached_property
    def numbers(self) -> dict[str, list[str]]:
        """Citation numbers under which the source lists each paper, in the order of its records."""
        found: dict[str, list[str]] = {}
        for row in self.rows.values():
            number = row.get(col.REFERENCE)
            for paper in papers(row.get(col.DOI_SOURCE) or "") if number is not None else ():
                own = found.setdefault(paper, [])
                if str(number) not in own:
                    own.append(str(number))
        return found

    @property
    def is_merged(self) -> bool:
        """Whether its records become measurements."""
        return self.role == MEASUREMENTS

    @property
    def is_compared(self) -> bool:
        """Whether the entries are compared with it."""
        return self.role in (MEASUREMENTS, WITNESS)

    def key(self, record: str) -> str:
        """Name of a record among all sources."""
        return f"{self.name}{COLON}{record}"


def state(row: Mapping[str, Any]) -> str | None:
    """Why a record is no measurement at room temperature, ``None`` when it is one."""
    if row.get(col.RECORD_UNUSED):
        return str(row[col.RECORD_UNUSED])
    if row[col.COMPOSITION] is None:
        return LOST
    return NOT_ROOM_TEMPERATURE if row.get(col.AT_ROOM_TEMPERATURE) is False else None


def _described(name: str, row: Mapping[str, Any]) -> Described:
    value, bound = row.get(col.CONDUCTIVITY), row.get(col.CONDUCTIVITY_BOUND) or ""
    values = (float(bound[1:]),) if bound else (value,) if value is not None else ()
    return Described(
        name, row[col.COMPOSITION], values, bound[:1], papers(row.get(col.DOI_SOURCE) or ""), row.get(col.TEMPERATURE),
        row.get(col.SPACEGROUP_NUMBER), row.get(col.ICSD_ID_SOURCE) or "",
    )  # fmt: skip


def record_keys(cell: str | None) -> Iterator[tuple[str, str]]:
    """Source and record of each key of a cell: ``liion:12|laskowski:45``."""
    for key in (cell or "").split(BAR) if cell else ():
        source, _, record = key.partition(COLON)
        yield source, record


def named(sources: Sequence[Source]) -> dict[str, Source]:
    """The sources by name."""
    return {source.name: source for source in sources}


def liverpool_ionics(table: pd.DataFrame) -> Source:
    """The Liverpool Ionics Dataset as a source."""
    return Source("liion", "Liverpool Ionics", table, states_temperature=True, published=col.LIION_ID, shorthand="1")


def laskowski_table(table: pd.DataFrame) -> Source:
    """The supplementary table of Laskowski et al. as a source: its title says room temperature, its records say none."""
    return Source("laskowski", "Laskowski", table, published=col.LASKOWSKI_ID, cites=True, shorthand="2")
