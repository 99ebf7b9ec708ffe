"""CSV, XLSX and archives: values kept, no clock inside."""

from __future__ import annotations

import io
import json
import tarfile
import time
import zipfile
from pathlib import Path
from typing import cast

import openpyxl
import pandas as pd
import pytest

from pipeline.findings import Finding, findings_table
from pipeline.ingest.workbook import cells, entries
from pipeline.release.archives import write_archives
from pipeline.release.lines import lines
from pipeline.release.tables import model, processed, write_csv, write_idx, write_xlsx
from pipeline.split.sides import Split
from pipeline.structures.cif import Structure, read
from schemas import columns as col
from tests.unit.releases import CIF
from tests.unit.sheets import row, workbook

ROWS = [
    row(CIF_ID="done", ALPHA=90.25, DOI="10.1000/a|10.1000/b"),
    row(ID="1e9", IONIC_CONDUCTIVITY="<1E-8", CIF_ID="not available", NOTE='a "quoted", note'),
    row(ID="019", CIF_ID="done", CLOSE_MATCH="Yes", A=8.1234567, NOTE=" "),
]


@pytest.fixture
def sheet() -> pd.DataFrame:
    return cells(workbook(ROWS), "book.xlsx")


def tables(sheet: pd.DataFrame, *findings: Finding) -> dict[str, pd.DataFrame]:
    return {col.ENTRIES: entries(sheet), "findings.csv": findings_table(findings)}


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return all(type(a) is type(b) and a == b for c in one.columns for a, b in zip(one[c], other[c], strict=True))


def test_xlsx_holds_the_same_cells(sheet: pd.DataFrame, tmp_path: Path) -> None:
    write_xlsx(sheet, tmp_path / "a.xlsx")
    assert same(sheet, cells((tmp_path / "a.xlsx").read_bytes(), "a.xlsx"))


def test_xlsx_is_pleasant(sheet: pd.DataFrame, tmp_path: Path) -> None:
    write_xlsx(sheet, tmp_path / "a.xlsx")
    page = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert page is not None
    assert page.freeze_panes == "B2"
    assert page.auto_filter.ref == "A1:AB4"
    heads = {cell.value: cell for cell in page[1]}
    assert "S cm-1" in heads[str(col.IONIC_CONDUCTIVITY)].comment.text
    doi = page.cell(2, heads[str(col.DOI)].column)
    assert doi.hyperlink.target == "https://doi.org/10.1000/a"
    assert doi.value == "10.1000/a|10.1000/b"


def test_xlsx_prints_as_a_person_would_print_it(sheet: pd.DataFrame, tmp_path: Path) -> None:
    """An entry on one page, the header on every page, and a long note folded into the lines that it needs."""
    sheet.loc[0, col.NOTE] = "a note of many words " * 5
    write_xlsx(sheet, tmp_path / "a.xlsx")
    page = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert page is not None
    assert (page.page_setup.orientation, page.page_setup.fitToWidth, page.page_setup.fitToHeight) == ("landscape", 1, 0)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.print_title_rows == "$1:$1"
    assert page.oddFooter.right.text == "&P / &N"
    places = {cell.value: cell.column for cell in page[1]}
    note = page.cell(2, places[str(col.NOTE)])
    width = page.column_dimensions[note.column_letter].width
    assert note.alignment.wrap_text
    assert width <= 28
    assert page.row_dimensions[2].height / 15 >= len(note.value) / width
    assert page.row_dimensions[4].height is None
    # what is shown of a conductivity is its magnitude; what is kept is its value
    shown = page.cell(2, places[str(col.IONIC_CONDUCTIVITY)])
    assert (shown.number_format, shown.value) == ("0.0###E+00", 1e-7)


def test_text_is_never_a_formula(tmp_path: Path) -> None:
    sheet = cells(workbook([row()]), "book.xlsx")
    sheet[col.NOTE] = pd.Series(['=HYPERLINK("x")'], dtype=object)
    write_xlsx(sheet, tmp_path / "a.xlsx")
    page = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert page is not None
    assert {cell.data_type for cell in page[2]} <= {"s", "n"}


