"""The numbers that the paper prints about its data, beside what the data hold.

Therrien et al., Digital Discovery 2025, DOI 10.1039/D5DD00441A (accepted manuscript). Its counts describe release 1.0.1. A printed number
that no reading of the data gives is said to differ, with the reason; one that rests on data which are not published is said to be out of
reach. Nothing here is adjusted to agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

RELEASE = "1.0.1"
Verdict = Literal["agrees", "differs", "out of reach"]
Numbers = Mapping[str, Any]


@dataclass(frozen=True)
class Claim:
    """A number the paper prints.

    Attributes
    ----------
    section
        Where it stands.
    what
        What it counts.
    printed
        As it is printed.
    found
        The same from the data, written as the paper writes it; ``None``, or a blank, where the data cannot tell.
    definition
        How it is counted.
    reason
        Why it differs or is out of reach; shown only then.
    """

    section: str
    what: str
    printed: str
    found: Callable[[Numbers], str] | None
    definition: str
    reason: str = ""


@dataclass(frozen=True)
class Compared:
    """A claim held against the data: the claim's texts, what was found, and the verdict."""

    section: str
    what: str
    printed: str
    found: str
    verdict: Verdict
    definition: str
    reason: str


def paper(statistics: Numbers, entries: pd.DataFrame) -> list[Compared]:
    """Every number of the paper's data section against a release's statistics.

    Parameters
    ----------
    statistics
        :func:`pipeline.reporting.statistics.statistics` with groups and both source tables.
    entries
        The entries it was made from.
    """
    numbers = {**statistics, "garnet": _garnet(entries)}
    return [_compared(claim, numbers) for claim in CLAIMS]


def _compared(claim: Claim, numbers: Numbers) -> Compared:
    found = "" if claim.found is None else claim.found(numbers)
    verdict: Verdict = "out of reach" if not found else "agrees" if found == claim.printed else "differs"
    unknown = "not known; the definition beside it is how this program counts"
    reason = "" if verdict == "agrees" else unknown if found and claim.reason == _MCHAFFIE else claim.reason or unknown
    return Compared(claim.section, claim.what, claim.printed, found, verdict, claim.definition, reason)


def _garnet(entries: pd.DataFrame) -> tuple[float, float]:
    """Decades between the conductivity of tetragonal Li7La3Zr2O12 and the least and most conducting cubic one."""
    rows = entries[entries[col.REDUCED_COMPOSITION] == "Li7La3Zr2O12"]
    tetragonal, cubic = (rows.loc[rows[col.SPACE_GROUP_NUMBER] == number, col.IONIC_CONDUCTIVITY] for number in (142, 230))
    if tetragonal.empty or cubic.empty:
        return math.nan, math.nan
    return math.log10(cubic.min() / tetragonal.max()), math.log10(cubic.max() / tetragonal.min())


def _at(*path: str | int) -> Callable[[Numbers], str]:
    """The number at a path of the statistics."""

    def found(numbers: Numbers) -> str:
        value: Any = numbers
        for key in path:
            value = value[key]
        return str(value)

    return found


def _mchaffie(key: str) -> Callable[[Numbers], str]:
    """A number of the overlap with McHaffie et al., blank where their table is not among the sources."""

    def found(numbers: Numbers) -> str:
        return str(numbers.get("literature", {}).get("mchaffie", {}).get(key, ""))

    return found


def _percent(*path: str | int) -> Callable[[Numbers], str]:
    def found(numbers: Numbers) -> str:
        value: Any = numbers
        for key in path:
            value = value[key]
        return f"{value:.1%}".replace("%", " %")

    return found


def _about(numbers: Numbers) -> str:
    return f"about {5 * round(20 * numbers['partial_occupancy']['share'])} %"


def _largest_group(numbers: Numbers) -> str:
    largest = numbers["groups"]["largest"][0]
    with_167 = largest["spacegroups"].get("167", 0)
    return str(largest["entries"]) if with_167 == largest["entries"] else f"{largest['entries']}, of which {with_167} in 167"


