"""Cells: possible at all, obeying the metric of their crystal system, in the setting of their symbol, as large as their atoms need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from pipeline.checks.reading import Row, number
from pipeline.chemistry.cell import Cell
from pipeline.chemistry.spacegroup import crystal_system, is_rhombohedral, unique_axis
from pipeline.chemistry.volume import needed
from pipeline.findings import Finding
from schemas import columns as col

#: Shortest and longest cell length (angstrom). No inorganic cell is shorter than 2 A (two touching oxide ions are 2.6 A apart,
#: the shortest of the release is 3.3 A); beyond 100 A a lithium conductor is a slip of the decimal point.
LENGTHS = (2.0, 100.0)
#: Smallest and largest cell angle (degrees): published reduced and conventional cells stay inside.
ANGLES = (20.0, 160.0)
#: Relative difference of two lengths that symmetry makes equal: ten times what the fourth decimal of a 4 A axis rounds away,
#: well below the 0.3 % by which the metric of a real distortion (orthorhombic La0.57Li0.29TiO3) departs.
EQUAL_LENGTHS = 5e-4
#: Difference of an angle that symmetry fixes (degrees): refinements quote angles to 0.01 degrees or better.
EQUAL_ANGLES = 0.02
#: Two published lengths that agree to this part are the same number.
SAME_NUMBER = 1e-6
#: Cell volume over the volume the atoms need (as a factor either way), beyond which the row is doubtful and beyond which it is wrong.
#: How far papers depart that the model was not fitted to is printed by benchmarks/fit_volumes.py and quoted in the catalogue; beyond
#: the 97th percentile there are wrong rows only. A wrong Z changes the volume by 1.33 (3 for 4) or more, and the largest departure
#: of a right row is 1.35 (Li3N).
#: Where species are rare, their uncertainty is added.
VOLUME_WARNING = 1.22
VOLUME_ERROR = 1.40
#: Rows of one group and number of anions beside the row, asked at most; how far a length of theirs is another; and how near a simple
#: multiple of it is one.
LEAST_KIN = 3
MOST_KIN = 60
FAR = 0.1
MULTIPLE = 0.03
#: Anions whose number in the cell, with the space group, tells a structure type.
ANIONS = ("O", "S", "Se", "Te", "N", "F", "Cl", "Br", "I")


@dataclass(frozen=True)
class Setting:
    """A choice of axes, and what it demands of the cell.

    ``lengths`` are pairs of axes of equal length, ``angles`` the fixed angles (``None`` where free), ``alike`` pairs of equal angles.
    """

    name: str
    lengths: tuple[tuple[int, int], ...]
    angles: tuple[float | None, float | None, float | None]
    alike: tuple[tuple[int, int], ...] = ()


_FREE = Setting("triclinic axes", (), (None, None, None))
_ORTHORHOMBIC = Setting("orthorhombic axes", (), (90, 90, 90))
_TETRAGONAL = Setting("tetragonal axes", ((0, 1),), (90, 90, 90))
_HEXAGONAL = Setting("hexagonal axes", ((0, 1),), (90, 90, 120))
_RHOMBOHEDRAL = Setting("rhombohedral axes", ((0, 1), (1, 2)), (None, None, None), ((0, 1), (1, 2)))
_CUBIC = Setting("cubic axes", ((0, 1), (1, 2)), (90, 90, 90))
_MONOCLINIC = {
    "b": Setting("unique axis b", (), (90, None, 90)),
    "c": Setting("unique axis c", (), (90, 90, None)),
    "a": Setting("unique axis a", (), (None, 90, 90)),
}


def settings(spacegroup_number: int) -> tuple[Setting, ...]:
    """The choices of axes a space group is published in, the standard one first."""
    system = crystal_system(spacegroup_number)
    if system == "monoclinic":
        return tuple(_MONOCLINIC.values())
    if system == "trigonal":
        return (_HEXAGONAL, _RHOMBOHEDRAL) if is_rhombohedral(spacegroup_number) else (_HEXAGONAL,)
    one = {"triclinic": _FREE, "orthorhombic": _ORTHORHOMBIC, "tetragonal": _TETRAGONAL, "hexagonal": _HEXAGONAL, "cubic": _CUBIC}
    return (one[system],)


def breaches(cell: Sequence[float], setting: Setting) -> list[str]:
    """What a cell does against a setting, in words; empty when the cell obeys."""
    found = []
    for i, j in setting.lengths:
        if abs(cell[i] - cell[j]) > EQUAL_LENGTHS * max(cell[i], cell[j]):
            found.append(f"{'abc'[i]} = {number(cell[i], 6)} and {'abc'[j]} = {number(cell[j], 6)} must be equal")
    names = ("alpha", "beta", "gamma")
    for name, angle, wanted in zip(names, cell[3:], setting.angles, strict=True):
        if wanted is not None and abs(angle - wanted) > EQUAL_ANGLES:
            found.append(f"{name} = {number(angle, 6)} must be {wanted:g}")
    for i, j in setting.alike:
        if abs(cell[3 + i] - cell[3 + j]) > EQUAL_ANGLES:
            found.append(f"{names[i]} = {number(cell[3 + i], 6)} and {names[j]} = {number(cell[3 + j], 6)} must be equal")
    return found


def suspects(cell: Cell, setting: Setting) -> list[int]:
    """Places of the numbers of a cell that may be the ones that break a setting: an angle that is fixed, both of what must be equal."""
    places = [3 + i for i, wanted in enumerate(setting.angles) if wanted is not None and abs(cell[3 + i] - wanted) > EQUAL_ANGLES]
    for i, j in setting.lengths:
        places += [i, j] if abs(cell[i] - cell[j]) > EQUAL_LENGTHS * max(cell[i], cell[j]) else []
    for i, j in setting.alike:
        places += [3 + i, 3 + j] if abs(cell[3 + i] - cell[3 + j]) > EQUAL_ANGLES else []
    return list(dict.fromkeys(places))


def odd_one(cell: Cell, setting: Setting, among: Sequence[int], file: Cell | None = None) -> int:
    """The number of a cell that is wrong, of some that contradict one another.

    That which the file has otherwise while it has all the others; else the odd one of three that must be equal; else the first.
    """
    if file is not None:
        off = [abs(mine / theirs - 1) for mine, theirs in zip(cell, file, strict=True)]
        worst = max(among, key=off.__getitem__)
        if all(off[place] < off[worst] / 2 for place in range(6) if place != worst):
            return worst
    if len(setting.lengths) > 1:
        for start in (0, 3):
            for odd in among:
                others = [cell[place] for place in range(start, start + 3) if place != odd]
                if start <= odd < start + 3 and others[0] == others[1]:
                    return odd
    return among[0]


def lattice_findings(
    rows: Sequence[Row], confirmed: frozenset[str] = frozenset(), files: Mapping[str, Cell] | None = None
) -> Iterator[Finding]:
    """Findings of ``lattice.*``.

    ``confirmed`` are the IDs whose structure holds the row's true composition in the row's volume; ``files`` are the cells of the
    structures.
    """
    kin = _Kin(rows)
    for row in rows:
        broken = list(_range(row))
        yield from broken
        if broken or row.cell is None:
            continue
        broken = list(_metric(row, (files or {}).get(row.id)))
        yield from broken
        if not broken:
            yield from _setting(row)
            yield from _pseudosymmetry(row)
        yield from _volume(row, row.id in confirmed, (files or {}).get(row.id), kin)


def _range(row: Row) -> Iterator[Finding]:
    faults = []
    for columns, (low, high), unit in ((col.LATTICE[:3], LENGTHS, "angstrom"), (col.LATTICE[3:], ANGLES, "degrees")):
        for column in columns:
            value = row.number(column)
            if value is None:
                faults.append((column, row.text(column), f"{column} is {'no number' if row.text(column) else 'blank'}"))
            elif not low <= value <= high:
                faults.append((column, number(value, 8), f"{column} = {number(value, 6)} is outside {low:g} to {high:g} {unit}"))
    if not faults and row.cell is not None and row.volume is None:
        angles = " ".join(number(a, 6) for a in row.cell[3:])
        faults.append((col.ALPHA, angles, f"the angles {angles} enclose no volume"))
    for column, found, message in faults:
        yield Finding(row.id, "lattice.range", "error", f"No such cell: {message}.", column=column, value=found)


def _metric(row: Row, file: Cell | None) -> Iterator[Finding]:
    if row.spacegroup_number is None or row.cell is None:
        return
    tried = [(setting, breaches(row.cell, setting)) for setting in settings(row.spacegroup_number)]
    if any(not broken for _, broken in tried):
        return
    setting, broken = min(tried, key=lambda pair: len(pair[1]))
    others = ", ".join(other.name for other, _ in tried if other is not setting)
    symbol = row.symbol or row.spacegroup_number
    yield Finding(
        row.id, "lattice.metric", "error",
        f"Space group {symbol} is {crystal_system(row.spacegroup_number)}, but the cell is not: on {setting.name}, {'; '.join(broken)}"
        f"{f' ({others} were tried too)' if others else ''}.",
        column=col.LATTICE[odd_one(row.cell, setting, suspects(row.cell, setting), file)], value=" ".join(number(v, 6) for v in row.cell),
    )  # fmt: skip


def _setting(row: Row) -> Iterator[Finding]:
    wanted = misplaced(row)
    if wanted is None or row.cell is None or row.spacegroup_number is None:
        return
    obeyed = next(setting for setting in settings(row.spacegroup_number) if not breaches(row.cell, setting))
    said = f"{row.symbol} stands for {wanted.name}, but the cell is on {obeyed.name}: {'; '.join(breaches(row.cell, wanted))}."
    yield Finding(row.id, "lattice.setting", "warning", said, column=col.SPACE_GROUP, value=row.symbol)


def misplaced(row: Row) -> Setting | None:
    """The axes that the row's symbol stands for, when the cell itself shows that it is on others; else ``None``."""
    group = row.spacegroup
    if group is None or row.cell is None or group.number != row.spacegroup_number:
        return None
    if crystal_system(group.number) == "monoclinic":
        wanted = _MONOCLINIC[unique_axis(group)]
    elif is_rhombohedral(group.number):
        wanted = _RHOMBOHEDRAL if group.ext == "R" else _HEXAGONAL
    else:
        return None
    obeyed = [setting for setting in settings(group.number) if not breaches(row.cell, setting)]
    return wanted if obeyed and wanted not in obeyed else None


