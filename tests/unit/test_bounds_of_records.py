"""Limits of the checks of linked records, of special positions, of marks and of candidates, from both sides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.checks.extrapolated import extrapolated_findings
from pipeline.checks.reading import Row, rows
from pipeline.findings import Finding
from pipeline.literature import links
from pipeline.literature.merge import measurements
from pipeline.structures.cif import Structure, read
from pipeline.structures.mark import is_old, mark, open_mark, says_noise, verified
from pipeline.structures.matching import match
from pipeline.structures.noise import keyed, open_seed
from pipeline.structures.original import original
from pipeline.structures.perturb import perturb
from pipeline.structures.symmetry import positions
from schemas import columns as col
from tests.unit.difficult import NASICON_TEXT
from tests.unit.literature import declared_source, entry_table
from tests.unit.test_bounds_of_structures import KEY
from tests.unit.test_cif_special import wurtzite
from tests.unit.test_link_records import said
from tests.unit.test_match import halide, pool, salt
from tests.unit.test_match import rows as wanted


# --- collection codes and temperatures --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mine", "close", "told"),
    [
        ("1002", None, True),
        ("998", None, True),
        ("1003", None, True),
        ("1002", "Yes", True),
        ("1003", "Yes", False),
        ("997", "Yes", False),
        ("1000", None, False),
    ],
)
def test_codes_two_apart_are_neighbours(mine: str, close: str | None, told: bool) -> None:
    """The code of a close match is another sample's by intention; only a neighbour's is told."""
    found = [f for f in said({col.ICSD_ID: mine, col.CLOSE_MATCH: close}, {}, {}) if f.check == "link.icsd"]
    assert bool(found) is told
    near = abs(int(mine) - 1000) <= 2
    assert all(("neighbours" in f.message) is near and (f.severity == "info") is not near for f in found)


def hot(value: float, record: float, temperature: float = 60.0, at_room: float | None = None) -> list[Finding]:
    """Findings about an entry whose paper has a record of another temperature, and perhaps one of room temperature."""
    more = [] if at_room is None else [{"conductivity": at_room}]
    told = declared_source({"conductivity": record, "temperature": temperature, "state": "not at room temperature"}, *more)
    table = entry_table(aaa={col.IONIC_CONDUCTIVITY: value})
    return list(extrapolated_findings(rows(table), links(table, measurements([told]), [told]), [told]))


@pytest.mark.parametrize(
    ("value", "record", "at_room", "heard"),
    [
        (1.23e-5, 1.23e-5, None, True), (1.2e-5, 1.23e-5, None, True), (1e-5, 1.4e-5, None, False), (1.24e-5, 1.23e-5, None, False),
        (1.23e-5, 1.23e-5, 1.23e-5, False), (1.23e-5, 1.23e-5, 4.5e-3, True),
    ],
)  # fmt: skip
def test_a_value_of_another_temperature_is_the_entrys_in_two_digits(
    value: float, record: float, at_room: float | None, heard: bool
) -> None:
    found = hot(value, record, at_room=at_room)
    assert bool(found) is heard
    assert all("60 degrees" in f.message for f in found)


# --- special positions ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("occupancy", "multiplicity"), [("0.52", 2), ("0.51", 6)])
def test_a_site_and_its_image_that_cannot_be_filled_in_turn_are_one(occupancy: str, multiplicity: int) -> None:
    assert wurtzite(f"Li1 Li 0.6705 -0.6705 0.38 {occupancy}\n").sites[0].multiplicity == multiplicity


@pytest.mark.parametrize(("number", "listed"), [(4, 0), (5, 1), (6, 2)])
def test_four_sites_near_their_images_have_a_note_of_their_own(number: int, listed: int) -> None:
    notes = wurtzite("".join(f"Cs{n} Cs 0.6700 -0.6700 0.{n}8 1\n" for n in range(1, number + 1))).notes
    assert sum("from its own image" in note for note in notes) == 4
    assert [note for note in notes if "as near to images of their own" in note] == ([notes[-1]] if listed else [])
    assert not listed or notes[-1].count("Cs") == listed


# --- marks ------------------------------------------------------------------------------------------------------------
NOISY = perturb(read(NASICON_TEXT, "x.cif"), keyed(KEY)).structure


def marked(structure: Structure, *marks: str) -> Structure:
    return replace(structure, creation_method="; ".join(marks))


def test_a_mark_is_that_of_key_method_sigma_and_structure() -> None:
    noise = keyed(KEY)
    good = NOISY.creation_method or ""
    assert verified(NOISY, noise) == good
    assert "method 2: N(0, 0.01) in each free fractional coordinate, secret key, code " in good
    assert verified(NOISY, open_seed(1)) is None
    assert verified(NOISY, keyed(KEY[::-1])) is None
    for old, new in (("method 2", "method 1"), ("method 2", "method 3"), ("secret key", "open seed"), ("0.01", "0.02")):
        assert verified(marked(NOISY, good.replace(old, new)), noise) is None
    last = replace(NOISY.sites[-1], exact=tuple(x + 0.001 for x in NOISY.sites[-1].exact))
    moved = replace(NOISY, sites=(*NOISY.sites[:-1], last))
    assert verified(moved, noise) is None
    wide = mark(noise, noise.mac(original(NOISY).content, 0.02), 0.02)
    assert verified(marked(NOISY, wide), noise) is None  # the published sigma and no other
    assert open_mark(NOISY) is None
    open_ = perturb(read(NASICON_TEXT, "x.cif"), open_seed(5), 0.02).structure
    assert open_mark(open_) == open_.creation_method
    assert says_noise(NOISY)
    assert not is_old(NOISY)
    assert is_old(marked(NOISY, "positions perturbed by obelix-curate 0.9"))


@pytest.mark.parametrize(("before", "found"), [(7, True), (8, False)])
def test_eight_marks_of_a_file_are_looked_at(before: int, found: bool) -> None:
    good = NOISY.creation_method or ""
    other = good[:-64] + "0" * 64
    assert (verified(marked(NOISY, *[other] * before, good), keyed(KEY)) is not None) is found


# --- candidates -------------------------------------------------------------------------------------------------------
def test_ten_candidates_are_listed_the_nearest_first() -> None:
    library = pool(**{f"f{n:02}": halide(round(5.13 * (1 + 0.001 * n), 5)) for n in range(14)})
    table = match.candidates(wanted(salt("r01")), library)
    assert table[col.FILE].tolist() == [f"f{n:02}" for n in range(10)]
    assert table[col.RANK].tolist() == list(range(1, 11))
    assert match.candidates(wanted(salt("r01")), library, 3)[col.FILE].tolist() == ["f00", "f01", "f02"]


def test_what_a_row_wants() -> None:
    entry = dict(
        zip((col.REDUCED_COMPOSITION, col.Z, col.TRUE_COMPOSITION, col.SPACE_GROUP_NUMBER, *col.LATTICE), salt("x")[1:], strict=True)
    )
    found = match.row_of("x", entry)
    assert found is not None
    assert (dict(found.amounts), found.Z, found.spacegroup, found.cell) == ({"Li": 1, "Cl": 1}, 4, 225, (5.13, 5.13, 5.13, 90, 90, 90))
    by_content = match.row_of("x", {**entry, col.REDUCED_COMPOSITION: "glass", col.TRUE_COMPOSITION: "Li4Cl4"})
    assert by_content is not None
    assert dict(by_content.amounts) == {"Li": 1, "Cl": 1}
    assert match.row_of("x", {**entry, col.REDUCED_COMPOSITION: "glass", col.Z: None}) is None
    for number, group in ((0, None), (1, 1), (230, 230), (231, None), (62.5, None), (-3, None), (None, None)):
        told = match.row_of("x", {**entry, col.SPACE_GROUP_NUMBER: number})
        assert told is not None
        assert told.spacegroup == group
    flat = match.row_of("x", {**entry, col.ALPHA: 180.0})
    assert flat is not None
    assert flat.cell is None
    assert Row("x", {col.SPACE_GROUP_NUMBER: 230.0}).spacegroup_number == 230
    assert [Row("x", {col.SPACE_GROUP_NUMBER: n}).spacegroup_number for n in (0, 1, 231, 62.5, float("inf"))] == [None, 1, None, None, None]
    assert len(positions(NOISY)) == 5
