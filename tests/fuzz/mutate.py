"""Damage for tables, structures and archives: every case follows from its number alone."""

from __future__ import annotations

# ruff: noqa: E501 - lists of damage are easier to read unbroken
import io
import random
import zipfile
from collections.abc import Callable

from tests.contributed.tables import TABLES, Sent, rock_salt, zipped

#: Cells that have broken somebody's program once.
CELLS = [
    "", " ", "nan", "NaN", "inf", "-inf", "1e400", "1e-400", "-0", "0", "1e308", "9" * 400, "1" * 5000, "1_000", "٣", "½", "²", "1,2,3", "1.2.3",
    "0x10", "1e", "e5", "+", "-", "--1", "1e5e5", "(1)", "8.8(3", "True", "#REF!", "=1+1", "=cmd|' /C calc'!A0", "'; DROP TABLE x;--", "<", "<<1", "<0",
    "<1e-400", ">", "≤1e-5", "1×10", "10^", "10^-99999", "10⁻⁴⁴⁴⁴⁴", "Li", "Li0", "Li-1", "Li1e5", "Li99999999999", "Li(((((P", "Li)))", "L" * 300,
    "Li" + "(" * 200 + "P" + ")" * 200, "Li2O·H2O", "Li2O*", "Li3xLa2/3-xTiO3", "{Li}", "Li[1]", "Xx3", "D2O", "Li+", "Li1..5", "Li1/0O", "Li0/0O", "230",
    "231", "-1", "1.5", "Ia-3d", "P 1", "R-3c:H", "P" * 60, "Fm-3m (226)", "(225)", "225)", "10.1/x|10.2/y", "https://doi.org/", "doi:", "|", "||", "10.",
    "../../etc/passwd", "a/b", "con", "nul", ".", "..", "-rf", "\u202e", "\u200b", "\x1b[31m", "\x07", "\x00", "\ud7ff", "😀" * 50, "é́", "ß", "İ", "ǅ",
    "<script>alert(1)</script>", "]]>", "&amp;", "::error::x", "%0A", "`x`", "|a|b|", "@all", "#1", '"', "'", "\\", "\t", "\n", "\r\n", ",", ";", "1e9", "019",
    "Yes", "maybe", "done", "1900-01-00",
]  # fmt: skip
NUMBERS = [0, -1, 1e-300, 1e300, float("nan"), float("inf"), 2**63, 10**400, 0.1 + 0.2, True, False, None]
TOKENS = ["?", ".", "nan", "1e400", "-1", "0", "1(", "1(99999999999999)", "0.5(3)", "abc", "'", '"', ";", "loop_", "data_", "save_", "_", "#", "x,y,z", "x+y+z+1/0",
          "x,x,x", "2x,y,z", "Li1+", "Zz", "9" * 50, "\x00", "é", "\n", "\n;\n", "$"]  # fmt: skip
#: What files write for an atom, and for a symmetry operation.
KINDS = ["Se2-", "7Li", "D", "'0.7Ti + 0.3Al'", "Ti/Al", "Ti0.7Al0.3", "X1", "Vac", "M1", "?", ".", "Wat", "Wa1", "Ow", "HW2", "CO1", "SE1", "NA1", "T1", "Q1", "1", "OH2",
         "NH4+", "PO4", "Cu2+33", "'0.9Ti + 0.9Al'", "Lithium", "W1", "Va", "(Li0.5Na0.5)", "'Li + Na'", "''", "''''", "\u00e91"]  # fmt: skip
OPERATIONS = ["'x,y,z,+1'", "'-x,-y,-z,-1'", "'x1,x2,x3,x4'", "'x,y,z,t'", "'x,y,z+1/3'", "'-x,y+1/4,-z'", "'x,y'", "'2x,y,z'", "'x+y+z,y,z'", "'x,y,z+1/7'", "'-z,-z,-z'",
              "'x+0.3333,y,z'", "?", "'X, Y, Z'", "1"]  # fmt: skip
