"""DOIs as they compare: one spelling for one paper."""

from __future__ import annotations

import re
from functools import cache

_RESOLVER = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)")
#: American Chemical Society numbers the supplements of a paper .s001, .s002, ...
_SUPPLEMENT = re.compile(r"\.s\d{3}$")
_GERMAN = re.compile(r"^10\.1002/ange\.")
SEPARATOR = "|"


@cache
def bare(doi: str) -> str:
    """A DOI in lower case, without resolver, white space and the suffix of a supplement.

    >>> bare(" https://doi.org/10.1021/JACS.7b06327.s001 ")
    '10.1021/jacs.7b06327'
    """
    return _SUPPLEMENT.sub("", _RESOLVER.sub("", doi.strip().lower()))


@cache
def papers(cell: str) -> frozenset[str]:
    """Papers of a cell that may hold several DOIs, separated by vertical bars; text that is no DOI counts as it stands.

    Angewandte Chemie gives its German edition (ange) a DOI of its own; the paper goes by that of the international one (anie).
    """
    return frozenset(_GERMAN.sub("10.1002/anie.", bare(part)) for part in cell.split(SEPARATOR) if part.strip())
