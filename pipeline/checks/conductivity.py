"""Conductivities: a number or a bound, plausible, and bulk, total and headline in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.checks.reading import Row, number
from pipeline.findings import Finding
from schemas import columns as col

#: Two conductivities that agree to this part are the same number (both are typed with at most four digits).
SAME = 1e-3
#: Plausible room-temperature conductivities (S/cm). Above: the best lithium conductors of the literature reach 0.03. Below: an
#: impedance spectrometer ends near 1e-14; less was extrapolated from high temperature, not measured.
PLAUSIBLE = (1e-14, 0.04)
#: Above this no lithium conductor can be (S/cm): three times the highest value known (0.032, Science 381 (2023) 50).
IMPOSSIBLE = 0.1


def conductivity_findings(rows: Sequence[Row]) -> Iterator[Finding]:
    """Findings of ``conductivity.*`` that need the row alone."""
    for row in rows:
        yield from _unparsable(row)
        yield from _total_bulk(row)
        yield from _implausible(row)
        yield from _range(row)


def _unparsable(row: Row) -> Iterator[Finding]:
    for column in (col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK):
        value, text = row.number(column), row.text(column)
        blank_allowed = column != col.IONIC_CONDUCTIVITY
        if (value is not None and value > 0) or (blank_allowed and not text):
            continue
        said = f"{text} is not a positive number" if text else "the cell is blank or could not be read"
        yield Finding(
            row.id, "conductivity.unparsable", "error", f"{column}: {said}; write a value in S/cm (1.2e-4) or an upper bound (<1e-10).",
            column=column, value=text,
        )  # fmt: skip


def _total_bulk(row: Row) -> Iterator[Finding]:
    headline, total, bulk = row.conductivity, row.number(col.IC_TOTAL), row.number(col.IC_BULK)
    if total is not None and bulk is not None and total > bulk * (1 + SAME):
        yield Finding(
            row.id, "conductivity.total-bulk", "error",
            f"The total conductivity {number(total)} S/cm is above the bulk one, {number(bulk)}; grain boundaries can only lower it.",
            column=col.IC_TOTAL, value=number(total), expected=f"at most {number(bulk)}",
        )  # fmt: skip
    wanted, name = (total, "total") if total is not None else (bulk, "bulk")
    if wanted is not None and headline is not None and abs(headline - wanted) > SAME * wanted:
        yield Finding(
            row.id, "conductivity.label", "error",
            f"The headline conductivity is {number(headline)} S/cm, the {name} one {number(wanted)}; the headline is the {name} one "
            f"{'where it is known' if name == 'total' else 'where only that is known'}.",
            column=col.IONIC_CONDUCTIVITY, value=number(headline), expected=number(wanted),
        )  # fmt: skip


def _implausible(row: Row) -> Iterator[Finding]:
    for column in (col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK):
        value = row.number(column)
        if value is not None and value > IMPOSSIBLE:
            yield Finding(
                row.id, "conductivity.implausible", "error",
                f"{number(value)} S/cm is more than any lithium solid electrolyte conducts at room temperature; {_slip(value)}.",
                column=column, value=number(value), expected=f"at most {IMPOSSIBLE:g}",
            )  # fmt: skip


def _range(row: Row) -> Iterator[Finding]:
    value = row.conductivity
    if value is None or value <= 0 or value > IMPOSSIBLE:
        return
    if value > PLAUSIBLE[1]:
        said = "more than a lithium solid electrolyte conducts at room temperature: it may be in mS/cm or of another temperature"
    elif value < PLAUSIBLE[0] and not row.is_bound:
        said = "too little to be measured at room temperature: it was extrapolated, or its exponent is wrong"
    else:
        return
    yield Finding(
        row.id, "conductivity.range", "warning", f"{number(value)} S/cm is {said}.", column=col.IONIC_CONDUCTIVITY, value=number(value),
    )  # fmt: skip


def _slip(value: float) -> str:
    """The slip of a unit or exponent that would explain a value, the likeliest first."""
    for unit, factor in (("mS/cm", 1e-3), ("µS/cm", 1e-6), ("nS/cm", 1e-9)):
        if value * factor <= PLAUSIBLE[1]:
            other = f", or {number(value)} S/m, which is {number(value / 100)} S/cm" if value / 100 <= PLAUSIBLE[1] else ""
            return f"probably {number(value)} {unit} is meant, which is {number(value * factor)} S/cm{other}"
    return "its exponent has lost its sign, or it is a resistance"