def _ranked_elements(numbers: Numbers) -> str:
    """The elements after lithium and oxygen; the next four, equal counts in alphabetical order."""
    counts = {element: count for element, count in numbers["elements"]["counts"].items() if element not in ("Li", "O")}
    return ", ".join(list(counts)[:4])


def _bounded(numbers: Numbers) -> str:
    values = numbers["bounds"]["values"]
    return "all" if set(values) == {"<1e-10"} else f"{values.get('<1e-10', 0)} of {numbers['bounds']['all']}"


def _orders(numbers: Numbers) -> str:
    low, high = numbers["garnet"]
    return "2 decades" if round(low) == round(high) == 2 else f"{low:.1f} to {high:.1f} decades"


def _prevalence(numbers: Numbers) -> str:
    group = next(each for each in numbers["spacegroups"]["counts"] if each["number"] == 167)
    train, test = group["train"] / numbers["entries"]["train"], group["test"] / numbers["entries"]["test"]
    return "more in train" if train > 2 * test else f"{train:.0%} against {test:.0%}"


def _wider(numbers: Numbers) -> str:
    spread = numbers["conductivity"]
    return "larger" if spread["test_structures"]["variance"] > spread["test"]["variance"] else "not larger"


_ICSD = "an ICSD collection code stands in the column ICSD ID or in a reference to the structure file (Cif ref_1, Cif ref_2)"
_REPEATS = "same true composition, letter by letter without white space, and same space group number"
_MCHAFFIE = "The table of McHaffie et al. is not among the sources here: declare it (raw/declarations/mchaffie.toml)."
_SHARED = "entries for which a record was found, one to one, of the same composition within rounding and with a DOI in common"
CLAIMS: tuple[Claim, ...] = (
    Claim("2", "records of Liverpool Ionics", "820", _at("liion", "records"), "rows of the source table"),
    Claim("2", "of these at room temperature", "465", _at("liion", "at_room_temperature"), "measured at 15 to 35 degrees C"),
    Claim("2", "lowest temperature, degrees C", "5", lambda n: f"{n['liion']['lowest_temperature']:g}", "smallest temperature"),
    Claim("2", "highest temperature, degrees C", "873", lambda n: f"{n['liion']['highest_temperature']:g}", "largest temperature"),
    Claim("2", "records of Laskowski et al.", "1346", _at("laskowski", "records"), "records recovered from the source text"),
    Claim("2", "of these matched to the ICSD", "344", _at("laskowski", "with_icsd"), "records with an ICSD collection code",
          "346 records bear a code, 334 codes are different, and one record with a code lacks its space group: no count gives 344."),
    Claim("1", "entries", "599", _at("entries", "all"), "rows of the workbook"),
    Claim("3.1", "tetragonal below cubic Li7La3Zr2O12", "2 decades", _orders,
          "cubic (230) against tetragonal (142) entries of the reduced composition Li7La3Zr2O12",
          "Of the four cubic entries three lie 1.9 to 2.5 decades above the tetragonal one, the fourth (etz) lies with it."),
    Claim("3.2", "entries from other sources", "15", lambda n: str(len(n["sources"]["columns"]["in_neither_table"])),
          "neither Laskowski ID nor Liion ID"),
    Claim("Fig. 2b", "entries in none of the three sources", "2", lambda n: str(len(n["sources"]["columns"]["in_none"])),
          "none of ICSD ID, Laskowski ID, Liion ID"),
    Claim("3.2", "entries shared with McHaffie et al.", "256", _mchaffie("linked"), _SHARED, _MCHAFFIE),
    Claim("3.2", "of these also in Laskowski et al.", "238", _mchaffie("linked_in_laskowski"),
          f"{_SHARED}, for which a Laskowski record was found", _MCHAFFIE),
    Claim("3.2", "entries with a structure", "321", _at("structures", "all"), "structure files with a row"),
    Claim("3.2", "exact matches in the ICSD", "234", _at("structures", "declared_exact_icsd"), f"not a close match, and {_ICSD}"),
    Claim("3.2", "structures retrieved by hand", "27", _at("structures", "declared_exact_elsewhere"),
          "not a close match, and no ICSD code"),
    Claim("3.2", "close matches", "60", _at("structures", "declared_close"), "close match is Yes"),
    Claim("3.2", "proprietary structures", "292", _at("structures", "proprietary"), f"exact and close matches for which {_ICSD}"),
    Claim("Data", "structures with added noise", "291", _at("structures", "proprietary"), f"exact and close matches for which {_ICSD}",
          "Section 3.2 prints 292 for the same files, which is what the data hold. No file says whether it bears noise."),
    Claim("3.2", "standard deviation of the noise", "0.01", None, "fractional coordinates",
          "The original coordinates are proprietary and not published, so the noise cannot be measured."),
    Claim("3.3", "training entries", "478", _at("entries", "train"), "rows of train_idx.csv"),
    Claim("3.3", "training entries with a structure", "254", _at("structures", "train"), "rows of train_idx.csv with a structure file"),
    Claim("3.3", "test share", "20.2 %", _percent("entries", "test_share"), "test entries of all entries"),
    Claim("3.3", "test share among structures", "20.9 %", _percent("structures", "test_share"), "test entries of those with a structure"),
    Claim("3.3", "entries plotted at 1e-15 that read <1E-10", "all", _bounded, "bounds of the conductivity as the workbook writes them",
          "One of the 37 bounds reads <1E-8; processed.csv gives it 1e-15 like the others."),
    Claim("3.3", "largest group, all in space group 167", "106", _largest_group,
          "connected entries: any DOI in common, or the same reduced composition as written",
          "The group of 106 is there; 104 of its entries have space group 167, one has 148 and one has 168. The true instead of the "
          "reduced composition gives the same; stoichiometry gives 105 with 167 among 107."),
    Claim("3.3", "space group 167", "more in train", _prevalence, "share of the training and of the test set; more is twice"),
    Claim("3.3", "space groups", "55", _at("spacegroups", "all"), "different space group numbers"),
    Claim("3.3", "space groups only in the test set", "4", lambda n: str(len(n["spacegroups"]["only_in_test"])), "different numbers"),
    Claim("3.3", "elements", "55", _at("elements", "all"), "different elements in the reduced compositions"),
    Claim("3.3", "entries with lithium", "599", _at("elements", "counts", "Li"), "lithium in the reduced composition"),
    Claim("3.3", "commonest elements after Li and O", "P, La, S, Ti", _ranked_elements,
          "entries that contain the element; sulfur and titanium are equal"),
    Claim("3.3", "elements only in the test set", "Ag", lambda n: ", ".join(n["elements"]["only_in_test"]), "reduced compositions"),
    Claim("3.3", "structures with partial occupancy", "245", _at("partial_occupancy", "all"), "some site has an occupancy below one"),
    Claim("3.3", "share of the structures", "about 75 %", _about, "to the nearest 5 %"),
    Claim("3.3", "of these in the test set", "53", _at("partial_occupancy", "test"), "some site has an occupancy below one"),
    Claim("3.3", "of these in the training set", "192", _at("partial_occupancy", "train"), "some site has an occupancy below one"),
    Claim("3.3", "test structures", "67", _at("structures", "test"), "rows of test_idx.csv with a structure file"),
    Claim("4", "sets of repeated measurements", "48", _at("repeats", "sets"), _REPEATS),
    Claim("4", "entries in these sets", "122", _at("repeats", "entries"), _REPEATS),
    Claim("Fig. 3", "largest lattice difference in a set", "1.2 %", _percent("repeats", "largest_lattice_difference"),
          "largest relative difference of a, b or c between two entries of a set, in the setting that fits best"),
    Claim("4", "root mean squared deviation from set means", "0.63", lambda n: f"{n['repeats']['rmsd_from_means']:.2f}",
          "log10, over all entries of the sets"),
    Claim("4", "mean absolute deviation from set medians", "0.41", lambda n: f"{n['repeats']['mad_from_medians']:.2f}",
          "log10, over all entries of the sets"),
    Claim("4.3", "variance of the test set's structures", "larger", _wider, "log10 of the conductivity, against the full test set"),
)  # fmt: skip
