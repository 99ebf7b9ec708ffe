"""Ten contributed tables as people would send them, with their structures: made here, read by the tests.

The compounds are simple and real (rock salts, antifluorites, a layered chloride without structure); conductivities and papers are made up.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import gemmi

HEADER = "ID,Reduced Composition,Z,True Composition,Ionic conductivity (S cm-1),Space group #,a,b,c,alpha,beta,gamma,DOI"


@dataclass(frozen=True)
class Sent:
    """What a contributor sends: the bytes of the table, its name, and the structures by the name before ``.cif``."""

    name: str
    data: bytes
    structures: dict[str, str] = field(default_factory=dict)


def cif(name: str, symbol: str, cell: Sequence[float], sites: Sequence[tuple[str, float, float, float]], extra: str = "") -> str:
    """A plain CIF: declared symbol, operations of the group, full sites."""
    group = gemmi.find_spacegroup_by_name(symbol)
    keys = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = [f"data_{name}", *(f"_cell_{key} {value}" for key, value in zip(keys, cell, strict=True))]
    lines += [f"_symmetry_space_group_name_H-M '{group.hm}'", f"_symmetry_Int_Tables_number {group.number}"]
    lines += [extra] if extra else []
    lines += ["loop_", "_symmetry_equiv_pos_as_xyz", *(f"'{op.triplet()}'" for op in group.operations())]
    lines += [
        "loop_",
        "_atom_site_label",
        "_atom_site_type_symbol",
        "_atom_site_fract_x",
        "_atom_site_fract_y",
        "_atom_site_fract_z",
        "_atom_site_occupancy",
    ]
    lines += [f"{element}{n} {element} {x:.5f} {y:.5f} {z:.5f} 1.0" for n, (element, x, y, z) in enumerate(sites, start=1)]
    return "\n".join(lines) + "\n"


def rock_salt(anion: str, a: float) -> str:
    return cif(f"Li{anion}", "F m -3 m", (a, a, a, 90, 90, 90), [("Li", 0, 0, 0), (anion, 0.5, 0.5, 0.5)])


def antifluorite(anion: str, a: float) -> str:
    return cif(f"Li2{anion}", "F m -3 m", (a, a, a, 90, 90, 90), [(anion, 0, 0, 0), ("Li", 0.25, 0.25, 0.25)])


def zinc_blende(anion: str, a: float) -> str:
    return cif(f"Li{anion}", "F -4 3 m", (a, a, a, 90, 90, 90), [("Li", 0, 0, 0), (anion, 0.25, 0.25, 0.25)])


def _text(*rows: str, header: str = HEADER, end: str = "\n") -> str:
    return end.join((header, *rows)) + end


def good() -> Sent:
    """As the guide says."""
    text = _text(
        "salt,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/made.up.1,done",
        "sulfide,Li2S,4,Li8S4,<1E-10,225,5.7158,5.7158,5.7158,90,90,90,10.9999/made.up.2,done",
        "layered_1,Li3YCl6,3,Li9Y3Cl18,1.1E-3,164,11.2,11.2,6.03,90,90,120,10.9999/made.up.3,not available",
        header=f"{HEADER},Cif ID",
    )
    return Sent("good.csv", text.encode(), {"salt": rock_salt("I", 6.0257), "sulfide": antifluorite("S", 5.7158)})


def german() -> Sent:
    """A German Excel: semicolons, decimal commas, Windows encoding, a line that names the separator, blank lines."""
    lines = [
        "sep=;",
        "ID;Formula;Z;Unit cell content;sigma (mS/cm);Space group no.;a (Å);b (Å);c (Å);alpha (°);beta (°);gamma (°);DOI",
        "iodid;LiI;4;Li4I4;0,00012;225;6,0257(3);6,0257(3);6,0257(3);90;90;90;https://doi.org/10.9999/made.up.1",
        "",
        "schicht;Li3YCl6;3;Li9Y3Cl18;1,1;164;11,2;11,2;6,03;90;90;120;doi:10.9999/made.up.3",
        ";;;;;;;;;;;;",
    ]
    return Sent("Messwerte.csv", "\r\n".join(lines).encode("cp1252"))


def origin() -> Sent:
    """Excel's "Unicode text" (tabs, UTF-16) with Greek headings, superscripts and typographic signs."""
    rows = [
        "sample\tcomposition\tZ\ttrue composition\tσ_RT / S cm⁻¹\tSG #\ta / Å\tb / Å\tc / Å\tα / °\tβ / °\tγ / °\tdoi",
        "A-1\tLiI\t4\tLi₄I₄\t1.2×10⁻⁷\tFm-3m (225)\t6.0257\t6.0257\t6.0257\t90\t90\t90\t10.9999/made.up.1",
        "A-2\tLi₃YCl₆\t3\tLi₉Y₃Cl₁₈\t1.1·10^-3\t164\t11.2 Å\t11.2 Å\t6.03 Å\t90°\t90°\t120°\t10.9999/made.up.3",
    ]
    return Sent("table.txt", "\r".join(rows).encode("utf-16"))