def _pseudosymmetry(row: Row) -> Iterator[Finding]:
    """A metric of higher symmetry than the space group asks for, to the last published digit."""
    if row.spacegroup_number is None or row.cell is None:
        return
    system = crystal_system(row.spacegroup_number)
    a, b, c = row.cell[:3]
    right = all(abs(angle - 90) < SAME_NUMBER for angle in row.cell[3:])
    same = [pair for pair, (x, y) in {"a = b": (a, b), "b = c": (b, c), "a = c": (a, c)}.items() if abs(x - y) <= SAME_NUMBER * x]
    if system in ("triclinic", "monoclinic") and right:
        said = "all angles are 90, as in an orthorhombic cell"
    elif system == "orthorhombic" and len(same) == 3:
        said = "a = b = c, as in a cubic cell"
    elif system == "orthorhombic" and same:
        said = f"{same[0]} to the last digit, as in a tetragonal cell"
    elif system == "tetragonal" and len(same) == 3:
        said = "a = b = c, as in a cubic cell"
    else:
        return
    yield Finding(
        row.id, "lattice.pseudosymmetry", "warning",
        f"{row.symbol or row.spacegroup_number} is {system}, yet {said}: the space group or the cell may belong to another phase.",
        column=col.SPACE_GROUP_NUMBER, value=str(row.spacegroup_number),
    )  # fmt: skip


