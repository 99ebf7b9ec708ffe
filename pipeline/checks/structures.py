"""Rows against their structure files, and the files by themselves: the ``cif.*`` checks.

Two kinds of row bear a file. Most say that the file is the structure of the very sample; there row and file agree to the digits they
are printed with, or one of them is wrong. Others declare a *close match*: the structure of a like sample, inside the window of the
release's paper.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.checks.digits import file_digits
from pipeline.checks.geometry import geometry_findings
from pipeline.checks.pair import Pair
from pipeline.checks.reading import Row, number
from pipeline.chemistry import cell as cells
from pipeline.chemistry.charge import balance
from pipeline.chemistry.spacegroup import mirror_image
from pipeline.findings import Finding, Severity
from pipeline.structures.cif import CifError, Structure
from pipeline.structures.equal import copies, without_noise
from pipeline.structures.header import MISFIT, contradictions, formula_contradiction
from pipeline.structures.mark import says_noise
from pipeline.structures.matching.window import (
    COMPOSITION_ROUNDING,
    COMPOSITION_SLACK,
    COMPOSITION_WINDOW,
    composition_deviation,
    inside,
    same_group,
)
from pipeline.structures.origins import cause_of_content
from pipeline.structures.proprietary import collection_code, whose
from pipeline.structures.pymatgen_view import OVERFULL
from pipeline.structures.symmetry import MOST_ATOMS, composition, examined
from schemas import columns as col

if TYPE_CHECKING:
    from pipeline.chemistry.cell import CellComparison

#: Beyond this many atoms per formula unit a structure is that of another composition, neutral or not; refinements of a nominal
#: composition stay below (Li4GeS2Se2 refined to S1.9Se2.1, Li1.6Al0.6Ge1.4(PO4)3 to Al0.48).
OTHER = 0.2
#: What a refinement may give for a position that is full (0.97 of sulfur); filled up to one, the file must be the row's compound.
NEARLY_FULL = 0.95
#: Charge left over, as a part of the anions' charge, that no rounding of occupancies explains.
UNBALANCED = 0.005
#: Charge left over that no refinement of lithium's occupancies explains either: atoms are missing or too many.
BROKEN = 0.02
#: A Z that makes file and row agree to this many atoms per formula unit is the Z of the file.
FITS = 0.1
#: Cells of one sample agree to a thousandth; structures measured at another temperature to a few thousandths: a lithium salt expands by
#: 30 to 50 millionths a kelvin. One part in a hundred, or a degree, is another sample.
OTHER_LENGTH = 0.01
OTHER_ANGLE = 1.0
#: Occupancies of one position add up to more than :data:`OVERFULL` by twice of what rounding adds: an error.
SPILLING = 1.03
#: Charges of anions, for scale.
ANIONS = {"O": 2, "S": 2, "Se": 2, "Te": 2, "N": 3, "F": 1, "Cl": 1, "Br": 1, "I": 1}


def structure_findings(
    rows: Sequence[Row], structures: Mapping[str, Structure | CifError], *, noisy: Collection[str] = (), files: bool = True
) -> Iterator[Finding]:
    """Findings about structure files and how they fit their rows.

    Parameters
    ----------
    rows
        The entries.
    structures
        Each structure file as read, or the error that reading it raised, by ID.
    noisy
        IDs of files known to carry noise already, from the pin of their source.
    files
        Whether to say which rows lack a file and which files lack a row (a contributor's are told by ``pipeline.contribute.check``).
    """
    by_id = {row.id: row for row in rows}
    if files:
        yield from _files(by_id, structures)
    owners = _owners(by_id, structures, noisy)
    compared: list[tuple[Pair, CellComparison]] = []
    for id, structure in structures.items():
        row = by_id.get(id)
        if row is None:
            continue
        if isinstance(structure, CifError):
            place = f", line {structure.line}" if structure.line else ""
            yield Finding(id, "cif.unreadable", "error", f"{structure.name}{place}: {structure.reason}", col.CIF_ID,
                          row.text(col.CIF_ID), "a CIF with a cell, its symmetry and atoms", structure.name)  # fmt: skip
            continue
        pair = Pair(row, examined(structure))
        noise = id in noisy or says_noise(structure)
        for check in (
            _read_as(pair), _licence(pair, owners.get(id)), _header(pair), _formula_sum(pair), _occupancy(pair),
            geometry_findings(pair, noise), _against_row(pair, compared),
        ):  # fmt: skip
            yield from check
    yield from file_digits(compared)


def _files(rows: Mapping[str, Row], structures: Collection[str]) -> Iterator[Finding]:
    for id, row in rows.items():
        if row.text(col.CIF_ID).casefold() == "done" and id not in structures:
            yield Finding(id, "cif.missing-file", "error", f"The row says that its structure file is done, but there is no {id}.cif.",
                          col.CIF_ID, row.text(col.CIF_ID), f"{id}.cif")  # fmt: skip
    for id in structures:
        if id not in rows:
            yield Finding(id, "cif.orphan-file", "error", f"No row has the ID of the file {id}.cif.", value=f"{id}.cif", other=f"{id}.cif")


def _read_as(pair: Pair) -> Iterator[Finding]:
    """What the reader had to assume."""
    for note in pair.structure.notes:
        yield pair.finding("cif.read-as", "info", f"In {pair.structure.name}, {note}.")


def _owners(rows: Mapping[str, Row], structures: Mapping[str, Structure | CifError], noisy: Collection[str]) -> dict[str, str]:
    """For each file that is proprietary and not known to carry noise, what says so, in words that follow "the file"."""
    silent: dict[str, Structure] = {}
    owners: dict[str, str] = {}
    for id, structure in structures.items():
        if id in noisy or isinstance(structure, CifError):
            continue
        if said := (_claim(rows[id]) if id in rows else None) or whose(structure):
            owners[id] = said
        else:
            silent[id] = structure
    known = {id: structure for id in owners if isinstance(structure := structures[id], Structure)}
    same = {id: others[0] for id, others in copies(silent, known, stretched=True).items()}
    owners |= {id: f"holds the same structure as {other}.cif, which {owners[other]}" for id, other in same.items()}
    moved = {id: structure for id, structure in structures.items() if id in noisy and isinstance(structure, Structure)}
    originals = without_noise({id: structure for id, structure in silent.items() if id not in same}, moved)
    return owners | {id: f"holds the structure of {others[0]}.cif, but for its noise" for id, others in originals.items()}


def _claim(row: Row) -> str | None:
    """What in a row says that its structure is from the ICSD."""
    if code := row.text(col.ICSD_ID):
        return f"belongs to an entry with the ICSD number {code}"
    for column in (col.CIF_REF_1, col.CIF_REF_2):
        if code := collection_code(row.text(column)) or "":
            return f"belongs to an entry that names {code} in {column!r}"
    return None


def _licence(pair: Pair, owner: str | None) -> Iterator[Finding]:
    if owner is None:
        return
    told = "only the secret key can tell whether the noise that it says it has is there" if says_noise(pair.structure) else (
        "nothing says that noise was added to it"
    )  # fmt: skip
    message = f"The file {owner}, and {told}: its coordinates may not be published."
    value = pair.structure.icsd or pair.row.text(col.ICSD_ID) or owner
    yield pair.finding("cif.licence", "error", message, col.ICSD_ID, value)


def _header(pair: Pair) -> Iterator[Finding]:
    """The file's header, its operations and its atoms."""
    structure, found = pair.structure, pair.file.symmetry
    for each in contradictions(structure):
        yield pair.finding("cif.symmetry", "error", each.message, value=each.value, expected=each.expected)
    group = structure.group_number
    if found.number is None:
        message = (
            f"Whether the atoms of {structure.name} have more symmetry than its operations is not known: spglib finds no group at "
            f"{found.symprec:g} angstrom, or was not asked about more than {MOST_ATOMS:,} atoms."
        )
        yield pair.finding("cif.read-as", "info", message)
    known = found.number is not None and group is not None and structure.metric_misfit <= MISFIT
    if known and group is not None and found.number not in (group, mirror_image(group)):
        message = (
            f"The file lists the operations of space group {group}, but its atoms have those of {found.number} "
            f"(spglib {found.version}, {found.symprec:g} angstrom): symmetry was lost on the way."
        )
        yield pair.finding("cif.symmetry", "warning", message, value=group, expected=found.number)


def _formula_sum(pair: Pair) -> Iterator[Finding]:
    found = formula_contradiction(pair.structure)
    if found is not None:
        yield pair.finding("cif.header", "warning", found.message, value=found.value, expected=found.expected)


def _occupancy(pair: Pair) -> Iterator[Finding]:
    sites = pair.structure.sites
    for site in sites:
        if site.occupancy < 0 or site.occupancy > SPILLING:
            message = f"Site {site.label} has an occupancy of {site.occupancy:g}."
            yield pair.finding("cif.occupancy", "error", message, value=f"{site.occupancy:g}", expected="0 to 1")
    for position in pair.file.positions:
        total = sum(amount for _, amount in composition(position, pair.structure))
        if total > OVERFULL and len(position.sites) > 1:
            labels = ", ".join(f"{sites[i].label} {sites[i].occupancy:g}" for i in position.sites)
            message = f"The sites {labels} share a position and their occupancies add up to {total:.4g}."
            severity: Severity = "error" if total > SPILLING else "warning"
            yield pair.finding("cif.occupancy", severity, message, value=f"{total:.4g}", expected="at most 1")


def _against_row(pair: Pair, cells_compared: list[tuple[Pair, CellComparison]]) -> Iterator[Finding]:
    row, structure = pair.row, pair.structure
    outside: list[str] = []
    yield from _spacegroup(pair, outside)
    compared = None
    if row.cell is not None and cells.possible(row.cell):
        compared = cells.compare(row.cell, structure.cell, spacegroup=row.spacegroup_number)
        yield from _lattice(pair, compared, outside)
        cells_compared.append((pair, compared))
    wanted = row.reduced
    if wanted is None and row.true is not None and row.z:
        wanted = {element: amount / row.z for element, amount in row.true.items()}
    if wanted:
        yield from _content(pair, _as_hydrogen(wanted), compared, outside)
    if pair.is_close and outside:
        message = f"The structure is declared a close match, but {' and '.join(outside)}."
        yield pair.finding("cif.close-match", "error", message, col.CLOSE_MATCH, row.text(col.CLOSE_MATCH))


def _spacegroup(pair: Pair, outside: list[str]) -> Iterator[Finding]:
    wanted, group, atoms = pair.row.spacegroup_number, pair.structure.group_number, pair.file.symmetry.number
    if wanted is None or group is None or same_group(wanted, group, atoms):
        return
    outside.append(f"its space group is {group} and the row's {wanted}")
    ours, theirs = (f"{number} ({symbol})" if symbol else str(number)  # either symbol may be blank
                    for number, symbol in ((wanted, pair.row.symbol), (group, pair.structure.spacegroup_symbol)))  # fmt: skip
    message = f"The row has space group {ours}, the file {theirs}."
    yield pair.finding("cif.spacegroup", "error", message, col.SPACE_GROUP_NUMBER, wanted, group)


def _lattice(pair: Pair, compared: CellComparison, outside: list[str]) -> Iterator[Finding]:
    length, angle = compared.lattice_deviation, compared.angle_deviation
    if not compared.within():
        outside.append(f"its cell differs by {length:.1%} in a length and {angle:.1f} degrees in an angle, in the best setting")
    if length <= cells.LENGTH_ROUNDING + cells.SLACK and angle <= cells.ANGLE_ROUNDING + cells.SLACK:
        return
    if pair.is_close and compared.within():
        return
    row = pair.row.cell
    assert row is not None
    file = cells.transform(pair.structure.cell, compared.basis)
    parts = [abs(f / r - 1) / OTHER_LENGTH if i < 3 else abs(f - r) / OTHER_ANGLE for i, (r, f) in enumerate(zip(row, file, strict=True))]
    worst = parts.index(max(parts))
    severity: Severity = "error" if length > OTHER_LENGTH or angle > OTHER_ANGLE else "warning"
    message = (
        f"The cells differ by {length:.2%} in a length and {angle:.2f} degrees in an angle, in the best setting ({compared.setting}): "
        f"{_cell(row)} in the row, {_cell(file)} in the file."
    )
    yield pair.finding("cif.lattice", severity, message, col.LATTICE[worst], number(row[worst], 6), number(file[worst], 6))


def _cell(cell: cells.Cell) -> str:
    return ", ".join(number(x, 5 if i < 3 else 4) for i, x in enumerate(cell))


def _content(pair: Pair, wanted: Mapping[str, float], compared: CellComparison | None, outside: list[str]) -> Iterator[Finding]:
    row, content = pair.row, pair.structure.content
    multiple = 1.0 if compared is None else float(compared.multiple)
    units = (row.z or 0) / multiple  # formula units that the row puts into the file's cell
    deviation, best = composition_deviation(wanted, content)
    held = _units(content, wanted, units, best)
    if units and held != units:
        volume = "" if multiple == 1 else f" (the row's cell has {multiple:g} times the volume of the file's)"
        message = (
            f"The file's cell holds {held:g} formula units and the row's Z says {units:g}{volume}: "
            f"{_formula(content)} in the file, {row.text(col.TRUE_COMPOSITION)} in the row."
        )
        yield pair.finding("cif.cell-content", "error", message, col.Z, f"{row.z:g}", f"{held * multiple:g}")
    present = {element: amount / held for element, amount in content.items()}
    absent = sorted(e for e in wanted if not present.get(e) and wanted[e] > COMPOSITION_WINDOW + COMPOSITION_SLACK)
    foreign = sorted(e for e in present if not wanted.get(e) and present[e] > COMPOSITION_WINDOW + COMPOSITION_SLACK)
    left = _charge(present)
    if absent or foreign:
        told = " and ".join(
            [f"no {e} ({wanted[e]:g} in a formula unit)" for e in absent] + [f"{present[e]:.3g} {e} that the row has not" for e in foreign]
        )
        if not inside(deviation):
            outside.append(f"it has {told}")
        message = f"The file has {told}: {_formula(present)} against {row.text(col.REDUCED_COMPOSITION)}."
        formula = row.text(col.REDUCED_COMPOSITION)
        yield pair.finding("cif.missing-element", "error", message, col.REDUCED_COMPOSITION, formula, _formula(present))
    elif left is not None and abs(left) > UNBALANCED:
        message = f"The content of the file, {_formula(present)}, is not neutral: {left:+.1%} of the charge of its anions is left over."
        severity: Severity = "warning" if abs(left) > BROKEN and not _charge(wanted) else "info"
        yield pair.finding("cif.charge", severity, message, value=_formula(present))
    broken = not absent and left is not None and abs(left) > BROKEN and not _charge(wanted)
    yield from _amounts(pair, present, wanted, {*absent, *foreign}, held, left if broken else None, deviation, outside)


def _as_hydrogen(amounts: Mapping[str, float]) -> dict[str, float]:
    """A row's amounts with deuterium and tritium as the hydrogen that the reader of structures makes of them."""
    found: dict[str, float] = {}
    for element, amount in amounts.items():
        name = "H" if element in ("D", "T") else element
        found[name] = found.get(name, 0.0) + amount
    return found


def _amounts(
    pair: Pair, present: Mapping[str, float], wanted: Mapping[str, float], known: set[str], units: float, broken: float | None,
    deviation: float, outside: list[str],
) -> Iterator[Finding]:  # fmt: skip
    """The element whose amount differs most, of those in both; ``broken`` is the charge of a file that is not neutral though its row is."""
    differences = {e: abs(present.get(e, 0.0) - wanted.get(e, 0.0)) for e in {*present, *wanted} - known}
    worst = max(differences, key=lambda e: (round(differences[e], 9), e), default=None)
    if worst is None:
        return
    difference = differences[worst]
    if not inside(deviation) and not known:
        outside.append(f"its composition differs by {difference:.2g} {worst} in a formula unit")
    if difference <= (COMPOSITION_WINDOW if pair.is_close else COMPOSITION_ROUNDING + _printed(pair, worst, units)) + COMPOSITION_SLACK:
        return
    severity: Severity = "info"
    if (difference > OTHER or (difference > COMPOSITION_WINDOW + COMPOSITION_SLACK and broken)) and not _filled(
        pair, worst, present, wanted
    ):
        severity = "error"
    elif broken or (_charge(wanted) and not _charge(present)):
        severity = "warning"
    charge = f" (charged by {broken:+.1%} of its anions)" if broken else ""
    formula = pair.row.text(col.REDUCED_COMPOSITION)
    message = (
        f"The file has {present.get(worst, 0.0):.4g} {worst} in a formula unit and the row {wanted.get(worst, 0.0):.4g}: "
        f"{_formula(present)}{charge} against {formula}."
    )
    if severity == "error" and broken:
        why = cause_of_content(pair.structure, lambda content: composition_deviation(wanted, content)[0] <= OTHER + COMPOSITION_SLACK)
        message += f" {why}." if why else ""
    yield pair.finding("cif.composition", severity, message, col.REDUCED_COMPOSITION, formula, _formula(present))


def _filled(pair: Pair, element: str, present: Mapping[str, float], wanted: Mapping[str, float]) -> bool:
    """Whether the element is as many as the row says when its positions that a refinement left nearly full are filled up."""
    alone = [sum(amount for _, amount in composition(p, pair.structure)) for p in pair.file.positions
             if {pair.structure.sites[i].element for i in p.sites} == {element}]  # fmt: skip
    lacking = wanted.get(element, 0.0) - present.get(element, 0.0)
    most = present.get(element, 0.0) * (1 / min(alone) - 1) if alone and min(alone) >= NEARLY_FULL else 0.0
    return 0 < lacking <= most + COMPOSITION_ROUNDING


def _units(content: Mapping[str, float], wanted: Mapping[str, float], units: float, best: float) -> float:
    """Formula units in the file's cell: the row's, or the best number where that makes the compositions agree and the row's does not."""

    def misfit(z: float) -> float:
        return max(abs(content.get(e, 0.0) / z - wanted.get(e, 0.0)) for e in {*content, *wanted})

    if units and (best == units or misfit(units) <= FITS or misfit(best) > FITS):
        return units
    return best


def _printed(pair: Pair, element: str | None, units: float) -> float:
    """Atoms per formula unit that the digits of occupancies and formula can hide."""
    from pipeline.chemistry.formula import resolution

    sites = [site for site in pair.structure.sites if site.element == element and site.occupancy < 1]
    return resolution(pair.row.text(col.REDUCED_COMPOSITION)) * 0.1 + sum(0.0005 * site.multiplicity for site in sites) / units


def _charge(amounts: Mapping[str, float]) -> float | None:
    """Charge left over at best, as a part of the anions' charge; 0 when neutral within rounding, ``None`` when it cannot be told."""
    found = balance(amounts)
    if found.excess is None:
        return None
    anions = sum(charge * amounts.get(element, 0.0) for element, charge in ANIONS.items())
    return found.excess / anions if anions and abs(found.excess) > found.rounding else 0.0


def _formula(amounts: Mapping[str, float]) -> str:
    return "".join(f"{element}{number(round(amount, 3), 6)}" for element, amount in amounts.items())
