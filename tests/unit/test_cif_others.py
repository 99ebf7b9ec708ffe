"""The reader beside pymatgen's and ASE's: where they differ, and why ours is right (each content is written down from the formula)."""

from __future__ import annotations

import io
import warnings

import pytest

from tests.unit.difficult import Case, cases

_SYMBOL = "does not know the symbol's spelling"
#: Variations that pymatgen 2026 reads otherwise or not at all.
PYMATGEN = {
    "dotted names": "knows only names with underscores",
    "names in capitals": "compares names letter by letter",
    "byte order mark": "takes the mark for a part of the heading",
    "no operations, Hall symbol only": "does not look at the Hall symbol: reads P 1",
    "generators only": "takes the list for complete",
    "occupancies blank": "reads a point as nothing and drops the site; the dictionary's default is 1",
    "a site without a position": "cannot read a question mark as a coordinate",
    "rhombohedral axes, no operations": _SYMBOL,
    "rhombohedral axes told by the cell": "takes hexagonal axes without looking at the cell",
    "origin 1, symbol with a colon": _SYMBOL,
    "origin 1, symbol of the ICSD": _SYMBOL,
    "origin 2, symbol with a colon": _SYMBOL,
    "origin 2, symbol of the ICSD": _SYMBOL,
    "origin 2, symbol that leaves it open": "takes origin 1 without looking at the atoms",
    "origin 2, symbol without the minus": _SYMBOL,
    "cell choice P21/n": _SYMBOL,
    "cell choice P2(1)/n": _SYMBOL,
    "attached hydrogens": "takes a water molecule's hydrogens only beside its own list of labels",
    "Cartesian coordinates": "reads fractional coordinates only",
    "thirds to four digits": "merges images closer than 0.0001, which three digits are not",
    "x, 2x to four digits": "merges images closer than 0.0001, which rounding to four digits need not be",
}
#: Variations that ASE 3.29 reads otherwise or not at all.
ASE = {
    "dotted names": "knows only names with underscores",
    "byte order mark": "takes the mark for a part of the heading",
    "no operations, Hall symbol only": "does not look at the Hall symbol: reads P 1",
    "generators only": "takes the list for complete",
    "types in capitals": "knows elements by their proper spelling only",
    "no types, labels in capitals": "knows elements by their proper spelling only",
    "occupancies blank": "adds the point to the numbers",
    "a dummy site": "has no element for it",
    "a site without a position": "cannot read a question mark as a coordinate",
    "cell in a loop": "expects items outside a loop",
    "rhombohedral axes, no operations": _SYMBOL,
    "rhombohedral axes told by the cell": "takes hexagonal axes without looking at the cell",
    "origin 1, operations": "wants a symbol or a number beside the operations",
    "origin 2, operations": "wants a symbol or a number beside the operations",
    "origin 1, symbol with a colon": _SYMBOL,
    "origin 1, symbol of the ICSD": _SYMBOL,
    "origin 2, symbol with a colon": _SYMBOL,
    "origin 2, symbol of the ICSD": _SYMBOL,
    "origin 2, symbol that leaves it open": "takes origin 1 without looking at the atoms",
    "origin 2, symbol without the minus": _SYMBOL,
    "cell choice P 1 21/n 1": _SYMBOL,
    "cell choice P21/n": _SYMBOL,
    "cell choice P 1 2_1/n 1": _SYMBOL,
    "cell choice P2(1)/n": _SYMBOL,
    "attached hydrogens": "does not look at them",
    "thirds to four digits": "merges images closer than 0.001, which three digits are not",
}  # fmt: skip
CASES = cases()


def by_pymatgen(text: str) -> dict[str, float]:
    """Content of the cell by pymatgen."""
    from pymatgen.io.cif import CifParser

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        structure = CifParser.from_str(text, occupancy_tolerance=1.1).parse_structures(primitive=False)[0]
    content: dict[str, float] = {}
    for site in structure:
        for species, amount in site.species.items():
            symbol = "H" if species.symbol == "D" else species.symbol
            content[symbol] = content.get(symbol, 0.0) + amount
    return content


def by_ase(text: str) -> dict[str, float]:
    """Content of the cell by ASE, occupancies counted."""
    import ase.io

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ase.io.read(io.StringIO(text), format="cif", index=0)
    content: dict[str, float] = {}
    occupancies = found.info.get("occupancy")
    kinds = found.arrays["spacegroup_kinds"] if occupancies else range(len(found))
    for kind, symbol in zip(kinds, found.get_chemical_symbols(), strict=True):
        for element, amount in (occupancies[str(kind)] if occupancies else {symbol: 1.0}).items():
            content[element] = content.get(element, 0.0) + amount
    return content


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in PYMATGEN], ids=lambda case: case.name)
def test_pymatgen_reads_the_same(case: Case) -> None:
    assert by_pymatgen(case.text) == pytest.approx(case.content, abs=1e-3)


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in ASE], ids=lambda case: case.name)
def test_ase_reads_the_same(case: Case) -> None:
    assert by_ase(case.text) == pytest.approx(case.content, abs=1e-3)


def test_the_differences_named_are_of_variations_that_exist() -> None:
    names = {case.name for case in CASES}
    assert set(PYMATGEN) <= names
    assert set(ASE) <= names
