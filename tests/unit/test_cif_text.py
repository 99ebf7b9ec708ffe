"""The text of a CIF: what is not read cannot break a file, and damage in what is read is told with line and cure."""

from __future__ import annotations

import pytest

from pipeline.structures.cif import CifError, read
from pipeline.structures.legible import _TOKEN, data_blocks, legible
from pipeline.structures.noise import open_seed
from pipeline.structures.perturb import perturb
from tests.unit.difficult import NASICON, NASICON_ATOMS, NASICON_CELL, NASICON_TEXT, atoms

HEAD = "data_nasicon\n"
#: Items that nobody reads, damaged in every way that gemmi or the grammar of CIF 1.1 refuses, and some that it does not.
UNREAD = {
    "a quotation mark": "_diffrn_measurement_device_type 'Nonius Kappa\n",
    "a double quotation mark": '_diffrn_measurement_device_type "Nonius Kappa\n',
    "two values": "_publ_contact_author_name '?'\n;\nA. Author\n;\n",
    "a loop with a value too few": "loop_\n_powder_angle\n_powder_intensity\n1 2 3\n",
    "three quotation marks": "_publ_section_title\n'''A lithium\nhalide'''\n",
    "three double quotation marks": '_publ_section_title """A lithium\'s\nhalide"""\n',
    "a list": "_cell_q [1 2 3]\n",
    "a list of lists": "_cell_q [[1 2]\n[3 4]]\n",
    "a table": "_cell_q {'a':1 'b':2}\n",
    "another letter": "_publ_author_name M\N{LATIN SMALL LETTER U WITH DIAERESIS}ller\n",
    "a control character": "_publ_author_name \x1a\n",
    "an item twice": "_diffrn_ambient_temperature 295\n_diffrn_ambient_temperature 295(2)\n",
    "a blank item twice": "_chemical_formula_sum 'Li Ti2 P3 O12'\n_chemical_formula_sum ''\n",
    "a blank item first": "_chemical_formula_sum ''\n_chemical_formula_sum 'Li Ti2 P3 O12'\n",
    "a number twice": "_cell_length_a 8.510\n",
    "no value": "_publ_section_title\n",
}


@pytest.mark.parametrize("damage", UNREAD.values(), ids=UNREAD)
def test_what_is_not_read_cannot_break_a_file(damage: str) -> None:
    structure = read(NASICON_TEXT.replace(HEAD, HEAD + damage), "x.cif")
    assert structure.content == pytest.approx(NASICON)
    assert all("passed over" in note for note in structure.notes)


@pytest.mark.parametrize("damage", UNREAD.values(), ids=UNREAD)
def test_every_other_character_keeps_its_place(damage: str) -> None:
    """So that noise is written where the coordinates stand."""
    text = NASICON_TEXT.replace(HEAD, HEAD + damage)
    clean = legible(text, "x.cif")
    assert len(clean) == len(text)
    assert clean.endswith(NASICON_TEXT[len(HEAD) :])
    after = perturb(read(text, "x.cif"), open_seed(1))
    assert after.structure.content == pytest.approx(NASICON)
    assert damage in after.text


@pytest.mark.parametrize(("old", "new", "reason", "cure"), [
    ("data_nasicon", "data_my compound", "holds a blank", "underscores"),
    (HEAD, "", "before any data block", "data_"),
    ("'R -3 c :H'", "'R -3 c :H", "_symmetry_space_group_name_H-M opens a quotation mark", "close it"),
    ("_cell_length_a 8.51", "_cell_length_a [8.51 8.52]", "only CIF 2.0 knows", "CIF 1.1"),
    ("_cell_length_a 8.51", "_cell_length_a '''8\n.51'''", "only CIF 2.0 knows", "CIF 1.1"),
    ("0.2858", "0.2858 7", "in a loop of 6 items with 37 values", "row"),
    ("_cell_length_a 8.51", "_cell_length_a 8.51 8.6", "has 2 values", "lines around it"),
    ("_cell_length_a", "_publ_x\n;\ntext\n_cell_length_a", "is never closed", "another"),
    ("Li1 Li", "Li1\0Li", "NUL", "UTF-8"),
    ("_cell_length_a 8.51", "_cell_length_a 8,51", "not a number", ""),
])  # fmt: skip
def test_damage_in_what_is_read_names_line_and_cure(old: str, new: str, reason: str, cure: str) -> None:
    text = NASICON_TEXT.replace(old, new, 1)
    with pytest.raises(CifError) as caught:
        read(text, "x.cif")
    assert reason in caught.value.reason
    assert cure in caught.value.reason
    assert caught.value.line is not None
    line = text.splitlines()[caught.value.line - 1]
    assert not new or line in new or new.splitlines()[0] in line


def test_a_file_in_utf16_is_told_as_such() -> None:
    with pytest.raises(CifError, match="UTF-16"):
        read(NASICON_TEXT.encode("utf-16").decode("utf-8", "surrogateescape"), "x.cif")


