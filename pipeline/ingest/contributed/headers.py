"""Names of columns as people write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from schemas import columns as col

#: Other names of a column, lower case without white space and punctuation. Published names need no entry.
_NAMES: dict[col.Column, str] = {
    col.ID: "id name sample sampleid samplename entry entryid label identifier material key",
    col.REDUCED_COMPOSITION: "reducedcomposition reducedformula redcomposition redcomp compositionreduced formulaunit reduced "
    "compositionperformulaunit composition chemicalcomposition formula chemicalformula compound nominalcomposition",
    col.Z: "z formulaunits formulaunitspercell fu zformulaunits numberofformulaunits zvalue znumber cellformulaunitsz",
    col.TRUE_COMPOSITION: "truecomposition truecomp trueformula compositiontrue cellcomposition unitcellcomposition cellcontent "
    "cellcontents unitcellcontent unitcellcontents cellformula unitcellformula fullcomposition compositionpercell",
    col.IONIC_CONDUCTIVITY: "ionicconductivity conductivity ionicconductivityrt rtionicconductivity rtconductivity conductivityrt "
    "liionconductivity liconductivity ionconductivity sigma sigmart sigmaion sigmali sigmai "
    "roomtemperatureconductivity roomtemperatureionicconductivity ic ionicconductivitys",
    col.IC_TOTAL: "ictotal totalic totalconductivity sigmatotal sigmatot totalionicconductivity ionicconductivitytotal conductivitytotal",
    col.IC_BULK: "icbulk bulkic bulkconductivity sigmabulk sigmab bulkionicconductivity ionicconductivitybulk conductivitybulk",
    col.SPACE_GROUP: "spacegroup spacegroupsymbol sgsymbol spgsymbol hmsymbol hermannmauguin hermannmauguinsymbol symmetry "
    "spacegroupname spacegrouphm",
    col.SPACE_GROUP_NUMBER: "spacegroup# spacegroupnumber spacegroupno spacegroupnr spacegroupnum sg# sgnumber sgno sgnr spg# spgnumber "
    "spgno itnumber itno spacegroupitnumber spacegroupittables inttablesnumber sg spg #spacegroup",
    col.A: "a latticea latticeparametera cella celllengtha acell ao a0 lata lengtha aparameter",
    col.B: "b latticeb latticeparameterb cellb celllengthb bcell bo b0 latb lengthb bparameter",
    col.C: "c latticec latticeparameterc cellc celllengthc ccell co c0 latc lengthc cparameter",
    col.ALPHA: "alpha alfa al anglealpha cellalpha cellanglealpha latticealpha",
    col.BETA: "beta be anglebeta cellbeta cellanglebeta latticebeta",
    col.GAMMA: "gamma gama ga anglegamma cellgamma cellanglegamma latticegamma",
    col.FAMILY: "family structuralfamily structurefamily structuretype class",
    col.DOI: "doi reference paper publication doilink doiurl paperdoi source literature citation",
    col.NOTE: "note notes comment comments remark remarks",
    col.ICSD_ID: "icsdid icsd icsdcode icsdnumber icsdno icsd# icsdcollectioncode",
    col.CLOSE_MATCH: "closematch",
    col.CLOSE_MATCH_DOI: "closematchdoi",
    col.CIF_ID: "cifid",
}

#: Names that mean a column only when no other heading does: beside a composition, a compound is a name (LGPS).
_WEAK = frozenset(("name", "samplename", "material", "compound", "label", "key", "class", "symmetry",
                   "reference", "paper", "publication", "source", "literature", "citation"))  # fmt: skip
#: Words that may stand behind a name without changing what it means.
_PASSING = re.compile(r"(?:@|at)?(?:rt|roomtemp(?:erature)?|25c|25oc|298k|300k|20c|293k|30c|303k)$")
_AT_END = re.compile(r"(?:[\s,_]+(?:at\s*)?|\s*@\s*)(?:rt|room temp(?:erature)?|2\d\s*°?\s*c|298(?:.15)?\s*k|300\s*k)$", re.IGNORECASE)
_BEHIND_UNIT = re.compile(r"\s*(?:@|at)?\s*(?:rt|room temp(?:erature)?|2\d\s*°?\s*c|298(?:.15)?\s*k|300\s*k)\s*$", re.IGNORECASE)
#: Factor from a unit in a header to the unit of the release; units are compared without white space, dots and carets.
CONDUCTIVITY_UNITS = {
    f"{prefix}{unit}": power + shift
    for prefix, power in (("", 0), ("m", -3), ("u", -6), ("n", -9))
    for unit, shift in (("S/cm", 0), ("Scm-1", 0), ("S/m", -2), ("Sm-1", -2))
}
LENGTH_UNITS = {
    **dict.fromkeys(["A", "Å", "Ang", "ang", "Angstrom", "angstrom", "Angstroms", "angstroms", "Ångström", "ångström"], 0),
    "nm": 1,
    "pm": -2,
}
ANGLE_UNITS = dict.fromkeys(["°", "º", "deg", "deg.", "degree", "degrees", "Degree", "Degrees", "o"], 0)
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "σ": "sigma", "Σ": "sigma"}


@dataclass(frozen=True)
class Heading:
    """What a header cell means: the column, and the power of ten that brings its numbers to the unit of the release."""

    column: col.Column
    power: int = 0
    unknown_unit: str = ""
    unit: str = ""


def units(column: col.Column) -> dict[str, int]:
    """Units a column may be given in, with the power of ten that leads to the release's unit."""
    if column in (col.IONIC_CONDUCTIVITY, col.IC_TOTAL, col.IC_BULK):
        return CONDUCTIVITY_UNITS
    if column in (col.A, col.B, col.C):
        return LENGTH_UNITS
    return ANGLE_UNITS if column in col.LATTICE else {}


