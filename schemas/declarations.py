"""What a declaration says of a literature table: pure values, made by ``pipeline.sources.declared``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas import columns as col

#: Columns that a declaration can map: the name of ours, and the column that it becomes.
MAPPED: Mapping[str, col.Column] = {
    str(column): column
    for column in (
        col.COMPOSITION, col.CONDUCTIVITY, col.TEMPERATURE, col.EXTRAPOLATED_FROM, col.DOI_SOURCE, col.SPACEGROUP_NUMBER,
        col.ICSD_ID_SOURCE, col.FAMILY_SOURCE, col.REFERENCE,
    )
}  # fmt: skip
ROLES = ("measurements", "witness", "discovery")


@dataclass(frozen=True)
class MappedColumn:
    """Where the values of one of our columns come from.

    Attributes
    ----------
    column
        Name of their column; blank for a constant.
    constant
        The value of every record.
    unit
        Unit of the numbers, where neither the header nor the cells give one.
    unit_column
        Name of their column that holds the unit of each row.
    blank
        Texts that stand for no value.
    """

    column: str = ""
    constant: str = ""
    unit: str = ""
    unit_column: str = ""
    blank: tuple[str, ...] = ()


@dataclass(frozen=True)
class Declaration:
    """A declared literature table.

    Attributes
    ----------
    name, title, reference, licence
        Name of the source (``mchaffie``), what a reader calls it, where it was published, and what its deposit says.
    role
        ``measurements``, ``witness`` or ``discovery``.
    file, url, package, version, member
        Where it lies: a file below the folder of pins, an address, or a member of a pinned package's archive.
    sha256
        SHA-256 of the table; blank in a declaration that is not pinned yet.
    sheet, encoding
        Sheet of a workbook, encoding of a text, where they cannot be told.
    digits
        Digits with which every value is written, however many its paper gives.
    derived_from
        Sources that it copied.
    restores
        Source whose lost records it may restore.
    columns
        Where each of our columns comes from.
    """

    name: str
    title: str
    reference: str = ""
    licence: str = ""
    role: str = "measurements"
    file: str = ""
    url: str = ""
    package: str = ""
    version: str = ""
    member: str = ""
    sha256: str = ""
    sheet: str = ""
    encoding: str = ""
    digits: int | None = None
    derived_from: tuple[str, ...] = ()
    restores: str = ""
    columns: Mapping[str, MappedColumn] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """Where the table lies, for messages."""
        return self.file or self.url or f"{self.package}:{self.member}"
