"""The published rows, structures and literature records many times over: what ``growth.py`` measures with. Nothing of it is data.

Each copy after the first is another material of the same kind, in row, structure and record alike: some lithium and as many charges of
anions are gone, one share more in each copy, so that copies of one row are no further apart than members of a series and no nearer than
the windows of matching and of duplicates; ions change places with others of their charge and size; the cell shrinks as its atoms do;
coordinates, refined occupancies and conductivity are a little other, and papers have names of their own. So the tables keep their
statistics, their errors included, and their groups multiply instead of growing into one: ``growth.py`` prints what there is a row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import numpy as np

from pipeline.chemistry.formula import FormulaError, reading
from pipeline.chemistry.volume import needed
from pipeline.contribute.identifiers import PLACES
from schemas import columns as col

if TYPE_CHECKING:
    import gemmi
    import pandas as pd

    from pipeline.structures.cif import Structure

#: Ions of one charge and nearly one size; a copy moves each element some places on in its own cycle.
SIBLINGS = ("La", "Pr", "Nd", "Sm"), ("Zr", "Hf"), ("Nb", "Ta"), ("Y", "Ho", "Dy", "Er"), ("Mn", "Fe", "Co")
#: Charges of the anions that may leave with lithium.
ANIONS: Mapping[str, int] = {"O": 2, "S": 2, "Se": 2, "N": 3, "F": 1, "Cl": 1, "Br": 1, "I": 1}
#: Lithium that a copy lacks more than the one before it, in a formula unit; the largest share of its lithium that this may be; and after
#: how many copies it begins again.
LITHIUM, SHARE, SHARES = 0.075, 0.07, 12
#: Standard deviations of a length (relative), of the conductivity (decades) and of a coordinate, and the most that an occupancy of three
#: digits loses: small enough that a copy is no worse than what it was made of, large enough that it is not the same.
LENGTHS, DECADES, COORDINATES, OCCUPANCY = 0.001, 0.3, 0.001, 0.001
#: What a site keeps at least, of an atom.
LEFT = 0.05
#: What a record of a source is here.
RECORD_COLUMNS = (col.COMPOSITION, col.CONDUCTIVITY, col.DOI_SOURCE, col.TEMPERATURE, col.SPACEGROUP_NUMBER)
_SYMBOL = re.compile(r"[A-Z][a-z]?")
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

    def share(self, formula: object) -> float:
        """Share of its lithium that this copy of a compound lacks."""
        amounts = _amounts(str(formula))
        if not self.number or not amounts.get("Li"):
            return 0.0
        whole = all(float(each).is_integer() for each in amounts.values())
        units = math.gcd(*(int(each) for each in amounts.values())) if whole else 1
        return min(LITHIUM * units / amounts["Li"], SHARE) * ((self.number - 1) % SHARES + 1)

    def lacking(self, amounts: Mapping[str, float], share: float) -> dict[str, float]:
        """How much of lithium and of the commonest anion is missing from some atoms without that share of the lithium: neutral together."""
        if not share or not amounts.get("Li"):
            return {}
        away = amounts["Li"] * share
        anion = max((each for each in amounts if each in ANIONS), key=lambda each: amounts[each], default=None)
        if anion is None or away / ANIONS[anion] >= amounts[anion]:
            return {"Li": away}
        return {"Li": away, anion: away / ANIONS[anion]}

    def formula(self, text: str, share: float | None = None) -> str:
        """A formula with siblings, and with what this copy lacks gone: the share of it that another formula of the compound tells."""
        if not self.number:
            return text
        for element, away in self.lacking(_amounts(text), self.share(text) if share is None else share).items():
            text = _less(text, element, away)
        return self.elements(text)

    def doi(self, text: str) -> str:
        """A cell with the DOIs of other papers, of a publisher that is none."""
        return _PREFIX.sub(f"10.{50000 + self.number}/", text) if self.number else text

    @property
    def conductivity(self) -> float:
        """Factor of every conductivity, so that rows and their records agree as they did."""
        return float(10 ** np.random.default_rng(self.number).normal(0, DECADES)) if self.number else 1.0

    def lengths(self, name: str, formula: object) -> float:
        """Factor of the lengths of this copy of an entry."""
        if not self.number:
            return 1.0
        before, after = (needed(_amounts(text)) for text in (str(formula), self.formula(str(formula))))
        shrunk = (after.volume / before.volume) ** (1 / 3) if before and after else 1.0
        return float(np.exp(self.chance(name).normal(0, LENGTHS))) * shrunk

    def chance(self, name: str) -> np.random.Generator:
        """Chance of this copy of an entry."""
        return np.random.default_rng([self.number, *name.encode()])


def _amounts(text: str) -> Mapping[str, float]:
    try:
        return reading(text).amounts or {}
    except FormulaError:
        return {}


def _less(text: str, element: str, away: float) -> str:
    """The text with so much less of an element, taken where it holds most of it, or from all of them where that is not enough."""
    before = _amounts(text).get(element, 0.0)
    places = []
    for found in re.finditer(rf"{element}(?![a-z])(\d+(?:\.\d+)?)?", text):
        number = float(found[1] or 1)
        counted = _amounts(f"{text[: found.start()]}{element}{number + 1:g}{text[found.end() :]}").get(element, before) - before
        places.append((number * counted, counted, number, found))
    places = [each for each in places if each[1] > 0]
    if not places:
        return text
    content, counted, number, found = max(places, key=lambda each: each[0])
    if content - away > LEFT * counted:
        return f"{text[: found.start()]}{element}{round(number - away / counted, 6):g}{text[found.end() :]}"
    kept = max(0.0, 1 - away / before)
    for _, _, number, found in reversed(places):
        text = f"{text[: found.start()]}{element}{round(number * kept, 6):g}{text[found.end() :]}"
    return text


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
    lengths = copy.lengths(row[col.ID], row[col.REDUCED_COMPOSITION])
    new = dict(row)
    for column in (col.LASKOWSKI_ID, col.LIION_ID, col.ICSD_ID, "Cif ref_1", "Cif ref_2"):
        new[column] = None
    for column in (col.REDUCED_COMPOSITION, col.TRUE_COMPOSITION):
        if isinstance(row[column], str):
            new[column] = copy.formula(row[column], copy.share(row[col.REDUCED_COMPOSITION]))
    for column in (col.DOI, col.CLOSE_MATCH_DOI):
        if isinstance(row[column], str):
            new[column] = copy.doi(row[column])
    for column in (col.A, col.B, col.C):
        if isinstance(row[column], int | float):
            new[column] = round(row[column] * lengths, 4)
    for column in (col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK):
        if isinstance(row[column], int | float):
            new[column] = float(f"{row[column] * copy.conductivity:.3g}")
    new[col.ID] = copy.id(row[col.ID])
    return new


def structures(published: Mapping[str, str], sheet: pd.DataFrame, rows: int, first: int = 0) -> Iterator[tuple[str, str]]:
    """ID and text of each structure of the sheet with so many rows, made from the published sheet."""
    named = list(zip(sheet[col.ID], sheet[col.REDUCED_COMPOSITION], strict=True))
    for copy, place in copies(rows, len(named), first):
        name, formula = named[place]
        if name in published:
            yield copy.id(name), _structure(published[name], copy, name, copy.lengths(name, formula), copy.share(formula))


def _structure(text: str, copy: Copy, name: str, lengths: float, share: float) -> str:
    """The file with the atoms and the cell of the copy. Its symmetry stays. It bears no mark of noise, as it came from elsewhere."""
    if not copy.number:
        return text
    import gemmi

    from pipeline.structures.cif import CifError, read
    from pipeline.structures.noise import open_seed
    from pipeline.structures.perturb import PerturbationError, perturb

    document = gemmi.cif.read_string(text)
    try:
        structure = read(text, name)
        _emptied(document[structure.block_index], structure, copy, name, share)
        document = gemmi.cif.read_string(perturb(read(document.as_string(), "copy"), open_seed(copy.number), COORDINATES).text)
    except (CifError, PerturbationError):
        pass
    for block in document:
        for tag in ("_atom_site_type_symbol", "_atom_site_label", "_atom_type_symbol", "_atom_site_aniso_label"):
            column = block.find_loop(tag)
            for place, value in enumerate(list(column)):
                column[place] = copy.elements(value)
        for tag in ("_chemical_formula_sum", "_chemical_formula_structural"):
            if value := block.find_value(tag):
                block.set_pair(tag, gemmi.cif.quote(copy.formula(gemmi.cif.as_string(value), share)))
        for tag in ("_cell_length_a", "_cell_length_b", "_cell_length_c"):
            if value := block.find_value(tag):
                block.set_pair(tag, f"{gemmi.cif.as_number(value) * lengths:.5f}")
        if value := block.find_value("_cell_volume"):
            block.set_pair("_cell_volume", f"{gemmi.cif.as_number(value) * lengths**3:.4f}")
        block.set_pair("_audit_creation_method", "none")
    return str(document.as_string())


def _emptied(block: gemmi.cif.Block, structure: Structure, copy: Copy, name: str, share: float) -> None:
    """Take the atoms that this copy lacks from the sites that hold most of them, and a little of each occupancy of three digits."""
    column = block.find_loop("_atom_site_occupancy")
    if not len(column):
        return
    content: dict[str, float] = {}
    for site in structure.sites:
        content[site.element] = content.get(site.element, 0.0) + site.occupancy * site.multiplicity
    chance, less = copy.chance(name), {site.row: 0.0 for site in structure.sites}
    for element, away in copy.lacking(content, share).items():
        for site in sorted(structure.sites, key=lambda each: -each.occupancy * each.multiplicity):
            if site.element == element:
                taken = max(0.0, min(away / site.multiplicity, site.occupancy * (1 - LEFT)))
                less[site.row], away = taken, away - taken * site.multiplicity
    for site in structure.sites:
        has_digits = abs(100 * site.occupancy - round(100 * site.occupancy)) > 0.01
        lost = less[site.row] + (chance.uniform(0, OCCUPANCY) if has_digits else 0.0)
        if lost > 0:
            column[site.row] = f"{site.occupancy - lost:.4f}"


def records(published: pd.DataFrame, rows: int, first: int = 0) -> pd.DataFrame:
    """So many records of a source table: composition, conductivity (a bound as it is written), DOI, temperature, space group."""
    import pandas as pd

    there = [str(column) for column in (*RECORD_COLUMNS, col.CONDUCTIVITY_BOUND) if column in published]
    table = published[there].astype(object).where(published[there].notna(), None).to_dict("records")
    grown = []
    for copy, place in copies(rows, len(table), first):
        row = {str(column): table[place].get(column) for column in RECORD_COLUMNS}
        row[col.COMPOSITION] = copy.formula(row[col.COMPOSITION] or "")
        if row[col.CONDUCTIVITY] is not None:
            row[col.CONDUCTIVITY] = f"{row[col.CONDUCTIVITY] * copy.conductivity:.3g}"
        else:
            row[col.CONDUCTIVITY] = table[place].get(col.CONDUCTIVITY_BOUND)
        row[col.DOI_SOURCE] = copy.doi(row[col.DOI_SOURCE] or "")
        row[col.TEMPERATURE] = 25.0 if col.TEMPERATURE not in there else row[col.TEMPERATURE]
        group = row[col.SPACEGROUP_NUMBER]
        row[col.SPACEGROUP_NUMBER] = None if group is None else str(int(group))
        grown.append(row)
    return pd.DataFrame(grown, columns=[str(column) for column in RECORD_COLUMNS])


def write(raw: Path, folder: Path, rows: int) -> None:
    """``sheet.xlsx`` and ``cifs/`` with so many rows, and ``rows.csv`` with ``rows.zip`` of as many that the dataset has not.

    ``noisy.txt`` names the structures whose originals carry noise from the ICSD: the copies carry it too, and nothing else says so.
    """
    from pipeline import sources
    from pipeline.ingest import workbook

    archive = sources.open_archive(sources.default_pin(raw), raw)
    sheet, texts = workbook.cells(archive.read("workbook"), "workbook"), archive.structures()
    (folder / "cifs").mkdir(parents=True, exist_ok=True)
    cells(sheet, rows).to_excel(folder / "sheet.xlsx", index=False)
    noisy = {name for name, number in zip(sheet[col.ID], sheet[col.ICSD_ID], strict=True) if workbook.text(number) and name in texts}
    named = (copy.id(name) for copy, place in copies(rows, len(sheet)) if (name := sheet[col.ID].iloc[place]) in noisy)
    (folder / "noisy.txt").write_text("\n".join(named), encoding="utf-8")
    for name, text in structures(texts, sheet, rows):
        (folder / "cifs" / f"{name}.cif").write_text(text, encoding="utf-8")
    cells(sheet, rows, 1)[[str(column) for column in col.CONTRIBUTED]].to_csv(folder / "rows.csv", index=False)
    with ZipFile(folder / "rows.zip", "w") as members:
        for name, text in structures(texts, sheet, rows, 1):
            members.writestr(f"{name}.cif", text)
