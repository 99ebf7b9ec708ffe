"""The published rows, structures and literature records many times over: what ``growth.py`` measures with. Nothing of it is data.

Each copy after the first is another material of the same kind: ions change places with others of their charge and size (in row, structure
and record alike), a little lithium is gone, cell, coordinates and conductivity are a little other, and papers have names of their own. So
the tables keep their statistics, their errors included, and their groups multiply instead of growing into one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import numpy as np

from pipeline.contribute.identifiers import PLACES
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: Ions of one charge and nearly one size; a copy moves each element some places on in its own cycle.
SIBLINGS = ("La", "Pr", "Nd", "Sm"), ("Zr", "Hf"), ("Nb", "Ta"), ("Y", "Ho", "Dy", "Er"), ("Mn", "Fe", "Co")
#: Lithium that a copy lacks in a formula unit, standard deviations of a length (relative) and of the conductivity (decades), and of a
#: coordinate: small enough that a copy is no worse than what it was made of, large enough that it is not the same.
LESS_LITHIUM, LENGTHS, DECADES, COORDINATES = 0.0005, 0.001, 0.3, 0.001
#: What a record of a source is here.
RECORD_COLUMNS = (col.COMPOSITION, col.CONDUCTIVITY, col.DOI_SOURCE, col.TEMPERATURE)
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_LITHIUM = re.compile(r"^(\(?)Li(\d+(?:\.\d+)?)?(?![a-z\d.])")
_PREFIX = re.compile(r"\b10\.\d{4,}/")


@dataclass(frozen=True)
class Copy:
    """How one copy departs from what was published; copy 0 does not."""

    number: int

    def __post_init__(self) -> None:
        moves = {one: cycle[(place + self.number) % len(cycle)] for cycle in SIBLINGS for place, one in enumerate(cycle)}
        object.__setattr__(self, "moves", moves)

    def id(self, name: str) -> str:
        """A new ID of six characters, made of the old one of three."""
        if not self.number:
            return name
        rest, letters = 36**3 * (self.number - 1) + int(name, 36), []
        for choice in reversed(PLACES):
            rest, place = divmod(rest, len(choice))
            letters.append(choice[place])
        return "".join(reversed(letters))

    def elements(self, text: str) -> str:
        """A text with the siblings in the place of its elements."""
        moves: Mapping[str, str] = self.__dict__["moves"]
        return _SYMBOL.sub(lambda found: moves.get(found[0], found[0]), text) if self.number else text

    def formula(self, text: str, units: float = 1.0) -> str:
        """A formula with siblings, and some thousandths less lithium in each of its ``units``."""
        if not self.number:
            return text
        amount = lambda found: f"{found[1]}Li{round(float(found[2] or 1) - LESS_LITHIUM * units * self.number, 6):g}"  # noqa: E731
        return _LITHIUM.sub(amount, self.elements(text))

    def doi(self, text: str) -> str:
        """A cell with the DOIs of other papers, of a publisher that is none."""
        return _PREFIX.sub(f"10.{50000 + self.number}/", text) if self.number else text

    def drawn(self, name: str) -> tuple[float, float]:
        """Factors of this copy of an entry: of its lengths, and of its conductivity."""
        if not self.number:
            return 1.0, 1.0
        chance = np.random.default_rng([self.number, *name.encode()])
        return float(np.exp(chance.normal(0, LENGTHS))), float(10 ** chance.normal(0, DECADES))


def copies(rows: int, published: int, first: int = 0) -> Iterator[tuple[Copy, int]]:
    """So many rows: of each the copy that it is of, the first one of this number, and the place of the published row."""
    for row in range(rows):
        yield _copy(first + row // published), row % published


@cache
def _copy(number: int) -> Copy:
    return Copy(number)


def cells(published: pd.DataFrame, rows: int, first: int = 0) -> pd.DataFrame:
    """The curators' sheet with so many rows."""
    import pandas as pd

    records = published.to_dict("records")
    grown = [_row(records[place], copy) for copy, place in copies(rows, len(records), first)]
    return pd.DataFrame(grown, columns=published.columns, dtype=object)


def _row(row: Mapping[Any, Any], copy: Copy) -> dict[Any, Any]:
    if not copy.number:
        return dict(row)
    lengths, conductivity = copy.drawn(row[col.ID])
    new = dict(row)
    for column in (col.LASKOWSKI_ID, col.LIION_ID, col.ICSD_ID, "Cif ref_1", "Cif ref_2"):
        new[column] = None
    units = row[col.Z] if isinstance(row[col.Z], int | float) else 1
    for column, count in ((col.REDUCED_COMPOSITION, 1), (col.TRUE_COMPOSITION, units)):
        if isinstance(row[column], str):
            new[column] = copy.formula(row[column], count)
    for column in (col.DOI, col.CLOSE_MATCH_DOI):
        if isinstance(row[column], str):
            new[column] = copy.doi(row[column])
    for column in (col.A, col.B, col.C):
        if isinstance(row[column], int | float):
            new[column] = round(row[column] * lengths, 4)
    for column in (col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK):
        if isinstance(row[column], int | float):
            new[column] = float(f"{row[column] * conductivity:.3g}")
    new[col.ID] = copy.id(row[col.ID])
    return new


