"""Families: spelt as the vocabulary has them, and borne out by the elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from pipeline.checks.reading import Row
from pipeline.findings import Finding
from schemas import columns as col

Rule = Callable[[Mapping[str, float]], bool]
_HALOGENS = ("F", "Cl", "Br", "I")


def _all(*elements: str) -> Rule:
    return lambda c: all(c.get(e, 0) > 0 for e in elements)


def _any(*elements: str) -> Rule:
    return lambda c: any(c.get(e, 0) > 0 for e in elements)


def _both(first: Rule, second: Rule) -> Rule:
    return lambda c: first(c) and second(c)


def _none(*elements: str) -> Rule:
    return lambda c: not any(c.get(e, 0) > 0 for e in elements)


_OXIDE = _all("O")
_CHALCOGENIDE = _any("S", "Se")

#: The vocabulary: the release's own spelling of each family, what its compounds must hold, and that in words.
FAMILIES: Mapping[str, tuple[Rule, str]] = {
    "NASICON": (_both(_OXIDE, _any("P", "Si", "As", "V")), "oxygen and phosphorus, silicon, arsenic or vanadium"),
    "garnet": (_OXIDE, "oxygen"),
    "garnet-like": (_OXIDE, "oxygen"),
    "perovskites": (_any("O", *_HALOGENS), "oxygen or a halogen"),
    "antiperovskite": (_both(_any(*_HALOGENS), _any("O", "S", "H")), "a halogen and oxygen or sulfur"),
    "argyrodites": (_any("S", "Se", "O"), "sulfur, selenium or oxygen"),
    "LGPS": (_both(_CHALCOGENIDE, _all("P")), "phosphorus and sulfur or selenium"),
    "thio-LISICON": (_CHALCOGENIDE, "sulfur or selenium"),
    "LISICON": (_both(_OXIDE, _none("S", "Se")), "oxygen and no sulfur or selenium"),
    "LIPON": (_all("P", "O", "N"), "phosphorus, oxygen and nitrogen"),
    "oxides": (_both(_OXIDE, _none("S", "Se")), "oxygen and no sulfur or selenium"),
    "sulfides": (_all("S"), "sulfur"),
    "thio-phosphate": (_all("P", "S"), "phosphorus and sulfur"),
    "Chalcogenidotetrelates": (_both(_any("S", "Se", "Te"), _any("Si", "Ge", "Sn")), "a chalcogen and silicon, germanium or tin"),
    "phosphates": (_all("P", "O"), "phosphorus and oxygen"),
    "phosphides": (_both(_all("P"), _none("O", "S", "Se", *_HALOGENS)), "phosphorus and no more electronegative element"),
    "fluorophosphates": (_all("P", "O", "F"), "phosphorus, oxygen and fluorine"),
    "diphosphate": (_all("P", "O"), "phosphorus and oxygen"),
    "pyrophosphate": (_all("P", "O"), "phosphorus and oxygen"),
    "Borophosphates": (_all("B", "P", "O"), "boron, phosphorus and oxygen"),
    "Tavorite": (_both(_OXIDE, _any("P", "S", "As")), "oxygen and phosphorus, sulfur or arsenic"),
    "molybdates": (_all("Mo", "O"), "molybdenum and oxygen"),
    "zirconates": (_all("Zr", "O"), "zirconium and oxygen"),
    "silicates": (_all("Si", "O"), "silicon and oxygen"),
    "sugilites": (_all("Si", "O"), "silicon and oxygen"),
    "pyrochlore": (_any("O", "F"), "oxygen or fluorine"),
    "boracites": (_both(_all("B", "O"), _any(*_HALOGENS)), "boron, oxygen and a halogen"),
    "copper pyroborate": (_all("Cu", "B", "O"), "copper, boron and oxygen"),
    "fluorooxoborate": (_all("B", "O", "F"), "boron, oxygen and fluorine"),
    "hexaoxometalates": (_OXIDE, "oxygen"),
    "Lanthanumlithiumoxide": (_all("La", "O"), "lanthanum and oxygen"),
    "halides": (_any(*_HALOGENS), "a halogen"),
    "chlorides": (_all("Cl"), "chlorine"),
    "fluorides": (_all("F"), "fluorine"),
    "bromides": (_all("Br"), "bromine"),
    "iodides": (_all("I"), "iodine"),
    "hydrides": (_all("H"), "hydrogen"),
    "nitrides": (_all("N"), "nitrogen"),
    "boron nitride": (_all("B", "N"), "boron and nitrogen"),
    "nitridosilicates": (_all("Si", "N"), "silicon and nitrogen"),
    "layered": (lambda c: bool(c), "any element"),
}
_BY_KEY = {name.casefold(): name for name in FAMILIES}
_LETTERS = {key: frozenset(key) for key in _BY_KEY}
#: Part of the letters that two spellings of one name share, by difflib's count.
ALIKE = 0.85


def family_findings(rows: Sequence[Row]) -> Iterator[Finding]:
    """Findings of ``family.*``. A blank family is none of them."""
    for row in rows:
        written = row.text(col.FAMILY)
        if not written:
            continue
        name = written
        if written not in FAMILIES:
            name = nearest(written)
            yield Finding(
                row.id, "family.vocabulary", "warning",
                f"{written} is not in the vocabulary of families{f'; {name} is' if name else ''}.",
                column=col.FAMILY, value=written, expected=name,
            )  # fmt: skip
        if name and row.reduced is not None and not FAMILIES[name][0](row.reduced):
            said = f"The family of {row.text(col.REDUCED_COMPOSITION)} is given as {written}, whose compounds hold {FAMILIES[name][1]}."
            yield Finding(row.id, "family.composition", "warning", said, column=col.FAMILY, value=written)


@lru_cache(maxsize=1024)
def nearest(written: str) -> str:
    """The name of the vocabulary that a spelling stands for: another case or number, a slip of a letter or two; else ``""``."""
    import difflib

    key = written.casefold()
    for candidate in (key, key + "s", key.removesuffix("s"), key.removesuffix("es")):
        if candidate in _BY_KEY:
            return _BY_KEY[candidate]
    letters = frozenset(key)
    # a letter that only one of the two has is one that does not match: most names need not be compared letter by letter
    likely = [name for name, own in _LETTERS.items() if len(letters ^ own) <= (1 - ALIKE) * (len(key) + len(name)) + 1e-9]
    close = difflib.get_close_matches(key, likely, n=1, cutoff=ALIKE)
    return _BY_KEY[close[0]] if close else ""
