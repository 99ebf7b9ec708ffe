"""Definitions of the window of a close match, tried on the structures of the release as an unlabelled pool.

Makes the table of ``docs/structures.md``. Every row that has a structure is matched against all structures. *First*: its own
structure ranks first, alone or in a tie of the same deviations. *Later*: another one ranks before it. *Lost*: it is not in the
window. *Ambiguous*: rows with more than one file in the window. *Spurious*: pairs of a row and the file of a row with another
material, one whose published composition is more than 0.05 per formula unit away or whose space group differs. The last column
counts those of the first that the curators call close matches: only there is the row's cell not copied from the structure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pipeline  # noqa: F401
from pipeline.chemistry import cell as cells
from pipeline.structures.cif import Structure, read
from pipeline.structures.matching.match import Wanted, misfit, row_of
from pipeline.structures.matching.window import composition_deviation
from schemas import columns as col

RAW = Path(__file__).parent.parent / "raw"


@dataclass(frozen=True)
class Pair:
    """A row and a file that agree in composition within 0.25, in any way of counting."""

    row: str
    file: str
    same_group: bool
    best: float
    own_z: float
    given: tuple[float, float]
    permuted: tuple[float, float]
    anyhow: tuple[float, float]


def pairs(rows: dict[str, Wanted], files: dict[str, Structure]) -> list[Pair]:
    found = []
    for name, row in rows.items():
        for file, structure in files.items():
            system = tuple(sorted(structure.content))
            best = composition_deviation(row.amounts, structure.content)[0]
            elements = {*row.amounts, *system}
            own_z = max(abs(structure.content.get(e, 0) / (row.Z or 1) - row.amounts.get(e, 0)) for e in elements)
            if min(best, own_z) > 0.25 and name != file:
                continue
            assert row.cell is not None
            turned = [cells.deviation(row.cell, cells.transform(structure.cell, basis)) for basis in cells.signed_permutations()]
            compared = cells.compare(row.cell, structure.cell, spacegroup=row.spacegroup)
            found.append(
                Pair(
                    name, file, row.spacegroup == structure.group_number, best, own_z, cells.deviation(row.cell, structure.cell),
                    min(turned, key=lambda d: cells.misfit(*d)), (compared.lattice_deviation, compared.angle_deviation),
                )
            )  # fmt: skip
    return found


Score = Callable[[float, float, float], object]


def by_scatter(composition: float, length: float, angle: float) -> object:
    return round(misfit(composition, length, angle), 6)


@dataclass(frozen=True)
class Window:
    title: str
    composition: float = 0.05
    length: float = 0.03
    angle: float = 3.0
    setting: str = "anyhow"
    own_z: bool = False
    group: bool = True
    edge: bool = True
    score: Score = by_scatter


WINDOWS = (
    Window("chosen: 0.05, 3 %, 3 degrees, any setting, Z that fits best"),
    Window("cell as given", setting="given"),
    Window("axes permuted and reversed only", setting="permuted"),
    Window("contents over the row's own Z", own_z=True),
    Window("edge outside (below 0.05)", edge=False),
    Window("any space group", group=False),
    Window("composition within 0.02", composition=0.02),
    Window("composition within 0.10", composition=0.10),
    Window("composition within 0.20", composition=0.20),
    Window("cell within 1 %, 1 degree", length=0.01, angle=1.0),
    Window("cell within 5 %, 5 degrees", length=0.05, angle=5.0),
    Window("ranked in units of the window", score=lambda c, d, a: round(c / 0.05 + d / 0.03 + a / 3, 6)),
    Window("ranked by the largest in units of the window", score=lambda c, d, a: round(max(c / 0.05, d / 0.03, a / 3), 6)),
    Window("ranked by composition, then cell", score=lambda c, d, a: (round(c, 6), round(d / 0.03 + a / 3, 6))),
    Window("ranked by cell, then composition", score=lambda c, d, a: (round(d / 0.03 + a / 3, 6), round(c, 6))),
)


def tally(window: Window, found: list[Pair], rows: dict[str, Wanted], close: set[str]) -> tuple[object, ...]:
    inside: dict[str, dict[str, object]] = {name: {} for name in rows}
    slack = 1e-6 if window.edge else -1e-6
    for pair in found:
        deviation = pair.own_z if window.own_z else pair.best
        length, angle = getattr(pair, window.setting)
        fits = deviation <= window.composition + slack and length <= window.length + 1e-9 and angle <= window.angle + 1e-9
        if fits and (pair.same_group or not window.group):
            inside[pair.row][pair.file] = window.score(deviation, length, angle)
    first = {name for name, own in inside.items() if name in own and all(own[name] <= other for other in own.values())}  # type: ignore[operator]
    lost = {name for name, own in inside.items() if name not in own}
    ambiguous = sum(len(own) > 1 for own in inside.values())
    spurious = sum(another(rows[name], rows[file]) for name, own in inside.items() for file in own if file != name)
    return len(first), len(rows) - len(first) - len(lost), len(lost), ambiguous, spurious, len(first & close)


def another(one: Wanted, other: Wanted) -> bool:
    """Whether two rows are other materials by what is published of them."""
    if one.spacegroup != other.spacegroup:
        return True
    elements = {*one.amounts, *other.amounts}
    scale = sum(other.amounts.values()) / sum(one.amounts.values())
    nearest = max(round(scale), 1) if scale >= 1 else 1 / max(round(1 / scale), 1)
    return max(abs(other.amounts.get(e, 0) / nearest - one.amounts.get(e, 0)) for e in elements) > 0.05 + 1e-6


def main() -> None:
    from pipeline.ingest.workbook import cells as sheet
    from pipeline.ingest.workbook import entries
    from pipeline.sources import default_pin, open_archive

    archive = open_archive(default_pin(RAW), RAW)
    table = entries(sheet(archive.read("workbook"), archive.file("workbook")))
    files = {name: read(text, name) for name, text in archive.structures().items()}
    rows = {name: row for name in files if (row := row_of(name, table.loc[name]))}
    found = pairs(rows, files)
    close = set(table.index[table[col.CLOSE_MATCH] == "Yes"]) & set(rows)
    print(f"| definition | first | later | lost | ambiguous | spurious | first of {len(close)} |\n|---|---|---|---|---|---|---|")
    for window in WINDOWS:
        print(f"| {window.title} | {' | '.join(str(n) for n in tally(window, found, rows, close))} |")


if __name__ == "__main__":
    main()