def _volume(row: Row, confirmed: bool, file: Cell | None, kin: _Kin) -> Iterator[Finding]:
    estimate = needed(row.true) if row.volume is not None and row.true else None
    if estimate is None or row.volume is None:
        return
    ratio = row.volume / estimate.volume
    factor = max(ratio, 1 / ratio) / (1 + estimate.uncertainty)
    wrong = factor > VOLUME_ERROR
    if factor <= VOLUME_WARNING or (confirmed and not wrong):
        return
    wanted = _fitting_z(row, ratio)
    column = _not_of_the_file(row, file) or (kin.odd_length(row) if file is None else "")
    column = column or (col.Z if wanted or file is not None or _is_multiple(row, ratio) else col.A)
    yield Finding(
        row.id, "lattice.volume", "error" if wrong and not confirmed else "warning",
        f"The cell holds {number(row.volume, 4)} cubic angstrom, but {row.text(col.TRUE_COMPOSITION)} needs about "
        f"{number(estimate.volume, 4)}: the cell is {number(ratio, 3)} times as large."
        f"{f' With Z = {wanted} it would fit.' if wanted else ''}",
        column=column, value=number(row.number(column), 6), expected=wanted if column == col.Z else "",
    )  # fmt: skip


class _Kin:
    """Rows of one space group and one number of anions in the cell: their lengths, for the few rows whose volume is wrong."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    @cached_property
    def _lengths(self) -> Mapping[tuple[int | None, int], list[Cell]]:
        found: dict[tuple[int | None, int], list[Cell]] = defaultdict(list)
        for row in self._rows:
            if row.cell is not None and row.true and len(found[self._key(row)]) < MOST_KIN:
                found[self._key(row)].append(row.cell)
        return found

    @staticmethod
    def _key(row: Row) -> tuple[int | None, int]:
        return row.spacegroup_number, round(sum(row.true.get(element, 0.0) for element in ANIONS)) if row.true else 0

    def odd_length(self, row: Row) -> str:
        """The one length that is far from the middle of the kin while the others are near; blank where it is a simple multiple of it.

        A multiple is a superstructure, whose cell holds more.
        """
        kin = self._lengths.get(self._key(row), [])
        if row.cell is None or len(kin) <= LEAST_KIN:
            return ""
        ratios = [row.cell[axis] / median(cell[axis] for cell in kin) for axis in range(3)]
        far = [axis for axis, ratio in enumerate(ratios) if abs(ratio - 1) > FAR]
        near = all(abs(ratio - 1) < FAR / 2 for axis, ratio in enumerate(ratios) if axis not in far)
        if not far or not near or len({row.cell[axis] for axis in far}) > 1:
            return ""
        simple = any(abs(ratios[far[0]] * q / p - 1) <= MULTIPLE for p in range(1, 5) for q in range(1, 5))
        return "" if simple else col.LATTICE[far[0]]


def _is_multiple(row: Row, ratio: float) -> bool:
    """Whether a simple multiple of Z, which the same 6 % allow, is whole: then Z is doubted, and else the cell."""
    simple = [p / q for p in range(1, 5) for q in range(1, 5) if abs(ratio / (p / q) - 1) <= 0.06]
    return row.z is not None and any(n != 1 and row.z * n == round(row.z * n) for n in simple)


def _not_of_the_file(row: Row, file: Cell | None) -> str:
    """The length that a file with the same other numbers has otherwise; blank where the cells differ in more, or not at all."""
    if file is None or row.cell is None:
        return ""
    off = [abs(mine / theirs - 1) > EQUAL_LENGTHS for mine, theirs in zip(row.cell, file, strict=True)]
    wrong = {row.cell[place] for place in range(3) if off[place]}
    return col.LATTICE[off.index(True)] if len(wrong) == 1 and not any(off[3:]) else ""


def _fitting_z(row: Row, ratio: float) -> str:
    """The one whole Z that the volume asks for, else ``""``.

    The model is good to some 6 %, so beyond 12 the next whole number fits as well, and none is offered.
    """
    if row.z is None:
        return ""
    whole = round(row.z * ratio)
    return str(whole) if 1 <= whole <= 12 and whole != row.z and abs(row.z * ratio / whole - 1) <= 0.06 else ""
