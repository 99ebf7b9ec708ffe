"""Whose a structure is: every way in which a file or a row says that it comes from a database that sells what it holds."""

from __future__ import annotations

import pytest

from pipeline.structures.cif import read
from pipeline.structures.proprietary import claim, collection_code, whose
from tests.unit.difficult import NASICON_TEXT


def item(line: str) -> str:
    return NASICON_TEXT.replace("_cell_length_a", f"{line}\n_cell_length_a", 1)


@pytest.mark.parametrize(
    "line",
    [
        "_database_code_ICSD 12345",
        "_database_code_icsd '12345'",
        "_DATABASE_CODE_ICSD 12345",
        "_database.code_ICSD 12345",
        "_database_code.ICSD 12345",
        "_icsd_code 12345",
        "_ICSD.code 12345",
        "_icsd_collection_code 12345",
        "_database_code_CSD ABCDEF01",
        "_database_CSD_refcode ABCDEF",
        "_database_code_depnum_ccdc_archive 'CCDC 1546874'",
        "_database.code_depnum_ccdc_fiz 380123",
        "_ccdc_number 1546874",
        "_database_code_PCD 1234567",
        "_pcd_entry 1234567",
        "_database_code_PDF '00-012-3456'",
        "_pdf_number 00-012-3456",
        "loop_\n_database_2.database_id\n_database_2.database_code\nCSD ABCDEF",
        "loop_\n_other\n_database_code_ICSD\n1 ?\n2 12345",
        "_database_dataset_doi '10.25505/fiz.icsd.cc1abcd'",
        "_audit_block_doi 10.5517/ccdc.csd.cc1abcde",
        "_audit_creation_method 'FIZ/NIST Inorganic Crystal Structure Database'",
        "_audit_copyright 'Copyright 2024 FIZ Karlsruhe'",
        "_publ_copyright ';Springer'",
        "# (C) 2023 by FIZ Karlsruhe - Leibniz Institute for Information Infrastructure. All rights reserved.",
        "#(C) 2023 by Fachinformationszentrum Karlsruhe",
        "# \u00a9 ICSD",
        "#   CCDC 1546874",
        "# Pearson's Crystal Data, ASM International",
        "# SpringerMaterials sd_1234567",
        "_sm_credits_copyright 'Springer & Material Phases Data System (MPDS)'",
        "_damaged 'no end\n# Springer",
        "_cell_measurement_temperature 293 # from the ICSD",
        "_cif_source ICSD",
        "_chemical_name_common 'ICSD-12345'",
        "_pauling_file_entry 1234567",
        "save_origin\n_database_code_ICSD 12345\nsave_",
    ],
)
def test_a_file_that_says_whose_it_is(line: str) -> None:
    assert claim(item(line)), line


@pytest.mark.parametrize(
    "line",
    [
        "_database_code_ICSD ?",
        "_database_code_ICSD .",
        "_cod_database_code 1234567",
        "_database_code_COD 1234567",
        "_database_code_amcsd 0001234",
        "_amcsd_database_code AMCSD#0001234",
        "_materials_project_id mp-1234",
        "_database_code_ICSD ''",
        "_ccdc_geom_bond_type S",
        "_ccdc_disorder no",
        "_pd_phase_id 1",
        "_publ_section_references 'ICSD user manual, FIZ Karlsruhe'",
        "_refine_special_details 'compared with the CSD'",
        "# made by VESTA",
        "_refine_special_details 'the starting model was that of ICSD 12345'",
        "_chemical_name_common 'a phase that the ICSD does not have'",
        "_diffrn_source 'fine-focus sealed tube'",
        "# AMCSD",
        "_audit_creation_method 'SHELXL-2018, pdflatex'",
        "_audit_creation_method 'Karlsruhe Institute of Technology'",
    ],
)
def test_a_file_that_says_nothing_of_the_kind(line: str) -> None:
    assert claim(item(line)) is None, line


@pytest.mark.parametrize("name", ["12345-ICSD", "ICSD_12345", "icsd-12345", "EntryWithCollCode12345", "CSD_CIF_ABCDEF", "ccdc1546874"])
def test_the_name_of_any_block_counts(name: str) -> None:
    assert claim(NASICON_TEXT.replace("data_nasicon", f"data_{name}"))
    assert claim(f"data_{name}\n_note 1\n" + NASICON_TEXT)
    assert claim(NASICON_TEXT.replace("data_nasicon", "data_amcsd_0001234_pdf")) is None


@pytest.mark.parametrize("name", ["12345-ICSD.cif", "ICSD_12345.cif", "EntryWithCollCode12345.cif", "icsd-collection-code-12345.cif"])
def test_the_name_of_the_file_counts(name: str) -> None:
    assert whose(read(NASICON_TEXT, name))
    assert whose(read(NASICON_TEXT, "abc.cif")) is None


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("246816-ICSD", "246816-ICSD"),
        ("ICSD-111757", "ICSD-111757"),
        ("ICSD 17638", "ICSD 17638"),
        ("appendix; 262923-ICSD", "262923-ICSD"),
        ("appendix of D2-128; 242170-ICSD", "242170-ICSD"),
        ("refer 79427-ICSD", "79427-ICSD"),
        ("icsd no. 246816", "icsd no. 246816"),
        ("ICSD: 246816", "ICSD: 246816"),
        ("ICSD code 246816", "ICSD code 246816"),
        ("ICSD246816", "ICSD246816"),
        ("246816_ICSD", "246816_ICSD"),
        ("17638 (ICSD)", "17638 (ICSD)"),
        ("ICSD entry 17638", "ICSD entry 17638"),
        ("ICSD Coll. Code: 17638", "ICSD Coll. Code: 17638"),
        ("ICSD (no. 17638)", "ICSD (no. 17638"),
        ("Coll. Code 17638", "Coll. Code 17638"),
        ("https://doi.org/10.25505/fiz.icsd.cc1abc", "10.25505/fiz.icsd.cc1abc"),
        ("appendix of 2019 (ICSD)", None),
        ("code 17638", None),
        ("ICSD", None),
        ("ICSD not the same paper", None),
        ("appendix; ICSD", None),
        ("D2-128; ICSD", None),
        ("CCDC 1546874", None),
        ("AMCSD 12345", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_a_collection_code_in_a_reference(reference: object, code: str | None) -> None:
    assert collection_code(reference) == code
