"""Cells as people write them: what a cell holds, or why it cannot be told."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, time

from pipeline.chemistry.formula import FormulaError, amounts, full_stop_mended
from pipeline.dois import one_cell
from pipeline.ingest.contributed.cells import Formula, Percentage, shown
from pipeline.ingest.contributed.headers import Heading, factor
from pipeline.ingest.contributed.units import Temperature, shift, stated
from pipeline.quoting import is_live
from schemas import columns as col

Value = str | int | float | None

BLANKS = frozenset(["-", "--", "n/a", "n.a.", "na", "nan", "none", "null", "?", "unknown", "n.r.", "tbd", "/"]) | {
    "",
    "not available",
    "not reported",
}
#: What says "nothing" in a cell of free text, where "unknown" is information.
_NOTHING = frozenset({"", "-", "n/a", "nan", "none", "null"})
CONDUCTIVITIES = frozenset((col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK))
#: No number, unit and uncertainty together are longer.
LONGEST = 100
_MINUS = str.maketrans(dict.fromkeys("−–—‐‑‒﹣-", "-"))
_SUPERSCRIPTS = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
#: Characters that nobody sees: zero widths, soft hyphens, changes of direction, controls, and those that no XML file can hold.
_HIDDEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufffe\uffff]")
_MANTISSA = r"(?:\d+(?:[.,]\d*)*|[.,]\d+)"
_NUMBER = re.compile(
    rf"(?P<sign>[+-]?)\s*(?:(?P<mantissa>{_MANTISSA})\s*(?P<uncertainty>\(\d+(?:[.,]\d+)?\))?"
    r"(?:\s*(?:[eE]|(?P<times>[xX*×·⋅•∙])\s*10\s*(?:(?P<raised>\^|\*\*|[eE])|(?=[+-])))\s*\(?(?P<exponent>[+-]?\s?\d{1,4})\)?)?"
    r"|10\s*(?:\^|\*\*)\s*\(?(?P<power>[+-]?\d{1,4})\)?)"
    r"\s*(?P<unit>[^\d\s.,()eE+±~^*-].*)?",
    re.ASCII | re.DOTALL,
)
#: A number as programs write it, of which nothing has to be understood.
_DECIMAL = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4})?", re.ASCII)
_BOUND = re.compile(r"([<>≤≥≲≳]=?)(.+)", re.DOTALL)


class UnreadableError(ValueError):
    """A cell that cannot be read: a sentence that says why, and what belongs there."""

    def __init__(self, why: str, expected: str = "") -> None:
        super().__init__(why)
        self.expected = expected


@dataclass(frozen=True)
class Read:
    """What a cell holds, what was done to understand it (a kind, counted in a note), and the temperature that it states."""

    value: Value
    understood: str = ""
    temperature: Temperature | None = None


def read_cell(cell: object, heading: Heading) -> Read:
    """Value of one cell of the column that ``heading`` names: ``int``, ``float``, ``str``, or ``None`` for a blank.

    Raises
    ------
    UnreadableError
        When the cell holds something that the column cannot.
    """
    column = heading.column
    if isinstance(cell, Formula):
        raise UnreadableError(f"the cell is a formula ({shown(cell)}) whose result is not in the file", "the value itself")
    if isinstance(cell, str) and (cell.lstrip().startswith(("=", "@")) or (column.type == "text" and is_live(cell))):
        # a spreadsheet that opens the release would compute it, whoever wrote it
        raise UnreadableError("the text is one that spreadsheets take for a formula", "the value itself, not beginning with =, +, - or @")
    if isinstance(cell, date | time):
        raise UnreadableError(
            f"the spreadsheet turned this cell into the date {shown(cell)}", "what was typed, in a cell formatted as text"
        )
    if isinstance(cell, str) and re.fullmatch(r"#(?:REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|N/A)", cell.strip()):
        raise UnreadableError(f"the cell holds the spreadsheet's error {cell.strip()}", "the value itself")
    if column.type == "text":
        return _text(cell, column)
    if isinstance(cell, Percentage):
        raise UnreadableError(f"the spreadsheet shows this cell as a percentage ({shown(cell)})", f"a plain number{_in(column)}")
    text = clean(shown(cell) if isinstance(cell, bool) else cell)
    if text.lower() in BLANKS:
        return Read(None)
    if len(text) > LONGEST:
        raise UnreadableError("there is a text where a number belongs", f"a number{_in(column)}")
    if column == col.SPACE_GROUP_NUMBER:
        return _spacegroup_number(text)
    if column.type == "integer":
        return Read(_whole(text, column))
    return _number(text, heading)


def clean(cell: object) -> str:
    """A cell as one line of text: no hidden characters, plain minus signs, superscript exponents as ``^-4``."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return repr(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    text = _HIDDEN.sub("", str(cell))
    if text.isascii():
        return " ".join(text.split())
    text = _SUPERSCRIPTS.sub(lambda match: "^" + match[0], text)
    return " ".join(unicodedata.normalize("NFKC", text).translate(_MINUS).split())


