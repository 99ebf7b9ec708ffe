"""Subscripts that left their place: one physical line at a time, before any joining.

In the PDF a formula is a run of capital letters on one height and a run of subscripts on a lower one. Where the reader of the
PDF took the two heights one after the other, the letters come first, with a space where each subscript was, then the
subscripts in their order: ``Li SiS  4 4`` is Li4SiS4. This happened to parts of a line too: ``Li P(S6 4.8Se0.2)Br`` is
Li6P(S4.8Se0.2)Br. The law that undoes it: the numbers of a run fill, in order, the spaces left open in the letters before
it, and the last one stands at the end of these letters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations

_NUMBER = r"\d+\.\d+|\d+\.(?=\s|$)|\.\d+|\d+"
_SEPARATORS = "-\N{EN DASH}*\N{MIDDLE DOT}"
_TOKEN = re.compile(
    rf"(?P<weight>wt\s*%)|(?P<number>{_NUMBER})|(?P<letter>[A-Z][a-z]?|[a-z])|(?P<bracket>[()\[\]])|(?P<separator>[{_SEPARATORS}])|(?P<gap>\s+)|(?P<other>.)"
)


@dataclass
class _Token:
    kind: str
    text: str


@dataclass(frozen=True)
class Repaired:
    """A line after repair, the rules that fired, and what stayed open."""

    text: str
    rules: tuple[str, ...] = ()


def repair(line: str, closed: frozenset[int] = frozenset()) -> Repaired:
    """Put the subscripts of one physical line back and take out stray spaces.

    Rules: ``slid-subscripts`` when numbers moved over letters, ``stray-spaces`` when only spaces went, ``open-subscript`` when
    more places are open than there are numbers, so that the place of a number is not certain (see :func:`alternatives`).

    Parameters
    ----------
    closed
        Spaces, by their place among the tokens of the line, that held no subscript.

    >>> repair("Li SiS  4 4").text, repair("Li 1.4 Ti Si 2 0.4 P 2.6 O 12").text, repair("0.7Li O-0.3P O2 2 5").text
    ('Li4SiS4', 'Li1.4Ti2Si0.4P2.6O12', '0.7Li2O-0.3P2O5')
    """
    if len(line.split()) < 2:  # nothing moved and nothing is open: four lines of five
        return Repaired(line.strip())
    tokens = _tokens(line)
    moved, uncertain = _fill(tokens, closed)
    text = "".join(token.text for token in tokens).rstrip()
    rules = []
    if moved:
        rules.append("slid-subscripts")
    elif text != line.strip():
        rules.append("stray-spaces")
    if uncertain:
        rules.append("open-subscript")
    return Repaired(text, tuple(rules))


def alternatives(line: str) -> tuple[str, ...]:
    """Every way to deal out the numbers of a line that could stand elsewhere, the first being that of :func:`repair`.

    They could where a run has no more numbers than open places: a space may then be a stray one. Otherwise there is none.

    >>> alternatives("Li Ti P O 2 4")[:3]
    ('Li2Ti4PO', 'Li2TiP4O', 'LiTi2P4O')
    """
    tokens = _tokens(line)
    found: dict[str, None] = {}
    for run in _runs(tokens, frozenset()):
        if len(run.gaps) >= len(run.numbers):
            for kept in (len(run.numbers), len(run.numbers) - 1):  # one less: the last number stands behind the last letter
                for places in combinations(run.gaps, kept):
                    found[repair(line, frozenset(run.gaps) - set(places)).text] = None
    return tuple(found)


def _tokens(line: str) -> list[_Token]:
    tokens = [_Token(str(match.lastgroup), match.group()) for match in _TOKEN.finditer(line.strip())]
    _mark_coefficients(tokens)
    _mark_plain_gaps(tokens)
    return tokens


def _mark_coefficients(tokens: list[_Token]) -> None:
    """Numbers that count a constituent of a mixture are no subscripts.

    They stand at the start of the line, behind a separator, before ``wt%``, or glued to an opening bracket behind a space
    (``0.4(Li2S) 0.6(GeS2)``). Behind a separator that ends the line's letters only the first of several numbers can be one,
    and only when more numbers follow than places are open.
    """
    start = True
    for place, token in enumerate(tokens):
        if token.kind == "gap":
            continue
        if token.kind == "number":
            following = tokens[place + 1 :]
            glued = bool(following) and following[0].text == "("
            behind_gap = place > 0 and tokens[place - 1].kind == "gap"
            only_numbers = all(other.kind in ("gap", "number") for other in following)
            if (start and not only_numbers) or (glued and behind_gap) or _next_kind(following) == "weight" or (start and place == 0):
                token.kind = "coefficient"
            elif start:
                run = 1 + sum(other.kind == "number" for other in following)
                if run > len(_open_gaps(tokens[:place])):
                    token.kind = "coefficient"
        start = token.kind in ("separator", "weight")


def _next_kind(tokens: list[_Token]) -> str:
    return next((token.kind for token in tokens if token.kind != "gap"), "")


def _mark_plain_gaps(tokens: list[_Token]) -> None:
    """Spaces that the author typed: around a separator, around a coefficient and before ``wt%``."""
    for place, token in enumerate(tokens):
        if token.kind != "gap":
            continue
        before = tokens[place - 1] if place else None
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        spaced = after is not None and after.kind == "separator" and place + 2 < len(tokens) and tokens[place + 2].kind == "gap"
        ends = after is not None and after.kind == "separator" and place + 2 == len(tokens)
        typed = (
            (before is not None and before.kind in ("separator", "coefficient", "weight"))
            or (after is not None and after.kind in ("coefficient", "weight"))
            or ((spaced or ends) and len(token.text) == 1)
        )
        if typed:
            token.kind = "space"
            token.text = " "


def _is_open(tokens: list[_Token], place: int) -> bool:
    """Whether a token is a space that may have held a subscript: behind a letter or a closing bracket."""
    before = tokens[place - 1] if place else None
    return tokens[place].kind == "gap" and before is not None and (before.kind == "letter" or before.text in (")", "]"))


def _open_gaps(tokens: list[_Token]) -> list[int]:
    return [place for place in range(len(tokens)) if _is_open(tokens, place)]


@dataclass
class _Run:
    """A run of numbers and the open places in the letters before it (``gaps``), beside the place where the run stands."""

    gaps: list[int]
    numbers: list[int]


def _runs(tokens: list[_Token], closed: frozenset[int]) -> list[_Run]:
    """Runs of numbers, each with the open spaces since the run before. The space right before a run only separates."""
    runs: list[_Run] = []
    gaps: list[int] = []
    place = 0
    while place < len(tokens):
        if tokens[place].kind != "number":
            if _is_open(tokens, place) and place not in closed:
                gaps.append(place)
            place += 1
            continue
        numbers = [place]
        place += 1
        while place + 1 < len(tokens) and tokens[place].kind == "gap" and tokens[place + 1].kind == "number":
            numbers.append(place + 1)
            place += 2
        runs.append(_Run([gap for gap in gaps if gap != numbers[0] - 1], numbers))
        gaps = []
    return runs


def _fill(tokens: list[_Token], closed: frozenset[int]) -> tuple[bool, bool]:
    """Deal each run of numbers out to the places open before it. Returns whether any moved, and whether any is uncertain.

    A run that is longer than its places sends its last numbers back to the nearest places left open before
    (``0.75Li O-0.25P2S5 2``).
    """
    written: dict[int, str] = {}
    runs = _runs(tokens, closed)
    for at in range(len(runs) - 1, -1, -1):
        run = runs[at]
        earlier = [(before, gap) for before in runs[:at] for gap in before.gaps]
        surplus = min(len(run.numbers) - len(run.gaps) - 1, len(earlier))
        if surplus > 0:
            for (before, gap), number in zip(earlier[-surplus:], run.numbers[-surplus:], strict=True):
                written[gap] = tokens[number].text
                before.gaps.remove(gap)
                tokens[number].text = ""
            del run.numbers[-surplus:]
    uncertain = False
    for run in runs:
        texts = [tokens[number].text for number in run.numbers]
        uncertain = uncertain or len(run.gaps) > len(texts)
        written.update(zip(run.gaps, texts, strict=False))
        kept = texts[len(run.gaps) :]
        for place, text in zip(run.numbers, [*kept, *[""] * (len(texts) - len(kept))], strict=True):
            tokens[place].text = text
    for place, token in enumerate(tokens):
        if token.kind == "gap":
            token.text = written.get(place, "") + (" " if _before_spaced_separator(tokens, place) else "")
    return bool(written), uncertain


def _before_spaced_separator(tokens: list[_Token], place: int) -> bool:
    following = tokens[place + 1 : place + 3]
    return len(following) == 2 and following[0].kind == "separator" and following[1].kind in ("gap", "space")
