"""Headings that take more than one row: names in two lines, merged titles over several columns, and a row of units."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.ingest.contributed.grid import Row, shown
from pipeline.ingest.contributed.headers import BRACKETS, Heading, factor
from pipeline.ingest.contributed.units import CELSIUS, CONDUCTIVITY, is_unit, scale, stated

Meaning = Callable[[object], Heading | None]
#: What stands in a row of units where a column has none.
_FILLERS = frozenset(
    ("", "-", "--", "/", "1", "unit", "units", "[unit]", "(unit)", "einheit", "einheiten", "unité", "unités", "unidad", "unidades", "unità",
     "单位", "単位", "[-]", "(-)", "n/a", "none", "dimensionless", "text", "#")
)  # fmt: skip


def joined(upper: Row, lower: Row, meaning: Meaning) -> Row | None:
    """Two rows as one header, ``None`` when the lower one is no second line of it.

    A title over several columns (a merged cell of a spreadsheet) holds for those to its right that have none. The lower row belongs to
    the header when nothing in it stands alone: each of its cells is a name, or completes the name above it, and none is a number.
    """
    if any(_is_number(cell) for cell in lower.cells):
        return None
    width = max(len(upper.cells), len(lower.cells))
    cells: list[object] = []
    title = ""
    for place in range(width):
        over = shown(upper.cells[place]) if place < len(upper.cells) else ""
        under = shown(lower.cells[place]) if place < len(lower.cells) else ""
        if over:
            title = over
        if not under:
            cells.append(over)
            continue
        if over == under:
            cells.append(under)
            continue
        tries = (f"{over} {under}", f"{over} ({under})", under) if over else (under, f"{title} {under}", f"{title} ({under})")
        found = next((text for text in tries if meaning(text)), None)
        if found is None:
            if over and meaning(over):
                return None  # a value under a name: a row of data
            found = f"{over} {under}".strip()
        cells.append(found)
    return Row(upper.number, upper.line, tuple(cells))


def _is_number(cell: object) -> bool:
    """Whether a cell holds a number, which no name of a column is; ``10^-4 S/cm`` is a unit and ``25 °C`` a temperature."""
    text = shown(cell)
    if not re.match(r"[<>~]?\s*[+-]?[.,]?\d", text) or is_unit(text):
        return False
    temperature, rest = stated(text)
    return temperature is None or bool(rest)


def is_second_line(upper: Row, lower: Row, meaning: Meaning) -> Row | None:
    """The header of both rows when it means more columns than either alone."""
    both = joined(upper, lower, meaning)
    if both is None:
        return None
    counts = [len({found.column for found in map(meaning, row.cells) if found}) for row in (both, upper, lower)]
    return both if counts[0] > max(counts[1:]) else None


def folded(row: Row, headings: Mapping[int, Heading], width: int) -> dict[int, Heading] | None:
    """The headings with the units of a row of units folded in, ``None`` when the row is not wholly units.

    A unit that contradicts the one in the heading makes the numbers of its column unreadable.
    """
    found: dict[int, Heading] = {}
    for place in range(max(width, len(row.cells))):
        text = shown(row.cells[place]) if place < len(row.cells) else ""
        heading = headings.get(place)
        bare = re.sub(r"^[(\[]\s*(.*?)\s*[)\]]$", r"\1", text).removesuffix(":")
        if text.casefold() in _FILLERS or bare.casefold() in _FILLERS:
            continue
        if heading is None:
            if re.search(r"\d", text) and not is_unit(bare):
                return None
            continue
        temperature, rest = stated(bare)
        unit = re.sub(r"^(?:/|in\s)\s*", "", rest)
        power = factor(unit, heading.column) if unit else 0
        if heading.column.unit == "" or power is None:
            return None
        if temperature is not None:
            heading = replace(heading, temperature=temperature)
        if unit and heading.unit and (heading.power != power or scale(heading.unit) != scale(unit)):
            both = f"{heading.unit} and {unit}"
            heading = replace(heading, power=0, unknown_unit=both, unit=both)
        elif unit:
            heading = replace(heading, power=power, unit=unit)
        found[place] = heading
    return {**headings, **found} if found else None


def under_titles(rows: Sequence[Row], headings: Mapping[int, Heading]) -> tuple[dict[int, Heading], list[str]]:
    """The headings with the units and temperatures of the titles above them, and a note for each title that gives one.

    A title holds for its own column and for those to its right, up to the next one. A unit that contradicts the heading makes the numbers
    of its column unreadable; a temperature in the heading itself wins over that of a title, which may be about a whole series.
    """
    found, notes = dict(headings), []
    for row in rows:
        titles = {place: text for place, cell in enumerate(row.cells) if (text := shown(cell))}
        several = len(titles) > 1 or 0 not in titles
        given: dict[str, list[str]] = {}
        for place, heading in headings.items():
            text = next((titles[over] for over in range(place, -1, -1) if over in titles), "")
            temperature, rest = stated(text)
            measured = several and heading.column.unit == CONDUCTIVITY and not _TREATED.search(text)
            if temperature is not None and temperature.scale and measured and heading.temperature is None:
                found[place] = replace(found[place], temperature=temperature)
                given.setdefault(text, []).append(f"{heading.column} at {temperature.text}")
            units = (unit for unit in _units(rest) if factor(unit, heading.column) is not None and not re.fullmatch(r"[A-Z]{2,}", unit))
            unit = "" if heading.unknown_unit else next(units, "")
            if not unit or heading.column.unit in ("", CELSIUS):
                continue
            power, before = factor(unit, heading.column) or 0, found[place]
            if not before.unit:
                found[place] = replace(before, power=power, unit=unit)
                how = f" (converted, times 1E{power})" if power else ""
                given.setdefault(text, []).append(f"{heading.column} in {unit}{how}")
            elif before.power != power:
                both = f"{before.unit} and {unit}"
                found[place] = replace(before, power=0, unknown_unit=both, unit=both)
        notes += [f"the title {text!r} in row {row.number} holds for {', '.join(said)}" for text, said in given.items()]
    return found, notes


def _units(title: str) -> Iterator[str]:
    """What in a title may be a unit: what stands in brackets, and the last words of each part of it, the longest first."""
    for group in BRACKETS.findall(title):
        yield group
        yield from re.split(r"\s*[,;]\s*", group)
    for part in re.split(r"[,;.:]\s+|\s+(?:and|und|et)\s+", BRACKETS.sub(" ", title)):
        text = part.strip(" ,;:")
        yield text
        for match in re.finditer(r"[\s/]+", text):
            if len(text) - match.end() > 1:  # a last letter (sample A) is no unit
                yield text[match.end() :]


def converted(row: Row, before: Mapping[int, Heading], after: Mapping[int, Heading]) -> str:
    """The note about a row of units: what it says of each column."""
    changed = [(str(heading.column), heading) for place, heading in after.items() if heading != before[place]]
    said = []
    for name, heading in changed:
        power = heading.power
        how = f" (converted, times 1E{power})" if power else ""
        said.append(f"{name} in {heading.unit}{how}" if heading.unit else name)
        if heading.temperature is not None:
            said[-1] += f" at {heading.temperature.text}"
    return f"row {row.number} holds units: {', '.join(said)}" if said else f"row {row.number} holds units"


def temperatures(rows: Sequence[Row]) -> Iterator[tuple[Row, str]]:
    """Texts of the rows above the header that state a temperature of the measurement which is not room temperature."""
    for row in rows:
        for cell in row.cells:
            if why := measured_elsewhere(shown(cell), _SUMMED_UP):
                yield row, why
                break


_MEASURED = re.compile(
    r"\b(?:measur\w+|conductivit(?:y|ies)|conductor|sigma|impedance|EIS|gemessen|Mess(?:ung|temperatur)\w*|Leitfähigkeit\w*"
    r"|conductivités?|mesur\w+|conductividad\w*|medid[ao]\w*|misurat\w+|condu(?:cibilità|ttività)|изм\w+|проводимост\w+)\b"
    r"|σ|电导率|测量|测试|伝導|測定|전도도|측정",
    re.IGNORECASE,
)
_TREATED = re.compile(
    r"\b(?:sinter|anneal|synthes|calcin|heated|prepared|dried|press|quench|diffract|XRD|neutron|refined|structure)", re.IGNORECASE
)


#: What a title says of all numbers below it.
_SUMMED_UP = re.compile(r"\b(?:all|values?|data|propert(?:y|ies)|results?|Werte?|Daten|valeurs|valores|dati)\b|数据|数値", re.IGNORECASE)


def measured_elsewhere(text: str, also: re.Pattern[str] = _MEASURED) -> str:
    """Why a text (a title, a note) says that the measurement was not made at room temperature; blank when it does not.

    ``also`` finds more words that speak of the measurement.
    """
    for clause in re.split(r"[;.]\s|\n", text):
        found, rest = stated(clause)
        if _TREATED.search(clause) or not (_MEASURED.search(clause) or also.search(clause) or not re.search(r"\w", rest)):
            continue
        if found is not None and found.scale and not found.is_room:
            return found.why()
    return ""
