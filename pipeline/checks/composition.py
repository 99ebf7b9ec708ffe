"""Compositions: can they be read, do they agree with Z, are they reduced, neutral, a lithium compound."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from pipeline.checks.culprits import File, of_composition
from pipeline.checks.reading import Row, number
from pipeline.chemistry.charge import balance
from pipeline.chemistry.formula import ROUNDING, FormulaError, amounts
from pipeline.findings import Finding
from schemas import columns as col

#: Charge per formula unit that rounding cannot explain: nothing is said below it.
CHARGE_TOLERANCE = 0.05
#: Charge per formula unit from which on the formula is wrong, however its vacancies are written: refinements and nominal formulas that
#: leave lithium or oxygen unstated keep 0.8 and less in the release, a slip in one subscript leaves a charge or more.
CHARGE_ERROR = 0.9
#: How far from an integer an amount may be and still be whole.
WHOLE = 1e-6
#: Beside fractional amounts the whole ones may share a divisor by chance (La3 and O12 in every garnet): from this one on it is none.
LEAST_UNITS = 4


def composition_findings(rows: Sequence[Row], files: Mapping[str, File] | None = None) -> Iterator[Finding]:
    """Findings of ``composition.*``; ``files`` are the structures of rows, which tell which of two formulas is wrong."""
    for row in rows:
        yield from _unparsable(row)
        yield from _no_lithium(row)
        yield from _z_mismatch(row, (files or {}).get(row.id))
        yield from _not_reduced(row)
        yield from _charge(row)


def _unparsable(row: Row) -> Iterator[Finding]:
    for column in (col.REDUCED_COMPOSITION, col.TRUE_COMPOSITION):
        text = row.text(column)
        try:
            if text:
                amounts(text)
                continue
            reason = "the cell is blank"
        except FormulaError as error:
            reason = str(error)
        yield Finding(row.id, "composition.unparsable", "error", f"{column} cannot be read: {reason}.", column=column, value=text)


def _no_lithium(row: Row) -> Iterator[Finding]:
    for column, found in ((col.REDUCED_COMPOSITION, row.reduced), (col.TRUE_COMPOSITION, row.true)):
        if found is not None and found.get("Li", 0) <= 0:
            text = row.text(column)
            yield Finding(
                row.id, "composition.no-lithium", "error", f"The formula {text} holds no lithium, but every entry is a lithium conductor.",
                column=column, value=text,
            )  # fmt: skip


def _z_mismatch(row: Row, file: File) -> Iterator[Finding]:
    if row.reduced is None or row.true is None or row.z is None:
        return
    wrong = []
    for element in sorted(set(row.reduced) | set(row.true)):
        wanted, found = row.z * row.reduced.get(element, 0.0), row.true.get(element, 0.0)
        slack = ROUNDING + 1e-9
        if abs(found - wanted) > slack:
            wrong.append(f"{element} is {number(found)} and should be {number(wanted)}")
    if wrong:
        column = of_composition(row, file)
        if column == col.TRUE_COMPOSITION:
            expected = formula_text({e: n * row.z for e, n in row.reduced.items()})
        elif column == col.Z:
            units = sum(row.true.values()) / sum(row.reduced.values())
            expected = number(round(units)) if units > 0.5 else ""
        else:
            expected = formula_text({e: n / row.z for e, n in row.true.items()})
        yield Finding(
            row.id, "composition.z-mismatch", "error",
            f"Z = {row.z:g} times {row.text(col.REDUCED_COMPOSITION)} is not the true composition: {'; '.join(wrong)}.",
            column=column, value=number(row.z) if column == col.Z else row.text(column), expected=expected,
        )  # fmt: skip


def _not_reduced(row: Row) -> Iterator[Finding]:
    if not row.reduced:
        return
    units = formula_units(row.reduced)
    if units > 1:
        unit = formula_text({e: n / units for e, n in row.reduced.items()})
        yield Finding(
            row.id, "composition.not-reduced", "warning",
            f"{row.text(col.REDUCED_COMPOSITION)} holds {units} formula units of {unit}.",
            column=col.REDUCED_COMPOSITION, value=row.text(col.REDUCED_COMPOSITION), expected=unit,
        )  # fmt: skip


def formula_units(composition: Mapping[str, float]) -> int:
    """Formula units that a composition holds.

    Of whole amounts, their greatest common divisor. Beside fractional amounts, the largest divisor of the whole ones, four at
    least, that leaves to every amount the two decimals of a doping level.

    >>> formula_units({"Li": 14, "P": 6, "S": 22}), formula_units({"Li": 51.2, "Al": 1.6, "La": 24, "Zr": 16, "O": 96})
    (2, 8)
    >>> formula_units({"Li": 4, "P": 2, "S": 6}), formula_units({"Li": 6.15, "La": 3, "Zr": 1.75, "Ta": 0.25, "Ga": 0.2, "O": 12})
    (1, 1)
    """
    whole = [round(amount) for amount in composition.values() if abs(amount - round(amount)) < WHOLE]
    if len(whole) < 2:
        return 1
    units = math.gcd(*whole)
    if len(whole) < len(composition):
        divisors = (n for n in range(units, LEAST_UNITS - 1, -1) if units % n == 0)
        hundredths = [100 * amount for amount in composition.values()]
        return next((n for n in divisors if all(abs(h / n - round(h / n)) < WHOLE * 100 for h in hundredths)), 1)
    # P2S6(4-) has a P-P bond: half of Li4P2S6 is no formula unit
    pairs = composition.get("P", 0.0)
    if pairs and "O" not in composition and composition.get("S", 0.0) + composition.get("Se", 0.0) == 3 * pairs:
        units = math.gcd(units, round(pairs) // 2) or 1
    return units


def _charge(row: Row) -> Iterator[Finding]:
    if not row.reduced:
        return
    result = balance(row.reduced)
    if result.excess is None or abs(result.excess) <= CHARGE_TOLERANCE + result.rounding:
        return
    side = "positive" if result.excess > 0 else "negative"
    wrong = abs(result.excess) / formula_units(row.reduced) >= CHARGE_ERROR - WHOLE
    yield Finding(
        row.id, "composition.charge", "error" if wrong else "warning",
        f"{row.text(col.REDUCED_COMPOSITION)} cannot be neutral: with {result.assignment} the formula keeps at least "
        f"{abs(result.excess):.3g} {side} charges.",
        column=col.REDUCED_COMPOSITION, value=row.text(col.REDUCED_COMPOSITION),
    )  # fmt: skip


def formula_text(composition: Mapping[str, float]) -> str:
    """A formula in the workbook's way: ``Li16.0Cd8.0Cl32.0``."""
    return "".join(f"{element}{round(amount, 2)}" for element, amount in composition.items())