HEADERS = ["_space_group_IT_number 227", "_symmetry_Int_Tables_number 0", "_space_group_name_Hall 'P 1'", "_symmetry_space_group_name_H-M 'F 4/m -3 2/m'",
           "_symmetry_space_group_name_H-M 'P 2/m'", "_space_group_name_H-M_alt 'P 21/n 21/m 21/a'", "_cell_modulation_dimension 1", "_chemical_formula_sum ''",
           "_chemical_formula_sum 'C O Co'", "_publ_x 'open", "_publ_x 'a' 'b'", "_publ_x '''a\nb'''", "_publ_x [1 2]", "_publ_x", "loop_\n_q_a\n_q_b\n1 2 3", "save_f",
           "global_", "data_a b", ";", "loop_\n_space_group_symop_magn_operation.xyz\n-x,-y,-z,-1", "_cell_angle_gamma 100"]  # fmt: skip


def table(number: int) -> tuple[Sent, bytes | None]:
    """Case ``number``: a damaged table with its structures, and sometimes a damaged archive of them."""
    chance = random.Random(f"obelix-curate {number}")
    sent = chance.choice(list(TABLES.values()))()
    structures = dict(sent.structures) or {"x": rock_salt("I", 6.0257)}
    for name in list(structures):
        for _ in range(chance.choice((0, 1, 1, 3))):
            structures[name] = chance.choice(STRUCTURE_FAULTS)(structures[name], chance)
    data = sent.data
    for _ in range(chance.choice((1, 1, 2, 5))):
        faults: list[Callable[[bytes, random.Random], bytes]] = [
            *BYTE_FAULTS,
            *(SHEET_FAULTS * 4 if data.startswith(b"PK") else TEXT_FAULTS * 4),
        ]
        data = chance.choice(faults)(data, chance)
    archive = None
    if chance.random() < 0.2:
        archive = zipped(structures, chance.choice(("", "cifs/", "../", "/", "a/../../", "__MACOSX/._")))
        for _ in range(chance.choice((0, 1, 2))):
            archive = chance.choice(BYTE_FAULTS)(archive, chance)
    return Sent(sent.name, data, structures), archive