def _number(text: str, heading: Heading) -> Read:
    column = heading.column
    if heading.unknown_unit:
        raise UnreadableError(
            f"the header gives the unit {heading.unknown_unit!r}, which cannot be converted", f"a number in {column.unit}"
        )
    if _DECIMAL.fullmatch(text) and not heading.power:
        return _within(text.replace("e", "E"), "", column)
    if column in CONDUCTIVITIES and not _is_number(text, column):
        found, rest = stated(text)
        if found is not None and rest:
            return replace(_number(rest, heading), temperature=found)
    bounded = _BOUND.fullmatch(text)
    if bounded and column == col.IONIC_CONDUCTIVITY:
        plain, how = _plain(bounded[2].strip(), heading)
        if not float(plain) > 0:
            raise UnreadableError("a bound must be above zero", "a bound such as <1E-10")
        sign = "<" if bounded[1][0] in "<≤≲" else ">"
        return Read(f"{sign}{plain}", how)
    if bounded:
        raise UnreadableError("a bound cannot stand here", f"a number{_in(column)}")
    return _within(*_plain(text, heading), column)


def _within(plain: str, how: str, column: col.Column) -> Read:
    """A plain decimal as a number of the column. Raises :class:`UnreadableError` when it lies beyond the column's limits."""
    value = float(plain)
    if abs(value) == float("inf"):
        raise UnreadableError("the number is too large to be meant", f"a number{_in(column)}")
    if column.minimum is not None and not (value > column.minimum if column.exclusive_minimum else value >= column.minimum):
        bound = ", or what could have been measured as a bound such as <1E-10" if column == col.IONIC_CONDUCTIVITY else ""
        raise UnreadableError(f"{plain} is not above {column.minimum:g}", f"a number{_in(column)} above {column.minimum:g}{bound}")
    if column.maximum is not None and not value < column.maximum:
        raise UnreadableError(f"{plain} is not below {column.maximum:g}", f"a number{_in(column)} below {column.maximum:g}")
    return Read(int(plain) if re.fullmatch(r"[+-]?\d{1,15}", plain) else value, how)


def _in(column: col.Column) -> str:
    return f" in {column.unit}" if column.unit else ""


def _is_number(text: str, column: col.Column) -> bool:
    match = _split(_BOUND.sub(r"\2", text).strip())
    return match is not None and (not match["unit"] or factor(match["unit"], column) is not None)


def _split(text: str) -> re.Match[str] | None:
    """Number and unit of a text, when it is one number and nothing else."""
    match = _NUMBER.fullmatch(text)
    return match if match and not (match["mantissa"] and not _grouping(match["mantissa"])) else None