def structures(published: Mapping[str, str], names: Sequence[str], rows: int, first: int = 0) -> Iterator[tuple[str, str]]:
    """ID and text of each structure of the sheet with so many rows; ``names`` are the IDs of the published sheet."""
    for copy, place in copies(rows, len(names), first):
        if names[place] in published:
            yield copy.id(names[place]), _structure(published[names[place]], copy, names[place])


def _structure(text: str, copy: Copy, name: str) -> str:
    if not copy.number:
        return text
    import gemmi

    document = gemmi.cif.read_string(text)
    lengths, _ = copy.drawn(name)
    for block in document:
        for tag in ("_atom_site_type_symbol", "_atom_site_label", "_atom_type_symbol", "_atom_site_aniso_label"):
            column = block.find_loop(tag)
            for place, value in enumerate(list(column)):
                column[place] = copy.elements(value)
        for tag in ("_chemical_formula_sum", "_chemical_formula_structural"):
            if value := block.find_value(tag):
                block.set_pair(tag, copy.elements(value))
        for tag in ("_cell_length_a", "_cell_length_b", "_cell_length_c"):
            if value := block.find_value(tag):
                block.set_pair(tag, f"{gemmi.cif.as_number(value) * lengths:.5f}")
        if value := block.find_value("_cell_volume"):
            block.set_pair("_cell_volume", f"{gemmi.cif.as_number(value) * lengths**3:.4f}")
    return _moved(str(document.as_string()), copy)


def _moved(text: str, copy: Copy) -> str:
    """The file with noise, where the program can give it some: its symmetry stays. It bears no mark, as it came from elsewhere."""
    import gemmi

    from pipeline.structures.cif import CifError, read
    from pipeline.structures.noise import open_seed
    from pipeline.structures.perturb import PerturbationError, perturb

    try:
        document = gemmi.cif.read_string(perturb(read(text, "copy"), open_seed(copy.number), COORDINATES).text)
    except (CifError, PerturbationError):
        return text
    for block in document:
        block.set_pair("_audit_creation_method", "none")
    return str(document.as_string())


def records(published: pd.DataFrame, rows: int) -> pd.DataFrame:
    """So many records of a source table: composition, conductivity, DOI, temperature."""
    import pandas as pd

    there = [str(column) for column in RECORD_COLUMNS if column in published]
    table = published[there].astype(object).where(published[there].notna(), None).to_dict("records")
    grown = []
    for copy, place in copies(rows, len(table)):
        row = {str(column): table[place].get(column) for column in RECORD_COLUMNS}
        row[col.COMPOSITION] = copy.formula(str(row[col.COMPOSITION]))
        if row[col.CONDUCTIVITY] is not None:
            row[col.CONDUCTIVITY] *= copy.drawn(f"{place}")[1]
        row[col.DOI_SOURCE] = copy.doi(row[col.DOI_SOURCE] or "")
        row[col.TEMPERATURE] = 25.0 if col.TEMPERATURE not in there else row[col.TEMPERATURE]
        grown.append(row)
    return pd.DataFrame(grown, columns=[str(column) for column in RECORD_COLUMNS])


def write(raw: Path, folder: Path, rows: int) -> None:
    """``sheet.xlsx`` and ``cifs/`` with so many rows, and ``rows.csv`` with ``rows.zip`` of as many that the dataset has not."""
    from pipeline import sources
    from pipeline.ingest import workbook

    archive = sources.open_archive(sources.default_pin(raw), raw)
    sheet, texts = workbook.cells(archive.read("workbook"), "workbook"), archive.structures()
    names = sheet[col.ID].tolist()
    (folder / "cifs").mkdir(parents=True, exist_ok=True)
    cells(sheet, rows).to_excel(folder / "sheet.xlsx", index=False)
    for name, text in structures(texts, names, rows):
        (folder / "cifs" / f"{name}.cif").write_text(text, encoding="utf-8")
    cells(sheet, rows, 1)[[str(column) for column in col.CONTRIBUTED]].to_csv(folder / "rows.csv", index=False)
    with ZipFile(folder / "rows.zip", "w") as members:
        for name, text in structures(texts, names, rows, 1):
            members.writestr(f"{name}.cif", text)