# --- bytes -----------------------------------------------------------------------------------------------------------
def _flip(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.choice((1, 1, 4, 20))):
        if damaged:
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _drop(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + data[start + chance.choice((1, 2, 7, 50)) :]


def _insert(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.choice(CELLS).encode("utf-8", "replace") + data[place:]


BYTE_FAULTS: list[Callable[[bytes, random.Random], bytes]] = [_flip, _cut, _drop, _insert]


# --- tables of text --------------------------------------------------------------------------------------------------
def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").splitlines()


def _cell(data: bytes, chance: random.Random) -> bytes:
    lines = _lines(data)
    for _ in range(chance.choice((1, 2, 6))):
        if lines:
            row = chance.randrange(len(lines))
            cells = lines[row].split(",")
            cells[chance.randrange(len(cells))] = chance.choice(CELLS)
            lines[row] = ",".join(cells)
    return "\n".join(lines).encode("utf-8", "replace")


def _line(data: bytes, chance: random.Random) -> bytes:
    lines = _lines(data) or [""]
    place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    what = chance.choice(("drop", "double", "swap", "blank", "join"))
    if what == "drop":
        del lines[place]
    elif what == "double":
        lines[place:place] = [lines[place]] * chance.choice((1, 30))
    elif what == "swap":
        lines[place], lines[other] = lines[other], lines[place]
    elif what == "blank":
        lines[place:place] = [chance.choice(("", ",,,", "   "))] * 3
    else:
        lines[place : place + 2] = ["".join(lines[place : place + 2])]
    return "\n".join(lines).encode()


def _encoded(data: bytes, chance: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(
        chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252", "latin-1", "mac-roman", "utf-7", "utf-32")), "replace"
    )


def _separated(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b",", chance.choice((b";", b"\t", b"|", b" ", b",,", b", ", b'","')))


#: What stands in rows of units and beside conductivities, rightly or not.
UNITS = [
    "mS/cm",
    "S cm-1",
    "MS/cm",
    "(nm)",
    "Å",
    "°",
    "K",
    "°C",
    "10^3 S/cm",
    "text",
    "-",
    "",
    "unit",
    "S/cm at 60 °C",
    "1",
    "Ω cm",
    "σ",
    "²",
    "µ" * 90,
]
TEMPERATURES = [
    "60 °C",
    "25",
    "298",
    "RT",
    "20-25 °C",
    "77 °F",
    "-300 °C",
    "T=",
    "@",
    "at",
    "1e9 K",
    "9999999 °C",
    "25 ± °C",
    "°C",
    "0 K",
    "٣ °C",
    "25 ° C",
    "K" * 80,
]


def _units_row(data: bytes, chance: random.Random) -> bytes:
    """A row of units, or of what passes for it, below the header or above it; or a header torn into two rows."""
    lines = _lines(data)
    width = max((line.count(",") for line in lines), default=0) + 1
    row = ",".join(chance.choice(UNITS) for _ in range(width))
    lines.insert(chance.choice((0, 1, 1, 2)), row)
    if chance.random() < 0.3 and lines:
        words = [cell.partition(" ") for cell in lines[0].split(",")]
        lines[0:1] = [",".join(first for first, _, _ in words), ",".join(rest for _, _, rest in words)]
    return "\n".join(lines).encode("utf-8", "replace")


def _temperature(data: bytes, chance: random.Random) -> bytes:
    """A temperature in a heading, a cell, a title above the header or a column of its own."""
    lines = _lines(data) or [""]
    what, where = chance.choice(TEMPERATURES), chance.choice(("heading", "cell", "title", "column"))
    if where == "title":
        lines.insert(0, f"Conductivities at {what}")
    elif where == "column":
        lines = [f"{line},{'T' + chance.choice(('', ' (K)', '/°C')) if place == 0 else what}" for place, line in enumerate(lines)]
    else:
        place = 0 if where == "heading" else chance.randrange(len(lines))
        cells = lines[place].split(",")
        cells[chance.randrange(len(cells))] += f" {chance.choice(('at', '@', '(', ''))} {what}"
        lines[place] = ",".join(cells)
    return "\n".join(lines).encode("utf-8", "replace")


TEXT_FAULTS: list[Callable[[bytes, random.Random], bytes]] = [_cell, _cell, _line, _encoded, _separated, _units_row, _temperature]


# --- workbooks -------------------------------------------------------------------------------------------------------
def _sheet_cell(data: bytes, chance: random.Random) -> bytes:
    """Another value in some cell, written by the library that reads it, where it agrees to."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(data))
    except Exception:  # damaged before
        return data
    sheet = book.worksheets[-1]
    for _ in range(chance.choice((1, 3))):
        place = sheet.cell(chance.randint(1, max(sheet.max_row, 1)), chance.randint(1, 15))
        try:
            place.value = chance.choice([*CELLS, *NUMBERS])  # type: ignore[arg-type]
        except Exception:  # control characters
            place.value = None
    target = io.BytesIO()
    try:
        book.save(target)
    except Exception:
        return data
    return target.getvalue()


def _sheet_xml(data: bytes, chance: random.Random) -> bytes:
    """Damage inside the parts of a workbook, packed again so that the checksums are right."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
    except Exception:
        return data
    name = chance.choice([name for name in parts if name.endswith(".xml")] or list(parts))
    words = [(b't="s"', b't="d"'), (b't="s"', b't="n"'), (b"<v>", b"<v>1e999"), (b'r="A', b'r="ZZZZZ'), (b'r="3"', b'r="1048576"'), (b"</row>", b""),
             (b"<c ", b'<c t="e" '), (b"<sheetData>", b"<sheetData/><sheetData>"), (b'<?xml version="1.0"?>', b""), (b"<v>", b"<f>1/0</f><v>")]  # fmt: skip
    if chance.random() < 0.6:
        old, new = chance.choice(words)
        parts[name] = parts[name].replace(old, new, chance.choice((1, 1, -1)))
    else:
        parts[name] = chance.choice(BYTE_FAULTS)(parts[name], chance)
    if chance.random() < 0.1:
        del parts[chance.choice(list(parts))]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, content in parts.items():
            packed.writestr(part, content)
    return target.getvalue()


def _sheet_layout(data: bytes, chance: random.Random) -> bytes:
    """A second sheet, hidden sheets, rows and columns, and merged cells."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(data))
        sheet = book.worksheets[-1]
        if chance.random() < 0.4:
            book.copy_worksheet(sheet).sheet_state = chance.choice(("visible", "hidden", "veryHidden"))
        for _ in range(chance.choice((0, 1, 3))):
            sheet.row_dimensions[chance.randint(1, 12)].hidden = True
        for _ in range(chance.choice((0, 1, 2))):
            sheet.column_dimensions[chance.choice("ABCDEFGHM")].hidden = True
        for _ in range(chance.choice((0, 1, 2))):
            top, left = chance.randint(1, 8), chance.randint(1, 12)
            sheet.merge_cells(start_row=top, start_column=left, end_row=top + chance.randint(0, 3), end_column=left + chance.randint(0, 4))
        target = io.BytesIO()
        book.save(target)
    except Exception:  # damaged before
        return data
    return target.getvalue()


SHEET_FAULTS: list[Callable[[bytes, random.Random], bytes]] = [_sheet_cell, _sheet_xml, _sheet_layout]


# --- structures ------------------------------------------------------------------------------------------------------
def _token(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    for _ in range(chance.choice((1, 1, 4))):
        words[chance.randrange(len(words))] = chance.choice([*TOKENS, *CELLS])
    return " ".join(words)


def _cif_line(text: str, chance: random.Random) -> str:
    return _line(text.encode("utf-8", "replace"), chance).decode()


def _cif_bytes(text: str, chance: random.Random) -> str:
    return chance.choice(BYTE_FAULTS)(text.encode("utf-8", "replace"), chance).decode("latin-1")


def _number(text: str, chance: random.Random) -> str:
    lines = text.splitlines()
    place = chance.randrange(len(lines)) if lines else 0
    if lines:
        words = lines[place].split()
        if words:
            words[-1] = chance.choice(TOKENS)
        lines[place] = " ".join(words)
    return "\n".join(lines)


def _kind(text: str, chance: random.Random) -> str:
    """Another type or label in a row of the list of atoms."""
    lines = text.splitlines()
    rows = [i for i, line in enumerate(lines) if len(line.split()) > 3 and not line.startswith(("_", "'", "#"))]
    if rows:
        place = chance.choice(rows)
        words = lines[place].split()
        words[chance.choice((0, 1))] = chance.choice(KINDS)
        lines[place] = " ".join(words)
    return "\n".join(lines) + "\n"


def _operation(text: str, chance: random.Random) -> str:
    """An operation less, or another one."""
    lines = text.splitlines()
    rows = [i for i, line in enumerate(lines) if line.count(",") > 1]
    for _ in range(chance.choice((1, 1, 5))):
        if rows:
            lines[chance.choice(rows)] = chance.choice(["", *OPERATIONS])
    return "\n".join(line for line in lines if line) + "\n"


def _header(text: str, chance: random.Random) -> str:
    """Another item somewhere: names of groups that disagree, items that nobody reads and that are damaged."""
    lines = text.splitlines()
    lines.insert(chance.choice((1, 1, len(lines), chance.randrange(len(lines) + 1))), chance.choice(HEADERS))
    return "\n".join(lines) + "\n"


STRUCTURE_FAULTS: list[Callable[[str, random.Random], str]] = [_token, _cif_line, _cif_bytes, _number, _kind, _operation, _header]