def plain_unit(text: str) -> str:
    """A unit in one spelling: ``S·cm^-1``, ``Ω−1 cm−1`` and ``S cm⁻¹`` are all ``Scm-1``."""
    text = unicodedata.normalize("NFKC", text).replace("−", "-").replace("–", "-")
    text = re.sub(r"[\s·.*^⋅(){}\[\]]", "", text).replace("Å", "Å")
    text = re.sub(r"^(m|u|μ|µ|n)?(?:Ω|Ω|[Oo]hm)-1", r"\1S", text).replace("μ", "u").replace("µ", "u")
    return re.sub(r"^S/m$|^s/cm$", lambda match: match[0].replace("s/", "S/"), text)


def shift(text: str, power: int) -> str:
    """A decimal number with its point moved by ``power`` digits: exact, no binary rounding."""
    return format(Decimal(text).scaleb(power).normalize(), "G") if power else text


def heading(cell: object) -> Heading | None:
    """Meaning of one header cell, ``None`` when it is no column of the release."""
    if not isinstance(cell, str) or not cell.strip() or len(cell) > 120:
        return None
    label = unicodedata.normalize("NFKC", cell).strip().strip("\ufeff").strip()
    for published in col.WORKBOOK:
        if label == published:
            return Heading(published)
    for greek, latin in _GREEK.items():
        label = label.replace(greek, latin)
    label = re.sub(r"[(\[]([^()\[\]]*)[)\]]", lambda match: "" if _PASSING.fullmatch(_key(match[1])) else match[0], label).strip()
    label = _AT_END.sub("", label)
    name, unit = _divided(label)
    column = _LOOKUP.get(_key(label)) or _LOOKUP.get(_key(name)) or _LOOKUP.get(_PASSING.sub("", _key(name)))
    if column is None:
        return None
    known = units(column)
    if not unit or not known or _LOOKUP.get(_key(label)) is not None:
        return Heading(column)
    if _PASSING.fullmatch(_key(unit)):
        return Heading(column)
    first, _, last = unit.partition(",")
    unit = last.strip() if last and _PASSING.fullmatch(_key(first)) else unit
    plain = {plain_unit(key): power for key, power in known.items()}
    spelt = plain_unit(_BEHIND_UNIT.sub("", unit).rstrip(" ,;"))
    if spelt in plain:
        return Heading(column, plain[spelt], "", unit)
    return Heading(column, 0, unit, unit)


def _divided(label: str) -> tuple[str, str]:
    """Name and unit of a header such as ``a (Å)``, ``a / Å``, ``sigma_RT [S/cm]`` or ``Conductivity, S cm-1``."""
    for pattern in (r"(.+?)\s*[(\[{](.*)[)\]}]\s*(?:at.*|@.*)?", r"(.+?)\s*/\s*(.+)", r"(.+?)\s*,\s*(.+)", r"(.+?)[\s_]+(\S+)"):
        match = re.fullmatch(pattern, label)
        if match:
            inner = re.fullmatch(r"(?:.*\))?\s*/\s*(.+)|(.+)", match[2].strip())
            unit = (inner[1] or inner[2]) if inner else match[2]
            if _LOOKUP.get(_key(match[1])) or _LOOKUP.get(_PASSING.sub("", _key(match[1]))):
                return match[1], unit.strip()
    return label, ""


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9#]", "", text.casefold())


_LOOKUP: dict[str, col.Column] = {_key(column): column for column in col.WORKBOOK}
for _column, _names in _NAMES.items():
    for _name in _names.split():
        _LOOKUP.setdefault(_name, _column)


def recognised(cells: Sequence[object]) -> int:
    """How many cells of a row are names of different columns."""
    return len({found.column for found in map(heading, cells) if found})


def is_weak(cell: object) -> bool:
    """Whether a heading gives way to another one that means the same column."""
    return isinstance(cell, str) and _key(cell) in _WEAK


def suggestion(label: str) -> str:
    """The published column that an unknown name may mean, ``""`` when none is near."""
    near = get_close_matches(_key(label), list(_LOOKUP), n=1, cutoff=0.75)
    return str(_LOOKUP[near[0]]) if near else ""
