"""Composition and phase of a record from its torn lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, product

from pipeline.chemistry.charge import balance
from pipeline.chemistry.formula import Compound, FormulaError, Mixture, reading
from pipeline.ingest.laskowski import subscripts

_ZERO_AS_LETTER = re.compile(r"(?<=[A-Za-z\s])o(?=\.\d)")
_LETTER_AS_ZERO = re.compile(r"(?<=[A-Za-z])0(?=\d)")
_SMALL_OXYGEN = re.compile(r"(?<=\d)o(?=[\d)]|$)")
_PHASE = re.compile(r"^([\N{GREEK SMALL LETTER ALPHA}-\N{GREEK SMALL LETTER OMEGA}a-z])-(?=[A-Z(\[])")
_PREFIX = re.compile("^[\N{GREEK SMALL LETTER ALPHA}-\N{GREEK SMALL LETTER OMEGA}a-z][\N{RIGHT SINGLE QUOTATION MARK}']?-")
_ENDS_AT_SPACE = re.compile(r"(?:%|\s[-\N{EN DASH}*])$")
_SPACED_COEFFICIENT = re.compile(r"(?:^|[-\N{EN DASH}])\s?\d*\.?\d+\s+[A-Z].*[-\N{EN DASH}]\s?\d*\.?\d+$")


#: Charge per formula below which a composition counts as neutral: that of one rounded coefficient.
NEUTRAL = 0.05
#: Ways to deal out numbers that are looked at.
MOST = 1000


@dataclass(frozen=True)
class Repaired:
    """A text after repair and the rules that fired, each once, with what stayed ambiguous."""

    text: str
    rules: tuple[str, ...]
    phase: str = ""


def recovered(torn: list[str]) -> Repaired:
    """Composition of a record: each line repaired by itself, then joined, then read.

    Rules: ``torn-composition`` (joined from several lines), those of :mod:`subscripts` (where a number could
    stand in several places the neutral one is chosen), ``letter-for-digit`` (``Lao.51``),
    ``digit-for-letter`` (``P04``), ``lost-point`` (``P05``), ``small-letter`` (``Ta0.75o3``), ``unpaired-bracket``,
    ``phase-in-composition`` (a Greek letter before the formula goes to the phase) and ``unreadable`` (neither a compound nor a
    mixture after all of it).
    """
    rules: list[str] = []
    lines = [_ZERO_AS_LETTER.sub("0", line) for line in torn]
    if lines != torn:
        rules.append("letter-for-digit")
    mended = [subscripts.repair(line) for line in lines]
    rules += [rule for line in mended for rule in line.rules if rule != "open-subscript"]
    if len(torn) > 1:
        rules.append("torn-composition")
    text = join([line.text for line in mended])
    if any("slid-subscripts" in line.rules for line in mended):
        text = _open(lines, text, any("open-subscript" in line.rules for line in mended), rules)
    phase = _PHASE.match(text)
    if phase:
        rules.append("phase-in-composition")
        text = text[phase.end() :]
    text = _oxygen(text, rules)
    text = _zero(text, rules)
    text = _brackets(text, rules)
    if not readable(text):
        rules.append("unreadable")
    return Repaired(text, tuple(dict.fromkeys(rules)), f"{phase[1]}-{text}" if phase else "")


def join(pieces: list[str]) -> str:
    """Lines as one text: broken inside a word, except where the line above ends at a space that the author typed."""
    text = pieces[0]
    for piece in pieces[1:]:
        at_space = _ENDS_AT_SPACE.search(text) or _SPACED_COEFFICIENT.search(text)
        text = f"{text} {piece}" if at_space else text + piece
    return text


def readable(text: str) -> bool:
    """Whether a composition is a compound or a mixture of at least two."""
    try:
        found = reading(text)
    except FormulaError:
        return False
    return isinstance(found, Compound) or len(found.parts) > 1


def elements(text: str) -> frozenset[str]:
    """Elements of a readable composition; of an unreadable one none."""
    try:
        found = reading(text)
    except FormulaError:
        return frozenset()
    parts = found.parts if isinstance(found, Mixture) else (found,)
    return frozenset(element for part in parts for element in part.amounts)


def _open(lines: list[str], first: str, undecided: bool, rules: list[str]) -> str:
    """Numbers that could stand elsewhere go where the composition is neutral.

    ``Li TiPO  2 5`` has a place for each number, ``Li Ti PO  2 5`` one more than numbers, so that the law of the open spaces does not
    decide. It decides where there are as many, unless its reading is not neutral and another is. What charge does not tell stays
    as the law has it.
    """
    if not undecided and _excess(first) < NEUTRAL:
        return first
    choices = [subscripts.alternatives(line) or (subscripts.repair(line).text,) for line in lines]
    texts = list(dict.fromkeys(join(list(pieces)) for pieces in islice(product(*choices), MOST)))
    if len(texts) == 1:
        return first
    neutral = [text for text in texts if _excess(text) < NEUTRAL]
    if not neutral and not undecided:
        return first
    chosen = neutral[0] if neutral else first
    other = next(text for text in [*neutral, first, *texts] if text != chosen)
    rules.append(f"open-subscript ({'charge' if len(neutral) == 1 else 'not certain'}: {chosen} rather than {other})")
    return chosen


def _oxygen(text: str, rules: list[str]) -> str:
    mended = _SMALL_OXYGEN.sub("O", text)
    if mended != text:
        rules.append("small-letter")
    return mended


def _zero(text: str, rules: list[str]) -> str:
    """A number that begins with 0 and has no point: its point was lost, or the 0 is the letter O. Charge decides.

    ``LiHf2(P04)3`` is neutral with PO4, ``Li3.5Si0.5P05S4`` with P0.5; the reading that lost is named in the rule.
    """
    if not _LETTER_AS_ZERO.search(text):
        return text
    letter, point = _LETTER_AS_ZERO.sub("O", text), _LETTER_AS_ZERO.sub("0.", text)
    letter_excess, point_excess = _excess(letter), _excess(point)
    if letter_excess <= point_excess:
        chosen, other, rule, excess = letter, point, "digit-for-letter", letter_excess
    else:
        chosen, other, rule, excess = point, letter, "lost-point", point_excess
    sure = "charge" if excess < 0.5 < max(letter_excess, point_excess) else "not certain"
    rules.append(f"{rule} ({sure}: {chosen} rather than {other})")
    return chosen


def _excess(text: str) -> float:
    """Charge left over at best, per formula; infinite for what cannot be read."""
    try:
        found = reading(text).amounts
    except FormulaError:
        return float("inf")
    excess = None if found is None else balance(found).excess
    return float("inf") if excess is None else abs(excess)


def _brackets(text: str, rules: list[str]) -> str:
    """A doubled bracket without a partner: the amounts are the same wherever its partner stood, so it is left out."""
    if text.count("(") == text.count(")") or readable(text):
        return text
    for doubled in ("((", "))"):
        mended = text.replace(doubled, doubled[0], 1)
        if mended != text and readable(mended):
            rules.append("unpaired-bracket")
            return mended
    return text


def phase(torn: list[str]) -> Repaired:
    """Name of the phase. Lines join inside words and formulas; between words of a quoted name a space stood.

    Rules: ``torn-phase`` and ``unreadable`` for lines that join to neither a quoted name nor a formula with its Greek letter.
    """
    if not torn:
        return Repaired("", ())
    text = torn[0]
    for piece in torn[1:]:
        word = text[:1] in '\N{LEFT DOUBLE QUOTATION MARK}"' and text[-1].islower() and piece[:1].isupper()
        text = f"{text} {piece}" if word else text + piece
    if len(torn) == 1:
        return Repaired(text, ())
    named = text[:1] == "\N{LEFT DOUBLE QUOTATION MARK}" and text[-1:] == "\N{RIGHT DOUBLE QUOTATION MARK}"
    return Repaired(text, ("torn-phase",) if named or readable(_PREFIX.sub("", text)) else ("torn-phase", "unreadable"))