@pytest.mark.parametrize("text", ["<html>404</html>\n", '{"a": 1}\n', "LiCl\n1.0\n5 0 0\n"])
def test_another_kind_of_file_is_told_as_such(text: str) -> None:
    with pytest.raises(CifError, match="another kind of file"):
        read(text, "x.cif")


@pytest.mark.parametrize("again", [
    "_cell_length_a 8.6\n", "_chemical_formula_sum 'Li2 O'\n_chemical_formula_sum 'Li O'\n",
    "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nNa1 0 0 0.5\n",
])  # fmt: skip
def test_what_is_read_may_not_stand_twice_with_two_values(again: str) -> None:
    with pytest.raises(CifError, match="which one is meant") as caught:
        read(NASICON_TEXT + again, "x.cif")
    assert caught.value.line is not None


def test_the_same_list_of_atoms_twice_is_one() -> None:
    assert read(NASICON_TEXT + atoms(NASICON_ATOMS), "x.cif").content == pytest.approx(NASICON)


def test_blocks_that_are_not_read_are_named() -> None:
    other = NASICON_TEXT.replace("data_nasicon", "data_impurity")
    (note,) = read(NASICON_TEXT + other, "x.cif").notes
    assert "2 structures" in note
    assert "block 'nasicon'" in note
    assert "not 'impurity'" in note
    form = "data_form\n_cell_length_a ?\nloop_\n_atom_site_label\n_atom_site_fract_x\n? ?\n"
    assert read(form + NASICON_TEXT, "x.cif").block == "nasicon"


def test_frames_and_global_items_are_no_items_of_the_block() -> None:
    frame = "save_f\n_cell_length_a 9\n_atom_site_fract_x 0.5\nsave_\n"
    text = "global_\n_publ_x 1\n" + NASICON_TEXT.replace(HEAD, HEAD + frame)
    after = perturb(read(text, "x.cif"), open_seed(1))
    assert after.structure.content == pytest.approx(NASICON)
    assert frame in after.text
    with pytest.raises(CifError, match="_cell_length_a is missing"):
        read("global_\n" + NASICON_CELL + NASICON_TEXT.replace(NASICON_CELL, ""), "x.cif")


@pytest.mark.parametrize(
    ("after", "further", "words"),
    [("save_f\n", 1, "save frame"), ("loop_\n", 2, "no name of an item, loop_, data_ or value fits there")],
)
def test_messages_of_the_parser_say_what_is_wrong(after: str, further: int, words: str) -> None:
    with pytest.raises(CifError, match=words) as caught:
        read(NASICON_TEXT + after, "x.cif")
    assert "parse error" not in str(caught.value)
    assert str(caught.value).startswith(f"x.cif, line {NASICON_TEXT.count(chr(10)) + further}: ")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("count", [20, 21])
def test_items_passed_over_are_named_with_their_line_or_counted(end: str, count: int) -> None:
    text = "\n".join([*(f"_item_{n} 'open" for n in range(count)), ""]).replace("\n", end)
    notes = read((NASICON_TEXT + "\n").replace("\n", end) + text, "x.cif").notes
    first = (NASICON_TEXT + "\n").count("\n") + 1
    assert (
        notes[0] == f"_item_0 in line {first} opens a quotation mark that is not closed on its line; it is not needed and was passed over"
    )
    assert notes[19].startswith(f"_item_19 in line {first + 19} ")
    assert len(notes) == count
    assert count == 20 or notes[20].startswith("1 more items are damaged")


@pytest.mark.parametrize(("damaged", "line", "reason"), [
    ("loop_\n_a\n_b\n" + "1 2\n" * 1_500 + "_cell_length_a 5 6", 1505, "has 2 values"),  # more values than are taken at a time
    ("loop_\n_atom_site_label\n_cell_length_b 5\n_cell_length_c 5\n", 2, "in a loop of 2 items with 1 values"),  # a name ends the heading
    ("_a 1\n_b 'x y'\n_cell_length_a 'x y' 'z'\n_c 2", 4, "_cell_length_a has 2 values"),
    ("loop_\n_atom_site_label\n_atom_site_fract_x\n'a b' 1\n'c d'\n\"e'f\" 3\n", 6, "with 5 values"),
    ("_a 1 loop_x DATASET stop_1\n_cell_length_a 5 6\n", 3, "has 2 values"),  # values that begin like words of the grammar
    ("_a 1 # _cell_length_a 1\n#2\n\n_cell_length_a 5 6\n", 5, "has 2 values"),
])  # fmt: skip
def test_values_that_are_taken_together_count_one_by_one(damaged: str, line: int, reason: str) -> None:
    with pytest.raises(CifError, match=reason) as caught:
        data_blocks("data_x\n" + damaged, "x.cif")
    assert caught.value.line == line


@pytest.mark.parametrize("part", ["1 2\n", "'a b' 2\n", "_a 1\n", "# x\n"])
def test_a_long_table_is_few_tokens(part: str) -> None:
    """A million values one by one take seconds."""
    assert sum(1 for _ in _TOKEN.finditer(part * 10_000 + "_b 1")) <= 25
