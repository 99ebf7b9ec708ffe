"""Can a formula be neutral?

Every element takes its common oxidation states, and an element may take several at once (mixed valence). The charge that an
element of amount n can bring is then every value between n times its lowest and n times its highest state, and the charge of
the formula every value between the sums: whether zero lies in that interval answers the question exactly.

States are the common ones of ionic solids (Greenwood and Earnshaw, Chemistry of the Elements, 2nd ed., 1997), narrowed by the
company an element keeps: phosphorus is +5 beside oxygen and -3 in a phosphide, hydrogen +1 in an amide and -1 in a borohydride.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.chemistry.formula import ROUNDING

#: Lowest and highest common oxidation state of elements that keep theirs in any company.
FIXED: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("Li", "Na", "K", "Rb", "Cs", "Ag"), (1, 1)),
    **dict.fromkeys(("Be", "Mg", "Ca", "Sr", "Ba", "Zn", "Cd"), (2, 2)),
    **dict.fromkeys(("Al", "Sc", "Y", "La", "Nd", "Sm", "Gd", "Dy", "Ho", "Er", "Tm", "Lu", "Ga", "In"), (3, 3)),
    **dict.fromkeys(("Ce", "Pr", "Tb"), (3, 4)),
    **dict.fromkeys(("Eu", "Yb"), (2, 3)),
    **dict.fromkeys(("Zr", "Hf", "Th"), (4, 4)),
    **dict.fromkeys(("Nb", "Ta"), (5, 5)),
    "Ti": (3, 4), "Mn": (2, 4), "Fe": (2, 3), "Co": (2, 3), "Ni": (2, 3), "Cu": (1, 2),
    "Mo": (4, 6), "Re": (4, 7), "Ru": (3, 5), "Rh": (3, 4), "Ir": (3, 5), "Pd": (2, 4), "Pt": (2, 4), "Au": (1, 3),
    "Hg": (1, 2), "Tl": (1, 3), "Pb": (2, 4), "U": (4, 6), "F": (-1, -1), "O": (-2, -2),
}  # fmt: skip
#: States without and beside oxygen.
_BESIDE_OXYGEN: Mapping[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "V": ((2, 5), (3, 5)), "Cr": ((2, 3), (3, 3)), "W": ((4, 6), (5, 6)),
}  # fmt: skip
HALOGENS = frozenset(("Cl", "Br", "I"))
_ANIONS = frozenset(("O", "S", "Se", "F", *HALOGENS))
#: Elements around which oxygen gathers before it does around S, N, C or a halogen (Li4B7O12Cl is a chloride, no perchlorate).
_CENTRES = frozenset(("B", "Si", "P", "Ge", "As", "Sb", "V", "Nb", "Ta", "Ti", "Zr", "Hf", "Mo", "W", "Te"))
#: Lowest and highest state of the centre of an oxoanion, and the oxygens it needs there (SO3 2- and SO4 2-, NO2- and NO3-, C2O4 2-
#: and CO3 2-, ClO4-). A halogen may be a halide all the same, beside the oxide of a metal.
_OXOANION: Mapping[str, tuple[float, float, float]] = {
    "S": (4, 6, 3), "Se": (4, 6, 3), "N": (3, 5, 2), "C": (3, 4, 2), "Cl": (-1, 7, 3), "Br": (-1, 7, 3), "I": (-1, 7, 3),
}  # fmt: skip


@dataclass(frozen=True)
class Balance:
    """How near a formula comes to neutral.

    Attributes
    ----------
    excess
        Charge per formula that is left over at best (positive or negative), 0 when the formula can be neutral, ``None`` when it
        holds an element whose states are not known here.
    rounding
        Charge that the rounding of the coefficients can hide.
    states
        Lowest and highest state allowed of each element.
    """

    excess: float | None
    rounding: float
    states: Mapping[str, tuple[float, float]]

    @property
    def assignment(self) -> str:
        """The states allowed, as a text: ``Li +1, Ti +3 to +4, O -2``."""
        return ", ".join(f"{element} {_text(interval)}" for element, interval in self.states.items())


def balance(composition: Mapping[str, float]) -> Balance:
    """Nearest approach to neutrality over all assignments of common states.

    >>> balance({"Li": 7, "P": 3, "S": 11}).excess
    0.0
    >>> balance({"Li": 7, "P": 3, "S": 12}).excess
    -2.0
    """
    allowed: dict[str, tuple[float, float]] = {}
    low = high = rounding = 0.0
    for element, amount in composition.items():
        interval = states(element, composition)
        if interval is None:
            return Balance(None, 0.0, {})
        allowed[element] = interval
        low += amount * interval[0]
        high += amount * interval[1]
        if abs(amount - round(amount)) > 1e-6:
            rounding += ROUNDING * max(map(abs, interval))
    excess = low if low > 0 else min(high, 0.0)
    return Balance(excess, rounding, allowed)


def states(element: str, composition: Mapping[str, float]) -> tuple[float, float] | None:
    """Lowest and highest common state of an element in a composition, ``None`` when the element is not known here."""
    if element in FIXED:
        return FIXED[element]
    if element in _BESIDE_OXYGEN:
        return _transition(element, composition)
    if element == "H":
        return _hydrogen(composition)
    if element == "B":
        hydrogens = composition.get("H", 0)
        return (0, 3) if 0 < hydrogens < 4 * composition["B"] and "O" not in composition else (3, 3)
    if element in ("P", "As"):
        return _pnictogen(element, composition)
    if element in ("Si", "Ge", "Sn"):
        if not _ANIONS & set(composition) and not {"N", "P", "As"} & set(composition):
            return (-4, 4)
        return (2, 4) if element == "Sn" else (4, 4)
    if element in ("Sb", "Bi"):
        return (3, 5) if _ANIONS & set(composition) else (-3, 5)
    if element == "Te":
        return (4, 6) if "O" in composition else (-2, -2)
    if element == "C" and "H" in composition:
        return (-4, 4)
    if element in _OXOANION:
        return _oxoanion(element, composition)
    return None


def _transition(element: str, composition: Mapping[str, float]) -> tuple[float, float]:
    """Low states of early transition metals belong to halides and chalcogenides (Li2VCl4), not to oxides."""
    other, beside_oxygen = _BESIDE_OXYGEN[element]
    if "O" not in composition:
        return other
    is_chromate = element == "Cr" and composition["O"] >= 4 * composition["Cr"] and not _CENTRES & set(composition)
    return (beside_oxygen[0], 6) if is_chromate else beside_oxygen


def _hydrogen(composition: Mapping[str, float]) -> tuple[float, float]:
    protic = {"O", "N", "C"} & set(composition)
    hydridic = {"B", "Al"} & set(composition) or len(composition) == 2
    if protic and hydridic and "O" not in composition:
        return (-1, 1)
    return (1, 1) if protic or not hydridic else (-1, -1)


def _pnictogen(element: str, composition: Mapping[str, float]) -> tuple[float, float]:
    if not _ANIONS & set(composition) and "N" not in composition:
        return (-3, -3)
    chalcogens = composition.get("S", 0) + composition.get("Se", 0)
    # P2S6(4-), the ethane-like hexathiohypodiphosphate, has one P-P bond and P +4; PS4 and P2S7 have P +5.
    paired = "O" not in composition and 0 < chalcogens <= 3 * composition[element] + 1e-6
    return (4, 5) if paired else (5, 5) if element == "P" else (3, 5)


def _oxoanion(element: str, composition: Mapping[str, float]) -> tuple[float, float]:
    low, high, oxygens = _OXOANION[element]
    if not _CENTRES & set(composition) and composition.get("O", 0) >= oxygens * composition[element]:
        return (low, high)
    if element == "C":
        return (-4, 4)
    lowest = -3 if element == "N" else -1 if element in HALOGENS else -2
    return (lowest, lowest)


def _text(interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{low:+g}" if low == high else f"{low:+g} to {high:+g}"
