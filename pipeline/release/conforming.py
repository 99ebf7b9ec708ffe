"""Structure files as today's dictionary has them, for whoever asks for them: the published bytes are the default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.dois import cited
from pipeline.release.metadata.about import PAPER_DOI
from pipeline.structures.matching.window import composition_deviation
from pipeline.structures.write import standardised
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.structures.cif import Structure

#: Formula units counted in a file may be off a whole number by this part: occupancies are refined.
WHOLE = 0.05


def conforming(texts: Mapping[str, str], structures: Mapping[str, Structure], entries: pd.DataFrame) -> dict[str, str]:
    """Each structure file rewritten in today's names, with the formula sum of one formula unit and the DOI of its paper.

    * A close match cites the paper of the match, any other file that of its entry; all cite the paper of the dataset.
    * Coordinates, occupancies, cell and operations are those of the file; a third printed as 0.3333 is written with twelve digits.
    * A file that could not be read stays as it is.
    """
    rows = entries.to_dict("index")
    found = {}
    for name, text in texts.items():
        structure = structures.get(name)
        if structure is None:
            found[name] = text
            continue
        row = {str(column): value for column, value in rows.get(name, {}).items()}
        found[name] = standardised(structure, doi=_paper(row), cite=PAPER_DOI.lower(), units=_units(structure, row))
    return found


def _paper(row: Mapping[str, object]) -> str | None:
    column = col.CLOSE_MATCH_DOI if row.get(col.CLOSE_MATCH) == "Yes" else col.DOI
    value = row.get(column)
    names = [each for each in cited(value) if each.startswith("10.")] if isinstance(value, str) else []
    return names[0] if names else None


def _units(structure: Structure, row: Mapping[str, object]) -> int:
    """Formula units in the file's cell: those of the row where the file holds a whole number of them, else one."""
    from pipeline.chemistry.formula import FormulaError, amounts

    try:
        wanted = amounts(str(row.get(col.REDUCED_COMPOSITION, "")))
    except FormulaError:
        return 1
    held = composition_deviation(wanted, structure.content)[1]
    return round(held) if held >= 1 and abs(held - round(held)) <= WHOLE else 1
