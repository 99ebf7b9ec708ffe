"""Edits in place and standardised copies."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.structures.cif import read
from pipeline.structures.layout import edited, layout, quoted
from pipeline.structures.write import standardised, with_coordinates
from tests.unit.difficult import NASICON_TEXT, Case, atoms, cases, cell

AWKWARD = """\
# data_ in a comment, and _atom_site_fract_x
data_one
_a 'it''s' _b "x # y" _c ;no;text
_d
;
loop_ _atom_site_fract_x 0.5
;
loop_ _e _F.g
1 'two words' # a comment 'with a quote
three
;text; of
two lines
;
data_two
_a 2
"""


def words(block: int) -> dict[str, list[str]]:
    return {tag: [AWKWARD[a:b] for a, b in spans] for tag, spans in layout(AWKWARD, block).values.items()}


def test_every_word_is_found_where_it_stands() -> None:
    assert words(0) == {
        "_a": ["'it''s'"], "_b": ['"x # y"'], "_c": [";no;text"], "_d": [";\nloop_ _atom_site_fract_x 0.5\n;"],
        "_e": ["1", "three"], "_f_g": ["'two words'", ";text; of\ntwo lines\n;"],
    }  # fmt: skip
    assert words(1) == {"_a": ["2"]}
    with pytest.raises(ValueError, match="number 3"):
        layout(AWKWARD, 2)


def test_the_layout_agrees_with_gemmi_on_every_variation() -> None:
    import gemmi

    for case in cases():
        structure = read(case.text, case.name)
        block = gemmi.cif.read_string(case.text.replace("\ufeff", ""), 0)[structure.block_index]
        for tag, spans in layout(case.text, structure.block_index).values.items():
            column = next((list(block.find_values(t)) for t in _spellings(block) if t.lower().replace(".", "_") == tag), None)
            assert column is not None, (case.name, tag)
            found = [case.text[a:b] for a, b in spans]
            assert [w.replace("\r", "") for w in found][: len(column)] == [w.replace("\r", "") for w in column], (case.name, tag)


def _spellings(block) -> list[str]:  # type: ignore[no-untyped-def]
    return [tag for item in block for tag in ([item.pair[0]] if item.pair else item.loop.tags if item.loop else [])]


def test_an_edit_replaces_spans_only() -> None:
    assert edited("abcdef", {(4, 5): "X", (1, 3): "--", (6, 6): "!"}) == "a--dXf!"


@pytest.mark.parametrize("text", ["plain", "it's", 'say "so"', 'it\'s "so" here', "ends with '", "two\nlines", ""])
def test_quoted_text_reads_back(text: str) -> None:
    import gemmi

    block = gemmi.cif.read_string(f"data_x\n_a {quoted(text)}\n").sole_block()
    read_back = gemmi.cif.as_string(block.find_value("_a"))
    assert read_back == " ".join(text.split()) or read_back.replace("'", "") == " ".join(text.split()).replace("'", "").strip()


def test_coordinates_are_replaced_in_the_block_that_was_read() -> None:
    text = "data_global\n_audit_creation_method other\n" + NASICON_TEXT + NASICON_TEXT.replace("data_nasicon", "data_second")
    after = with_coordinates(read(text, "x.cif"), {(1, 2): "0.1500"}, "made by a test")
    assert after.count("0.1500") == 1
    assert after.index("0.1500") < after.index("data_second")
    assert read(after, "x.cif").sites[1].fract == (0, 0, 0.15)
    assert after.replace("0.1500", "0.1412").replace("\n_audit_creation_method   'made by a test'", "") == text


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_standardised_copy_is_the_same_structure(case: Case) -> None:
    structure = read(case.text, case.name)
    text = standardised(structure, doi="10.1000/example")
    copy = read(text, case.name)
    assert copy.content == pytest.approx(structure.content, abs=1e-12)
    assert (copy.cell, copy.group_number, copy.setting) == (structure.cell, structure.group_number, structure.setting)
    assert [(s.label, s.element, s.occupancy, s.multiplicity, s.hydrogens) for s in copy.sites] == [
        (s.label, s.element, s.occupancy, s.multiplicity, s.hydrogens) for s in structure.sites
    ]
    assert np.allclose([s.exact for s in copy.sites], [s.exact for s in structure.sites], rtol=0, atol=1e-11)
    assert (copy.rotations == structure.rotations).all()
    assert "_citation_doi" in text
    assert "_symmetry_space" not in text
    assert "_symmetry_equiv" not in text


def test_a_third_is_written_with_all_its_digits_and_a_measured_coordinate_with_its_own() -> None:
    rows = atoms("Li1 Li 0.3333 0.6667 0.1234(5) 1\n")
    text = standardised(read(f"data_g\n_symmetry_space_group_name_H-M 'P 63/m m c'\n{cell(3.5, 3.5, 12, 90, 90, 120)}{rows}", "x.cif"))
    assert "Li1 Li 4 0.333333333333 0.666666666667 0.1234 1.0" in text


def test_a_copy_of_a_perturbed_file_still_says_so() -> None:
    from pipeline.structures.mark import open_mark
    from pipeline.structures.noise import open_seed
    from pipeline.structures.perturb import perturb

    once = perturb(read(NASICON_TEXT, "x.cif"), open_seed(1))
    assert open_mark(read(standardised(once.structure), "x.cif"))
