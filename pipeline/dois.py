"""DOIs: what a text that cites a paper says, and the one name by which papers compare. No other module takes a DOI apart.

A text becomes a name in four steps: white space and the address in front of it go (:func:`without_address`), capitals become small,
the suffix that a publisher gives to a supplement goes (:func:`bare`), and the German edition of Angewandte Chemie becomes the
international one (:func:`paper`). Tables keep the bare DOI, which names what the source cites; papers compare by :func:`paper`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.safety.remembered import TEXTS

#: Stands between the DOIs of one cell.
SEPARATOR = "|"
#: DOI handbook, 2.2: a prefix 10.NNNN and a suffix of printable characters after a slash.
SYNTAX = re.compile(r"10\.\d{4,9}/[^\s|\"{}\\^`]+")
#: Addresses and labels in front of a DOI, anywhere in a text.
_ADDRESS = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi\.org/|\bdoi\s*:\s*", re.IGNORECASE)
#: Supplements bear the paper's DOI and a suffix: .s001 (American Chemical Society), /suppl_file/... and .supp1 elsewhere.
_SUPPLEMENT = re.compile(r"(?:\.s\d{3}|/suppl[^/]*(?:/[^/]*)?|\.supp\d*)$", re.IGNORECASE)
_GERMAN = re.compile(r"^10\.1002/ange\.")
_INTERNATIONAL = "10.1002/anie."
#: ChemInform prints abstracts of papers under DOIs of its own.
_ABSTRACT = "10.1002/chin."
#: Prefixes of ChemRxiv, arXiv and Research Square.
_PREPRINTS = ("10.26434/", "10.48550/", "10.21203/")
#: Covers and other front matter have DOIs of their own: Wiley numbers them from 70000 (and 80000, 90000 in Angewandte) within a year, where
#: papers begin with 0 to 3; ACS names them by volume and issue; RSC numbers from 90000.
_FRONT_MATTER = re.compile(
    r"10\.1002/[a-z]{3,4}\.(?:19|20)\d\d[789]\d{4}"
    r"|10\.1021/[a-z]+v\d{3}i\d{3}(?:_\d+)?"
    r"|10\.1039/[a-d]\d[a-z]{2}9\d{4}[a-z\d]"
)
#: Tables part DOIs by semicolons too, which some DOIs hold: only one before another DOI parts two.
_BETWEEN = re.compile(r"\s*[;|]\s*(?=10\.\d)")


def is_doi(text: str) -> bool:
    """Whether a text is one DOI and nothing else.

    >>> is_doi("10.1021/jacs.7b06327"), is_doi("https://doi.org/10.1021/jacs.7b06327"), is_doi("Li et al.")
    (True, False, False)
    """
    return SYNTAX.fullmatch(text) is not None


def without_address(text: str) -> str:
    """The text without the addresses and labels in front of its DOIs, and without outer white space; the letters stay as they are.

    >>> without_address(" https://dx.doi.org/10.1021/JACS.7b06327 ")
    '10.1021/JACS.7b06327'
    """
    return _ADDRESS.sub("", text).strip()


@lru_cache(maxsize=TEXTS)
def bare(doi: str) -> str:
    """A DOI in lower case, without address, white space and the suffix of a supplement.

    >>> bare(" https://doi.org/10.1021/JACS.7b06327.s001 ")
    '10.1021/jacs.7b06327'
    """
    return _SUPPLEMENT.sub("", without_address(doi).lower())


def is_supplement(doi: str) -> bool:
    """Whether a DOI is that of a supplement: :func:`bare` names its paper."""
    return _SUPPLEMENT.search(without_address(doi)) is not None


def is_german_edition(doi: str) -> bool:
    """Whether a DOI is that of the German edition of Angewandte Chemie, whose paper goes by the DOI of the international edition."""
    return _GERMAN.match(bare(doi)) is not None


def is_abstract(doi: str) -> bool:
    """Whether a DOI is that of an abstract in ChemInform; nothing in it tells the paper."""
    return doi.startswith(_ABSTRACT)


def is_front_matter(doi: str) -> bool:
    """Whether a DOI is that of a cover or other front matter of an issue; nothing in it tells the paper.

    >>> is_front_matter("10.1002/aenm.201570062"), is_front_matter("10.1002/aenm.201500096")
    (True, False)
    """
    return _FRONT_MATTER.fullmatch(bare(doi)) is not None


def is_preprint(doi: str) -> bool:
    """Whether a DOI is that of a preprint server (ChemRxiv, arXiv, Research Square), where papers stand under other DOIs than in print."""
    return bare(doi).startswith(_PREPRINTS)


@lru_cache(maxsize=TEXTS)
def paper(doi: str) -> str:
    """The name of the paper: one for its supplement, for both editions of Angewandte Chemie, for every spelling.

    Angewandte Chemie gives its German edition (ange) a DOI of its own; the paper goes by that of the international one (anie). Text
    that is no DOI is its own name, in lower case.

    >>> paper("10.1002/ange.201604158"), paper("doi:10.1002/ANIE.201604158")
    ('10.1002/anie.201604158', '10.1002/anie.201604158')
    """
    return _GERMAN.sub(_INTERNATIONAL, bare(doi))


def one_cell(text: str) -> str:
    """The DOIs of a text as the release writes several into one cell: without addresses, parted by vertical bars.

    >>> one_cell("https://doi.org/10.1021/JACS.7b06327; 10.1002/x")
    '10.1021/JACS.7b06327|10.1002/x'
    """
    return _BETWEEN.sub(SEPARATOR, without_address(text)).strip()


def cited(cell: str) -> tuple[str, ...]:
    """The texts of a cell that may hold several DOIs, as written and in their order; blank parts are left out."""
    return tuple(part.strip() for part in cell.split(SEPARATOR) if part.strip())


@lru_cache(maxsize=TEXTS)
def papers(cell: str) -> frozenset[str]:
    """The papers of a cell that may hold several DOIs; text that is no DOI counts as it stands."""
    return frozenset(paper(part) for part in cited(cell))