def _plain(text: str, heading: Heading) -> tuple[str, str]:
    """The number in a text as a plain decimal in the release's unit, and what had to be understood."""
    column, power, notes = heading.column, heading.power, []
    match = _split(text)
    unit = match["unit"] if match else None
    if match and unit:
        found = factor(unit, column)
        if found is None:
            match = None
        else:
            power = found
            notes.append("a unit in the cell")
    if not match:
        lost = re.fullmatch(r"10\s*-\s*(\d{1,2})", text)
        raise UnreadableError(_why(text, unit), f"1E-{lost[1]}, if that is what was meant" if lost else _wanted(column))
    if match["power"]:
        return shift(f"1E{match['power']}", power), " and ".join((*notes, "a power of ten"))
    mantissa = match["mantissa"]
    if column in CONDUCTIVITIES and not match["exponent"] and re.fullmatch(r"[1-9]\d{0,2},\d{3}", mantissa):
        either = f"{mantissa.replace(',', '.')} or {mantissa.replace(',', '')}"
        raise UnreadableError(f"this may be {either}: the comma may part decimals or thousands", f"{either}, without the comma")
    if "," in mantissa:
        notes.append("a decimal comma")
        mantissa = mantissa.replace(".", "").replace(",", ".") if mantissa.rfind(",") > mantissa.rfind(".") else mantissa.replace(",", "")
    if match["uncertainty"]:
        notes.append("a standard uncertainty in brackets, left out")
    if match["times"]:
        notes.append("a number times a power of ten (7 x 10-4 is 7E-4)")
    if power:
        notes.append(f"numbers converted to {column.unit}")
    exponent = f"E{match['exponent'].replace(' ', '')}" if match["exponent"] else ""
    return shift(f"{'-' if match['sign'] == '-' else ''}{mantissa}{exponent}", power), " and ".join(notes)


def _grouping(mantissa: str) -> bool:
    """Whether points and commas make one number: one mark, or groups of three closed by the other mark."""
    if mantissa.count(".") + mantissa.count(",") <= 1:
        return True
    return bool(re.fullmatch(r"\d{1,3}(?:,\d{3})+\.\d*|\d{1,3}(?:\.\d{3})+,\d*", mantissa))


def _why(text: str, unit: str | None = None) -> str:
    if unit and re.match(r"[a-zA-ZµμΩ°Å]{1,3}\b|.{0,3}[/·]", unit) and len(unit) <= 15:
        return f"the unit {unit!r} is not known here"
    text = text.replace(" ", "")
    if re.match(r"[~≈∼]|ca\.?|approx|about", text, re.IGNORECASE):
        return "an approximate value is not a number"
    if re.fullmatch(r"10-\d{1,2}", text):
        return "an exponent was lost here"
    if re.fullmatch(r"[\d.,]+(?:[eE][+-]?\d+)?(?:-|to|bis|\.\.\.)[\d.,]+(?:[eE][+-]?\d+)?", text):
        return "these are two numbers"
    if "±" in text or "+/-" in text:
        return "a value with an uncertainty is not one number"
    if re.fullmatch(r"\d{1,4}[.,]?\d*(?:°[CF]|K)", text):
        return "this is a temperature, not a conductivity"
    if text.endswith("%"):
        return "a percentage is not a value"
    if re.search(r"[a-zA-Z]", text):
        return "there is text where a number belongs"
    return "this is not a number"


def _wanted(column: col.Column) -> str:
    if column == col.IONIC_CONDUCTIVITY:
        return f"a number{_in(column)} such as 1.2E-4, or a bound such as <1E-10"
    if column.type == "integer":
        return "a whole number"
    return f"one number{_in(column)}"


def _whole(text: str, column: col.Column) -> int:
    plain, _ = _plain(text, Heading(column))
    value = float(plain)
    low, high = int(column.minimum or 0), int(column.maximum) if column.maximum is not None else 10_000
    if not value.is_integer() or not low <= value <= high:
        raise UnreadableError(f"{plain} is not a whole number from {low} to {high}", f"a whole number, {low} or more")
    return int(value)


def _spacegroup_number(text: str) -> Read:
    """Number of the space group; a symbol where the number belongs is answered with its number."""
    bare = re.fullmatch(r"(?:no\.?|nr\.?|#|sg)?\s*(\d{1,4}(?:\.0*)?)", text, re.IGNORECASE)
    if bare:
        number = int(float(bare[1]))
        if 1 <= number <= 230:
            return Read(number)
        raise UnreadableError(f"there is no space group {number}", "a whole number from 1 to 230")
    both = re.fullmatch(r"(.+?)\s*[(\[,;]\s*(?:no\.?|nr\.?|#)?\s*(\d{1,3})\s*[)\]]?", text, re.IGNORECASE)
    named = symbol_number(both[1]) if both else symbol_number(text)
    if both and named == int(both[2]):
        return Read(named, "a symbol beside the number")
    first = re.fullmatch(r"(?:no\.?|nr\.?|#)?\s*(\d{1,3})\s*[(\[,;:]\s*([A-Za-z].*?)\s*[)\]]?", text, re.IGNORECASE)
    if first and symbol_number(first[2]) == int(first[1]):
        return Read(int(first[1]), "a symbol beside the number")
    if named:
        raise UnreadableError("this is the symbol of a space group, not its number", str(named))
    raise UnreadableError("this is not the number of a space group", "a whole number from 1 to 230")