def test_csv_keeps_whole_numbers_ids_and_quotes(sheet: pd.DataFrame, tmp_path: Path) -> None:
    write_csv(sheet, tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_bytes().decode()
    assert text.count("\r") == 0
    back = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    assert back[col.ID].tolist() == ["abc", "1e9", "019"]
    assert back[col.ALPHA].tolist() == ["90.25", "90", "90"]
    assert back[col.NOTE].tolist() == ["", 'a "quoted", note', " "]


def test_processed_keeps_the_published_label_and_gives_a_bound_its_own_value_beside_it(sheet: pd.DataFrame) -> None:
    table = processed(sheet, tables(sheet))
    assert table[col.LABEL].tolist() == [1e-7, 1e-15, 1e-7]
    assert table[col.CONDUCTIVITY_PROCESSED].tolist() == [1e-7, 1e-8, 1e-7]
    assert table[col.BOUND].fillna("").tolist() == ["", "<", ""]
    assert table[col.CIF_PROCESSED].tolist() == ["Match", "No Match", "Close Match"]
    assert table[col.A].tolist()[2] == 8.1234567


def test_an_error_that_nobody_decided_on_and_that_touches_what_a_model_learns_from_is_a_doubt(sheet: pd.DataFrame) -> None:
    said = (
        Finding("abc", "lattice.volume", "error", "too large", col.Z, status="awaiting"),
        Finding("abc", "cif.distance", "error", "too close", status="awaiting"),
        Finding("abc", "cif.distance", "error", "too close again", status="awaiting"),
        Finding("1e9", "cif.licence", "error", "proprietary", col.ICSD_ID, status="awaiting"),
        Finding("1e9", "reference.doi-form", "error", "not the paper's", col.DOI, status="awaiting"),
        Finding("1e9", "lattice.volume", "error", "right as it stands", col.Z, status="accepted"),
        Finding("1e9", "cif.composition", "error", "mended", col.REDUCED_COMPOSITION, status="corrected"),
        Finding("1e9", "composition.charge", "warning", "not neutral", col.REDUCED_COMPOSITION, status="awaiting"),
        Finding("019", "composition.z-mismatch", "error", "as published nothing is decided", col.TRUE_COMPOSITION),
    )
    table = processed(sheet, tables(sheet, *said)).set_index("ID")
    assert table["doubt"].fillna("").to_dict() == {"abc": "cif.distance lattice.volume", "1e9": "", "019": "composition.z-mismatch"}
    assert list(table[table["doubt"].isna()].index) == ["1e9"]


def test_lines_of_structures_are_made_one_by_one(sheet: pd.DataFrame) -> None:
    table = model(processed(sheet, tables(sheet)), Split(["abc", "019"], ["1e9"]), {"abc": CIF})
    made = lines(table, {"abc": read(CIF, "abc.cif"), "019": cast(Structure, None)})  # no line but the first can be made
    assert json.loads(next(made))["ID"] == "abc"


def test_a_structure_that_pymatgen_cannot_hold_is_null_and_its_labels_stay(sheet: pd.DataFrame) -> None:
    full = read(CIF, "abc.cif")
    crowded = read(CIF.replace("Li1 Li 0.1000 0.2000 0.3000 1.0", "Li1 Li 0.1 0.2 0.3 0.8\nNa1 Na 0.1 0.2 0.3 0.7"), "019.cif")
    table = model(processed(sheet, tables(sheet)), Split(["abc", "019"], ["1e9"]), {"abc": CIF})
    assert table["split"].tolist() == ["train", "test", "train"]
    assert table["cif_text"].fillna("").tolist() == [CIF, "", ""]
    found = [json.loads(line) for line in lines(table, {"abc": full, "019": crowded})]
    assert [(entry["ID"], entry["conductivity"], entry["structure"] is None) for entry in found] == [
        ("abc", 1e-7, False),
        ("019", 1e-7, True),
    ]
    sites = found[0]["structure"]["sites"]
    assert [(site["species"], site["abc"]) for site in sites] == [
        ([{"element": "Li", "occu": 1.0}], [0.1, 0.2, 0.3]), ([{"element": "Li", "occu": 1.0}], [0.9, 0.8, 0.7]),
        ([{"element": "O", "occu": 1.0}], [0.0, 0.0, 0.0]),
    ]  # fmt: skip


def test_processed_as_published_keeps_what_was_published(sheet: pd.DataFrame) -> None:
    table = processed(sheet, tables(sheet), as_published=True)
    assert table[col.IONIC_CONDUCTIVITY].tolist() == [1e-7, 1e-15, 1e-7]
    assert table[col.A].tolist()[2] == 8.12346


def test_the_same_table_gives_the_same_bytes_later(sheet: pd.DataFrame, tmp_path: Path) -> None:
    for name in ("one", "two"):
        if name == "two":
            time.sleep(2.1)  # a ZIP's clock counts in steps of two seconds
        (tmp_path / name).mkdir()
        write_xlsx(sheet, tmp_path / name / "a.xlsx")
        write_archives({"b": "data_b\n", "a": "data_a\n"}, ["b", "a", "c"], "all", tmp_path / name)
    for file in ("a.xlsx", "all_cifs.zip", "all_cifs.tar.gz"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


def test_archives_hold_the_files_of_their_side(tmp_path: Path) -> None:
    write_archives({"a": "data_a\n", "b": "data_b\n"}, ["b"], "test", tmp_path)
    with zipfile.ZipFile(tmp_path / "test_cifs.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"test_randomized_cifs/b.cif": b"data_b\n"}
    with tarfile.open(tmp_path / "test_cifs.tar.gz") as archive:
        assert archive.getnames() == ["test_randomized_cifs/b.cif"]


def test_a_split_is_written_as_published(tmp_path: Path) -> None:
    write_idx(["1e9", "abc"], tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == b"ID\n1e9\nabc"
