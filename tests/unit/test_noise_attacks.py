"""What somebody tries who has the program and its output, and wants the original: each test attacks the program's own files."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.structures import perturb as room
from pipeline.structures.cif import Structure, read
from pipeline.structures.header import unmovable
from pipeline.structures.keys import KeyTooWeakError
from pipeline.structures.noise import keyed, open_seed
from pipeline.structures.perturb import PerturbationError, ProprietaryError, perturb, perturb_entry
from pipeline.structures.private import private_originals
from tests.unit.difficult import NASICON_TEXT

KEY = hashlib.sha256(b"a key for tests").digest()
NOISE = keyed(KEY)
#: The original: every free coordinate has digits of its own.
ORIGINAL = NASICON_TEXT.replace("0.1412", "0.14123").replace("0.2858", "0.28577")
_ROWS = {"O1": "0.18519 0.99452 0.19014", "O2": "0.18837 0.16391 0.08193"}
for _label, _place in _ROWS.items():
    ORIGINAL = re.sub(rf"({_label} O) \S+ \S+ \S+", rf"\1 {_place}", ORIGINAL)
#: What must not come out.
DIGITS = ("14123", "28577", "18519", "99452", "19014", "18837", "16391", "08193")
LEAK = "0.14123 0.28577 0.18519 0.99452 0.19014 0.18837 0.16391 0.08193"
PROPRIETARY = ORIGINAL.replace("_cell_length_a", "_database_code_ICSD 12345\n_cell_length_a", 1)


def places(structure: Structure) -> np.ndarray:
    return np.array([site.fract for site in structure.sites])


def told(text: str) -> list[str]:
    """Digits of the original in a text."""
    return [digits for digits in DIGITS if digits in text]


def test_the_original_is_what_these_tests_look_for() -> None:
    assert told(PROPRIETARY) == list(DIGITS)
    assert len(read(PROPRIETARY, "abc.cif").sites) == 6


# --- averages and differences ------------------------------------------------------------------------------------------
def test_two_sizes_of_noise_do_not_give_the_original_back() -> None:
    """With one stream for both, x0 = 2 x(0.005) - x(0.01) to 1e-12."""
    with pytest.raises(ProprietaryError, match="two sizes"):
        perturb_entry(read(PROPRIETARY, "abc.cif"), NOISE, 0.005)
    original = read(ORIGINAL, "abc.cif")  # one that hides whose it is
    small, large = (perturb_entry(original, NOISE, sigma) for sigma in (0.005, 0.01))
    free = large.displacements != 0
    guess = 2 * places(small.structure) - places(large.structure)
    off = np.abs(guess - places(original))[free]
    assert np.median(off) > 0.003
    ratio = (large.displacements[free] / small.displacements[free]).round(3)
    assert len(set(ratio)) > 3


def test_many_names_and_many_runs_give_one_draw(tmp_path: Path) -> None:
    """Sixteen copies under other names, labels, orders, digits and images: their mean is no nearer than one of them."""
    variants = [PROPRIETARY]
    for i in range(1, 16):
        text = PROPRIETARY.replace("12345", str(20000 + i)).replace("P1 P", f"P{i} P")
        text = text.replace("0.28577 0 0.25", ("1.28577 -1 0.250", "-0.28577 -0.28577 .25", "0 0.285770 0.25(0)")[i % 3])
        variants.append(text.replace("0.14123", ("0.641230", "-.14123", "1.4123E-1")[i % 3]) if i % 2 else text)
    images = []
    for i, text in enumerate(variants):
        moved = perturb_entry(read(text, f"{i:03}.cif"), NOISE).structure
        site = next(site for site in moved.sites if site.element == "P")
        images.append(
            np.sort(np.abs(np.array([site.fract[0] % 1, 1 - site.fract[0] % 1, site.fract[1] % 1, 1 - site.fract[1] % 1]))).tolist()
        )
    first = read(PROPRIETARY, "abc.cif")
    ours = perturb_entry(first, NOISE).displacements[3, 0]
    assert abs(ours) > 1e-4
    found = {round(abs(min((x for x in each if x > 0.1), key=lambda x: abs(x - 0.28577)) - 0.28577), 9) for each in images}
    assert found == {round(abs(ours), 9)}


def test_a_short_key_is_never_used() -> None:
    """23 published structures have one or two free coordinates: a key of a byte or two is found by trying them all."""
    for key in (b"", b"k", b"secret", bytes(31), KEY[:31], b"pass phrase of more than 32 characters"):
        with pytest.raises(KeyTooWeakError):
            keyed(key)


def test_noise_from_a_number_is_not_for_proprietary_files() -> None:
    with pytest.raises(ProprietaryError, match="can be subtracted"):
        perturb_entry(read(PROPRIETARY, "abc.cif"), open_seed(1))


# --- marks -------------------------------------------------------------------------------------------------------------
def with_method(text: str, method: str) -> str:
    return text.replace("_cell_length_a", f"_audit_creation_method '{method}'\n_cell_length_a", 1)


def method_of(text: str) -> str:
    found = re.search(r"_audit_creation_method\s+'(.*)'", text)
    assert found
    return found[1]


GENUINE = perturb_entry(read(PROPRIETARY, "abc.cif"), NOISE)


def forgeries() -> dict[str, str]:
    own = method_of(GENUINE.text)
    other_key = method_of(perturb(read(ORIGINAL, "abc.cif"), keyed(KEY[::-1]), rewritten=True).text)
    faint = method_of(perturb(read(ORIGINAL, "abc.cif"), NOISE, 1e-9).text)
    return {
        "made up": re.sub(r"code .*", f"code {'ab' * 32}", own),
        "the true mark on the original": own,
        "of another key": other_key,
        "of an open seed": method_of(perturb(read(ORIGINAL, "abc.cif"), open_seed(1), 1e-9).text),
        "of the key, for noise of nothing": faint,
        "the same, said to be of the published size": faint.replace("N(0, 1e-09)", "N(0, 0.01)"),
    }


@pytest.mark.parametrize("name", forgeries())
def test_a_mark_that_anyone_can_write_lets_nothing_through(name: str) -> None:
    said = forgeries()[name]
    forged = read(with_method(PROPRIETARY, said), "abc.cif")
    with pytest.raises(ProprietaryError, match="only the key can tell"):
        perturb_entry(forged, open_seed(1))
    done = perturb_entry(forged, NOISE)
    assert (done.changed, done.unverified) == (True, True)
    assert np.array_equal(places(done.structure), places(GENUINE.structure))  # one original moves once


def test_noise_of_nothing_under_the_key_is_not_taken_for_noise() -> None:
    """An original that hides whose it is, moved by 1e-9 and with a true code over its coordinates, is handed in as proprietary."""
    faint = perturb_entry(read(ORIGINAL, "abc.cif"), NOISE, 1e-9)
    done = perturb_entry(faint.structure, NOISE, proprietary="belongs to an entry with an ICSD number")
    assert done.changed
    assert np.abs(done.displacements).max() > 0.001


def test_a_true_mark_says_nothing_of_the_rest_of_the_file() -> None:
    """What was added to a file with noise does not go out with it, whoever added it."""
    for more in (f"# {LEAK}\n", f"_refine_special_details '{LEAK}'\n", f"data_two\n_cell_length_a 1\n_note '{LEAK}'\n"):
        again = perturb_entry(read(GENUINE.text + more, "abc.cif"), NOISE, proprietary="belongs to an entry with an ICSD number")
        assert not again.changed
        assert again.text == GENUINE.text


def test_the_mark_survives_another_program_that_keeps_the_coordinates() -> None:
    lines = GENUINE.text.splitlines()
    moved = "\n".join([*lines[:2], "_symmetry_cell_setting trigonal", *lines[2:-6], *lines[:-7:-1]]) + "\n"
    again = perturb_entry(read(moved, "abc.cif"), NOISE)
    assert not again.changed


# --- what else tells positions -----------------------------------------------------------------------------------------
#: Items of the core, powder, restraints, modulation and twinning dictionaries, of SHELX, of publishers and of databases, that tell
#: positions or are free text that may: one or two of each category.
ITEMS = """
_atom_site_Cartn_x _atom_site_Cartn_xyz _atom_site.Cartn_y _atom_site_fract_xyz _atom_site_aniso_U_11 _atom_site_aniso_B_11
_atom_site_U_iso_or_equiv _atom_site_description _atom_site_refinement_flags_posn _atom_site_calc_attached_atom
_atom_site_disorder_group _atom_site_constraints _atom_site_Wyckoff_symbol _atom_site_chemical_conn_number _atom_site_restraints
_atom_sites_special_details _atom_sites_Cartn_transform_axes _atom_sites_Cartn_tran_matrix_11 _atom_sites_fract_tran_matrix_11
_atom_sites_solution_primary _atom_type_description _atom_type_scat_source _atom_analytical_mass_percent _geom_bond_distance
_geom_bond_publ_flag _geom_angle _geom_angle_value _geom_contact_distance _geom_hbond_distance_DA _geom_torsion _geom_special_details
_geom_bond_valence _valence_param_details _valence_ref_reference _refln_F_squared_calc _refln_F_calc _refln_A_calc _refln_phase_calc
_refln_include_status _reflns_special_details _reflns_shell_meanI_over_sigI_obs _exptl_crystal_description _exptl_special_details
_exptl_absorpt_process_details _diffrn_special_details _diffrn_standards_interval_count _diffrn_orient_matrix_UB_11
_diffrn_refln_intensity_net _refine_special_details _refine_ls_weighting_details _refine_ls_hydrogen_treatment _refine_ls_shift/su_max
_refine_diff_density_max _refine_ls_extinction_expression _restr_distance_target _restr_equal_distance_details _restr_U_iso_details
_restr_parameter_details _shelx_res_file _shelx_hkl_file _shelx_fab_file _shelxl_version_number _iucr_refine_instructions_details
_iucr_refine_reflections_details _iucr_refine_fcf_details _olex2_submission_special_instructions _oxford_structure_analysis_title
_platon_squeeze_details _smtbx_masks_special_details _jana_atom_site_ADP_C_type _topas_file _gsas_exptl_extinct_corr_T_min
_pd_proc_intensity_total _pd_calc_intensity_total _pd_meas_counts_total _pd_proc_ls_special_details _pd_prep_conditions _pd_phase_name
_pd_block_id _pd_peak_d_spacing _pd_instr_special_details _pd_proc_info_data_reduction _journal_techeditor_notes _journal_coeditor_notes
_journal_data_validation_number _publ_section_comment _publ_section_abstract _publ_section_exptl_refinement
_publ_section_figure_captions _publ_section_table_legends _publ_section_title _publ_author_address _publ_author_footnote
_publ_manuscript_text _publ_manuscript_processed _publ_body_contents _publ_contact_letter _publ_requested_category _citation_title
_citation_special_details _citation_author_name _citation_abstract _citation_journal_abbrev _citation_database_id_CSD
_citation_journal_full _citation_journal_volume _citation_page_first _citation_year _citation_doi _journal_name_full _journal_volume
_journal_year _journal_page_first _journal_paper_doi _audit_update_record _audit_creation_date _audit_author_address
_audit_conform_dict_name _audit_contact_author_name _audit_support_funding_organization _audit_block_code _audit_block_doi
_audit_link_block_description _computing_structure_refinement _computing_publication_material _chemical_name_systematic
_chemical_name_common _chemical_name_mineral _chemical_name_structure_type _chemical_formula_structural _chemical_formula_moiety
_chemical_formula_sum _chemical_formula_iupac _chemical_formula_analytical _chemical_formula_weight _chemical_compound_source
_chemical_conn_atom_display_x _chemical_conn_bond_type _chemical_melting_point _chemical_absolute_configuration
_chemical_properties_physical _cell_measurement_reflns_used _cell_special_details _cell_reciprocal_length_a _cell_convert_Pp
_cell_measurement_refln_index_h _cell_volume _cell_formula_units_Z _cell_modulation_dimension _cell_wave_vector_x
_atom_site_Fourier_param_cos _atom_site_displace_Fourier_param_sin _atom_site_occ_Fourier_param_cos _atom_site_rot_Fourier_param_cos
_atom_site_moment_crystalaxis_x _atom_site_moment_cartn_x _twin_individual_mass_fraction_refined _twin_special_details
_space_group_Wyckoff_coords_xyz _space_group_symop_operation_description _symmetry_cell_setting _space_group_name_Schoenflies
_space_group_transform_Pp_abc _symmetry_Int_Tables_number _space_group_IT_number _symmetry_space_group_name_Hall
_symmetry_space_group_name_H-M _database_code_ICSD _database_code_depnum_ccdc_archive _database_code_NBS _database_dataset_doi
_database_CSD_history _icsd_code _cod_original_cell_volume _cod_depositor_comments _cod_data_source_file _ccdc_geom_bond_type
_amcsd_formula_title _materials_project_structure _vesta_pixel _rho_kappa _rho_multipole_coeff_P00 _unknown_item_of_tomorrow
""".split()  # noqa: SIM905 - a list of strings would be three pages
WAYS = {
    "one line": "{tag} '{leak}'\n",
    "one number": "{tag} 0.28577\n",
    "digits without a point": "{tag} 28577\n",
    "text field": "{tag}\n;\n line of {leak}\n;\n",
    "loop": "loop_\n{tag}\n_other_item\n'{leak}' 0.18519\n0.28577 0.99452\n",
    "one-line loop": "loop_ {tag} _more_of_it '{leak}' 0.16391\n",
}
#: Names that the reader needs as they are, or of which the file has one already.
NEEDED = {"_symmetry_space_group_name_h-m", "_symmetry_int_tables_number", "_database_code_icsd"}


#: Numbers that are no coordinates where they stand: a page of a journal.
PAGES = {"_journal_page_first", "_citation_page_first"}


@pytest.mark.parametrize("way", WAYS)
def test_no_item_of_any_dictionary_lets_the_original_out(way: str) -> None:
    """Every item that the reader lets pass, in one file."""
    text, tried = PROPRIETARY, 0
    for tag in ITEMS:
        if tag.lower() in NEEDED or (tag in PAGES and way == "digits without a point"):
            continue
        more = text + WAYS[way].format(tag=tag if tried % 2 else "_" + tag[1:].replace("_", ".", 1), leak=LEAK)
        try:
            if any(unmovable(read(more, "abc.cif"))):
                continue  # the item contradicts the rest, and the file is refused
        except ValueError:
            continue  # the reader needs this item, and refuses what is in it
        text, tried = more, tried + 1
    assert tried > 150
    out = perturb_entry(read(text, "abc.cif"), NOISE)
    assert told(out.text) == []
    assert out.structure.group_number == 167


@pytest.mark.parametrize(
    "text",
    [
        PROPRIETARY.replace("data_nasicon", "data_0.28577_0.18519"),
        f"# {LEAK}\n" + PROPRIETARY + f"# {LEAK}\n",
        PROPRIETARY.replace("P1 P ", "P0.28577 P "),
        PROPRIETARY.replace("P1 P ", "'P1 0.28577' P "),
        PROPRIETARY.replace("P1 P ", "P28577 P "),
        PROPRIETARY.replace("P1 P ", "P1 P0.28577 "),
        PROPRIETARY + f"data_second\n_cell_length_a 0.28577\nloop_\n_atom_site.label\n_note\nP1 '{LEAK}'\n",
        f"data_first\n_note '{LEAK}'\n" + PROPRIETARY,
        PROPRIETARY + f"save_frame\n_note '{LEAK}'\nsave_\n",
        PROPRIETARY.replace("Int_Tables_number 167", "Int_Tables_number 28577"),
    ],
    ids=[
        "block",
        "comments",
        "label",
        "quoted label",
        "label of digits",
        "type",
        "second block",
        "first block",
        "save frame",
        "group number",
    ],
)
def test_no_other_part_of_a_file_lets_the_original_out(text: str) -> None:
    assert text != PROPRIETARY
    structure = read(text, "abc.cif")
    if any(unmovable(structure)):
        with pytest.raises(PerturbationError):
            perturb_entry(structure, NOISE)
        return
    assert told(perturb_entry(structure, NOISE).text) == []


def test_extra_columns_of_the_list_of_atoms_do_not_go_out() -> None:
    lines = PROPRIETARY.splitlines()
    at = lines.index("_atom_site_occupancy")
    more = ["_atom_site_Cartn_x", "_atom_site_U_iso_or_equiv", "_atom_site_note"]
    rows = [line + " 0.28577 0.18519 'O at 0.99452'" for line in lines[at + 1 :]]
    out = perturb_entry(read("\n".join([*lines[: at + 1], *more, *rows]) + "\n", "abc.cif"), NOISE)
    assert told(out.text) == []
    assert "Cartn" not in out.text


def test_a_file_name_that_tells_is_not_repeated() -> None:
    for name in ("0.28577_0.18519.cif", "28577-18519-99452-19014.cif", "a b.cif"):
        assert told(perturb_entry(read(PROPRIETARY, name), NOISE).text) == []


def test_what_is_written_does_not_show_how_many_digits_the_original_had() -> None:
    """Each coordinate has fifteen decimals, fixed ones too: 0.25, .250 and 0.3333 are not told apart."""
    for text in (PROPRIETARY, PROPRIETARY.replace("0.28577 0 0.25", "0.28577 0.000 .2500")):
        rows = perturb_entry(read(text, "abc.cif"), NOISE).text.splitlines()[-6:]
        assert all(re.fullmatch(r"-?\d\.\d{15}", word) for row in rows for word in row.split()[3:6])
    assert perturb_entry(read(text, "abc.cif"), NOISE).text == GENUINE.text


# --- what is written is the structure that was meant ----------------------------------------------------------------------
def spoilt(text: str, label: str, place: int | None, word: str = "") -> str:
    """A text with one word of a row of the atoms replaced (counted from the end), or without the row."""
    lines = []
    for line in text.splitlines():
        words = line.split()
        if words and words[0] == label:
            if place is None:
                continue
            words[place] = word
        lines.append(" ".join(words) if words and words[0] == label else line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("label", "place", "word", "why"),
    [
        ("O2", None, "", "sites or the content"),
        ("Ti1", -1, "0.84", "sites or the content"),
        ("P1", -3, "0.01", "sites or the content|special position"),
        ("O1", -4, "0.18519", "not those written"),
    ],
    ids=["site lost", "occupancy", "off the axis", "coordinate not moved"],
)
@pytest.mark.parametrize("writer", ["anew", "with_coordinates"])
def test_a_writer_that_errs_is_caught(
    monkeypatch: pytest.MonkeyPatch, writer: str, label: str, place: int | None, word: str, why: str
) -> None:
    """Each fault is planted behind the writer: the check of what was read back must see it."""
    true = getattr(room, writer)
    monkeypatch.setattr(room, writer, lambda *arguments: spoilt(str(true(*arguments)), label, place, word))
    with pytest.raises(PerturbationError, match=why):
        perturb(read(PROPRIETARY, "abc.cif"), NOISE, rewritten=writer == "anew")


def test_a_structure_of_another_group_is_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """spglib is asked about what was written; here its answer is spoilt."""
    from dataclasses import replace

    true = room.symmetry
    monkeypatch.setattr(room, "symmetry", lambda *arguments: replace(true(*arguments), number=166))
    with pytest.raises(PerturbationError, match="space group 167 or a site"):
        perturb(read(PROPRIETARY, "abc.cif"), NOISE, rewritten=True)
    monkeypatch.setattr(room, "symmetry", lambda *arguments: replace(true(*arguments), number=None))
    with pytest.raises(PerturbationError, match="whether the noise keeps the space group cannot be known"):
        perturb(read(PROPRIETARY, "abc.cif"), NOISE, rewritten=True)


# --- the originals of a build ------------------------------------------------------------------------------------------
@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    (tmp_path / "noise.key").write_text(KEY.hex())
    (tmp_path / "noise.key").chmod(0o600)
    return tmp_path / "noise.key"


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    (tmp_path / "originals").mkdir()
    (tmp_path / "originals" / "abc.cif").write_text(ORIGINAL)  # says nothing: the folder says it
    return tmp_path / "originals"


IDS = ("abc", "xyz", "dcb")


def test_originals_are_written_anew_under_the_key(originals: Path, key_file: Path) -> None:
    texts, moved = private_originals(originals, key_file, IDS, {"abc": ORIGINAL, "dcb": NASICON_TEXT}, set())
    assert moved == ["abc"]
    assert texts == {"abc": GENUINE.text}
    (originals / "abc.cif").write_text(texts["abc"])
    assert private_originals(originals, key_file, IDS, {}, set()) == (texts, [])


def test_hand_written_marks_do_not_pass_a_build(originals: Path, key_file: Path) -> None:
    for said in forgeries().values():
        (originals / "abc.cif").write_text(with_method(ORIGINAL, said))
        texts, moved = private_originals(originals, key_file, IDS, {}, set())
        assert moved == ["abc"]
        assert told(texts["abc"]) == []


def test_a_released_structure_under_another_name_is_refused(originals: Path, key_file: Path) -> None:
    released = {"xyz": GENUINE.text, "abc": NASICON_TEXT}
    (originals / "abc.cif").write_text(GENUINE.text.replace("P1 P", "P9 P"))
    with pytest.raises(InputError, match="has with noise as xyz, under another name"):
        private_originals(originals, key_file, IDS, released, {"xyz"})
    (originals / "abc.cif").rename(originals / "xyz.cif")  # under its own name it carries its noise already
    assert private_originals(originals, key_file, IDS, released, {"xyz"}) == ({}, [])


def test_an_original_that_the_release_would_publish_elsewhere_is_refused(originals: Path, key_file: Path) -> None:
    with pytest.raises(InputError, match="would publish this original as it is, as the structure of xyz"):
        private_originals(originals, key_file, IDS, {"xyz": ORIGINAL.replace("0.28577 0 0.25", "0 0.28577 0.25")}, set())
    (originals / "xyz.cif").write_text(ORIGINAL)  # one original of two entries: it moves once
    texts, _ = private_originals(originals, key_file, IDS, {"xyz": ORIGINAL}, set())
    assert texts["xyz"].replace("data_xyz", "data_abc") == texts["abc"]


def test_two_files_of_one_entry_are_refused(originals: Path, key_file: Path) -> None:
    (originals / "abc.CIF").write_text(NASICON_TEXT)
    with pytest.raises(InputError, match="two files of abc"):
        private_originals(originals, key_file, IDS, {}, set())


def test_originals_need_a_key_and_an_entry(originals: Path, key_file: Path) -> None:
    with pytest.raises(InputError, match="keyed noise only"):
        private_originals(originals, None, IDS, {}, set())
    with pytest.raises(InputError, match="no entry has the ID of abc"):
        private_originals(originals, key_file, ["xyz"], {}, set())