def symbol_number(symbol: str) -> int | None:
    """Number of the space group that a Hermann-Mauguin symbol names, ``None`` when there is none."""
    from pipeline.chemistry.spacegroup import find

    if not symbol or len(symbol) > 40:
        return None
    found = find(symbol)
    return int(found.number) if found else None


def _text(cell: object, column: col.Column) -> Read:
    if isinstance(cell, bool):
        cell = shown(cell)
    if column in (col.REDUCED_COMPOSITION, col.TRUE_COMPOSITION):
        return _composition(clean(cell))
    if column == col.ID:
        number = isinstance(cell, int | float)
        text = clean(cell)
        return Read(text or None, "an ID that the file holds as a number (type 019 or 1e9 into cells formatted as text)" if number else "")
    if column == col.DOI:
        return _doi(clean(cell))
    text = " ".join(_HIDDEN.sub("", shown_fully(cell)).split())
    if text.lower() in _NOTHING:
        return Read(None)
    if column.categories:
        if text.lower() in {"no", "n", "false", "0"}:
            return Read(None)
        if text.lower() in {"yes", "y", "true", "1"}:
            return Read(column.categories[0])
        raise UnreadableError(f"only {' or '.join(column.categories)}, or nothing, can stand here", column.categories[0])
    if column == col.SPACE_GROUP and (plain := clean(cell)) != text:
        return Read(plain)
    return Read(text)


def shown_fully(cell: object) -> str:
    """Text of a cell, a whole number without its point."""
    if isinstance(cell, float):
        return clean(cell)
    return "" if cell is None else str(cell)


def _composition(text: str) -> Read:
    """A formula; decimal commas and signs that editors put into formulas are met, if a formula comes of it."""
    if text.lower() in BLANKS - {"na"}:
        return Read(None)
    plain = text.replace(" ", "").replace("_", "").replace("^", "")
    understood = ""
    if re.search(r"\d,\d", plain):
        commas = re.sub(r"(\d),(\d)", r"\1.\2", plain)
        if _is_formula(commas):
            plain, understood = commas, "a decimal comma in a formula"
    if plain != text and not _is_formula(plain):
        return Read(text)  # as written: the check of the formula names what is wrong with it
    if _is_formula(plain) and (mended := full_stop_mended(plain)) != plain:
        return Read(mended, "crystal water after a full stop, written with an asterisk")
    return Read(plain, understood)


def _is_formula(text: str) -> bool:
    try:
        amounts(text)
    except FormulaError:
        return False
    return True


def _doi(text: str) -> Read:
    """DOIs without the address in front of them; the rest is the business of the checks."""
    if text.lower() in BLANKS:
        return Read(None)
    plain = one_cell(text)
    return Read(plain or None, "a DOI with its address" if plain != text and not text.startswith(plain[:3]) else "")


_MONTHS = "jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez|avr|juin|juil|août|déc"
_REWRITTEN = re.compile(
    rf"[+-]?\d(?:[.,]\d+)?E[+-]\d+|\d{{1,2}}[-./ ]\s?(?:{_MONTHS})\.?(?:[-./ ]\d{{2,4}})?|(?:{_MONTHS})\.?[-./ ]\d{{1,4}}"
    r"|\d{4}-\d{2}-\d{2}(?:[ T][\d:]+)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}|true|false|wahr|falsch|vrai|faux|\d+[.,]0+",
    re.IGNORECASE,
)
#: Days that a spreadsheet counts since 1900, of 1982 to 2064.
_DAYS = (30_000, 60_000)


def is_rewritten(cell: object) -> bool:
    """Whether an ID looks like what a spreadsheet makes of one: ``8.91E+05`` of ``891e3``, ``1-Mar`` or ``43525`` of ``mar1``, ``TRUE``."""
    if isinstance(cell, bool | date | time):
        return True
    text = clean(cell)
    if isinstance(cell, int | float):
        return True
    return bool(_REWRITTEN.fullmatch(text)) or (text.isdecimal() and len(text) == 5 and _DAYS[0] <= int(text) <= _DAYS[1])