def workbook() -> Sent:
    """A workbook: a sheet of notes, a title, a row of units, IDs as numbers, a date, a formula nobody computed, a symbol as number."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["measured in summer"])
    sheet = book.create_sheet("Data")
    sheet.append(["Our conductors"])
    sheet.append([])
    sheet.append(
        [
            "Name",
            "Reduced composition",
            "Z",
            "True composition",
            "Conductivity",
            "Space group",
            "a",
            "b",
            "c",
            "alpha",
            "beta",
            "gamma",
            "Paper",
        ]
    )
    sheet.append([None, None, None, None, "S/cm", None, "Å", "Å", "Å", "deg", "deg", "deg", None])
    sheet.append([19, "LiI", 4, "Li4I4", 1.2e-7, 225, 6.0257, 6.0257, 6.0257, 90, 90, 90, "10.9999/made.up.1"])
    sheet.append([20, "LiBr", 4, "Li4Br4", 1e-9, 225, 5.5013, "=G6", 5.5013, 90, 90, 90, "10.9999/made.up.1"])
    sheet.append([])
    sheet.append([datetime(2026, 3, 1), "Li2S", 4, "Li8S4", 1e-12, 225, 5.7158, 5.7158, 5.7158, 90, 90, 90, "10.9999/made.up.2"])
    sheet.append([22, "Li3YCl6", 3, "Li9Y3Cl18", 1.1e-3, "P-3m1", 11.2, 11.2, 6.03, 90, 90, 120, "10.9999/made.up.3"])
    target = io.BytesIO()
    book.save(target)
    return Sent("conductors.xlsx", target.getvalue())


def formulas() -> Sent:
    """Slips in formulas."""
    text = _text(
        "f1,LiI,4,Li4I3,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/made.up.1",
        "f2,Lithium iodide,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/made.up.1",
        "f3,NaI,4,Na4I4,1.2E-7,225,6.479,6.479,6.479,90,90,90,10.9999/made.up.1",
        "f4,Li3-xYCl6-x,3,Li9Y3Cl18,1.1E-3,164,11.2,11.2,6.03,90,90,120,10.9999/made.up.3",
        "f5,Li3YCl6,three,Li9Y3Cl18,1.1E-3,164,11.2,11.2,6.03,90,90,120,10.9999/made.up.3",
        "f6,Li2Br,4,Li8Br4,1.1E-9,225,5.5013,5.5013,5.5013,90,90,90,10.9999/made.up.3",
        "f7,,3,Li9Y3Cl18,1.1E-3,164,11.2,11.2,6.03,90,90,120,10.9999/made.up.3",
    )
    return Sent("formulas.csv", text.encode())


def cells() -> Sent:
    """Slips in unit cells."""
    text = _text(
        "c1,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,60,10.9999/made.up.1",
        "c2,LiI,4,Li4I4,1.2E-7,225,60.257,60.257,60.257,90,90,90,10.9999/made.up.1",
        "c3,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,,90,90,90,10.9999/made.up.1",
        "c4,Li3YCl6,3,Li9Y3Cl18,1.1E-3,416,11.2,11.2,6.03,90,90,120,10.9999/made.up.3",
        "c5,Li3YCl6,3,Li9Y3Cl18,1.1E-3,164,11.2 ± 0.002,11.2,6.03,90,90,120,10.9999/made.up.3",
        "c6,Li3YCl6,3,Li9Y3Cl18,1.1E-3,164,11.2,11.2,6.03,90,90,190,10.9999/made.up.3",
    )
    return Sent("cells.csv", text.encode("utf-8-sig"))


def values() -> Sent:
    """Slips in conductivities; the two last rows are fine."""
    text = "".join(
        f"v{n},LiI,4,Li4I4,{value},225,{6.0 + n / 100:.2f},{6.0 + n / 100:.2f},{6.0 + n / 100:.2f},90,90,90,10.9999/made.up.{n}\n"
        for n, value in enumerate(["~1E-7", "1E-7 - 3E-7", "0", "-1.2E-7", "n/a", "10-4", "120", "<1E-10", "1.2E-4 mS/cm"], start=1)
    )
    return Sent("values.csv", f"{HEADER}\n{text}".encode())


def twins() -> Sent:
    """The same row twice, the same ID twice, and a row that the dataset has (``old`` of the tests)."""
    text = _text(
        "t1,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/made.up.1",
        "t2,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/made.up.1",
        "t3,Li2S,4,Li8S4,1E-12,225,5.7158,5.7158,5.7158,90,90,90,10.9999/made.up.2",
        "T3,Li2Se,4,Li8Se4,1E-12,225,6.0014,6.0014,6.0014,90,90,90,10.9999/made.up.2",
        "t5,Li3YCl6,3,Li9Y3Cl18,1.1E-3,164,11.2,11.2,6.03,90,90,120,10.9999/old",
    )
    return Sent("twins.csv", text.encode())


def papers() -> Sent:
    """Slips in references, an ID that cannot name a file, and an unquoted list that moves its row to the right."""
    text = _text(
        "p 1,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,Smith et al. (2019)",
        "p2,LiBr,4,Li4Br4,1.2E-9,225,5.5013,5.5013,5.5013,90,90,90,",
        "p3,Li2S,4,Li8S4,1E-12,225,5.7158,5.7158,5.7158,90,90,90,10.9999/MADE.UP.2",
        "p4,Li3YCl6,3,Li9Y3Cl18,1.1E-3,164,11.2,11.2,6.03,90,90,120,10.9999/made.up.3,10.9999/made.up.4",
        "p5,LiCl,4,Li4Cl4,1,2E-9,225,5.1295,5.1295,5.1295,90,90,90,10.9999/made.up.1",
    )
    return Sent("papers.csv", text.encode())


def files() -> Sent:
    """Rows that are fine, files that are not."""
    text = _text(
        "s1,LiI,4,Li4I4,1.2E-7,225,6.0257,6.0257,6.0257,90,90,90,10.9999/made.up.1",
        "s2,LiBr,4,Li4Br4,1.2E-9,225,5.5013,5.5013,5.5013,90,90,90,10.9999/made.up.1",
        "s3,Li2S,4,Li8S4,1E-12,225,5.7158,5.7158,5.7158,90,90,90,10.9999/made.up.2",
        "s4,LiI,4,Li4I4,3.1E-8,225,6.3,6.3,6.3,90,90,90,10.9999/made.up.3",
        "s5,LiCl,4,Li4Cl4,1.2E-9,225,5.1295,5.1295,5.1295,90,90,90,10.9999/made.up.4",
        "s6,Li2O,4,Li8O4,1E-12,225,4.619,4.619,4.619,90,90,90,10.9999/made.up.5",
        "s7,LiF,4,Li4F4,1E-12,225,4.0263,4.0263,4.0263,90,90,90,10.9999/made.up.6",
    )
    structures = {
        "s1": rock_salt("I", 6.5),  # a cell 8 % longer than the row's
        "s2": "this is not a structure\n",
        "s3": cif("Li2S", "F m -3 m", (5.7158, 5.7158, 5.7158, 90, 90, 90), [("S", 0, 0, 0)]),  # no lithium
        "s4": zinc_blende("I", 6.3),  # another group than the row's
        "s5": cif(
            "LiCl", "F m -3 m", (5.1295, 5.1295, 5.1295, 90, 90, 90), [("Li", 0, 0, 0), ("Cl", 0.5, 0.5, 0.5)], "_database_code_ICSD 26909"
        ),
        "s6_final": antifluorite("O", 4.619),
        "S7": rock_salt("F", 4.0263),  # another letter case is no mistake
    }
    return Sent("files.csv", text.encode(), structures)


TABLES: dict[str, Callable[[], Sent]] = {
    make.__name__: make for make in (good, german, origin, workbook, formulas, cells, values, twins, papers, files)
}


def zipped(structures: dict[str, str], folder: str = "cifs/") -> bytes:
    """The structures as a zip archive, as a file manager makes it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in structures.items():
            packed.writestr(f"{folder}{name}.cif", text)
    return target.getvalue()
