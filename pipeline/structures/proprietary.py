"""Whose a structure is: what in a file, or in the row that it belongs to, says that its coordinates may not be published.

The databases ICSD, CSD (CCDC), PCD (Pearson's Crystal Data, Pauling File) and PDF (ICDD) sell what they hold. Their codes are written in
many ways, so the names of items are compared in one spelling (lower case, underscores for dots) and by their parts. The numbers of open
databases (COD, AMCSD, Materials Project) say nothing of the kind.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import gemmi

from pipeline.safety.remembered import FILES
from pipeline.structures.legible import data_blocks
from pipeline.structures.tags import CifError, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.structures.cif import Structure

#: Names of the databases as they stand in the names of items and of data blocks.
_DATABASES = frozenset({"icsd", "csd", "ccdc", "pcd", "pdf", "mdf", "pauling", "mpds"})
#: Parts of an item's name that make it the number of an entry: ``_database_code_ICSD``, ``_icsd_code``, ``_database_CSD_refcode``.
_NUMBERS = frozenset(
    {"code", "codes", "coll", "collection", "number", "num", "no", "id", "refcode", "depnum", "entry", "ref", "identifier"}
)
#: Names of the databases and of those who own them, in running text.
_OWNERS = re.compile(
    r"(?<![a-z])(?:icsd|inorganic\s+crystal\s+structure\s+database|fiz[\s-]+karlsruhe|fachinformationszentrum\s+karlsruhe|ccdc|csd"
    r"|cambridge\s+(?:crystallographic\s+data|structural\s+database)|pearson'?s?\s+crystal\s+data|pauling\s+file|pcd"
    r"|material\s+phases\s+data\s+system|mpds|springer\w*|icdd|international\s+cent(?:re|er)\s+for\s+diffraction\s+data|asm\s+international)"
    r"(?![a-z])",
    re.IGNORECASE,
)
#: DOIs of single entries of the CSD and the ICSD (``10.5517/ccdc.csd.cc1234``, ``10.25505/fiz.icsd.cc1234``).
_ENTRY_DOI = re.compile(r"10\.(?:5517|25505)/", re.IGNORECASE)
#: A quick no: a text without any of these, in lower case, is looked at no further.
_ANY = ("icsd", "csd", "ccdc", "pcd", "pdf", "mdf", "karlsruhe", "cambridge", "pearson", "pauling", "mpds", "phases data", "springer",
        "icdd", "collcode", "coll_code", "collection_code", "collectioncode", "collection code", "coll. code",
        "inorganic crystal structure", "diffraction data", "asm int", "10.5517", "10.25505")  # fmt: skip
#: An ICSD collection code in a curator's words: ``246816-ICSD``, ``ICSD-111757``, ``ICSD 17638``, ``17638 (ICSD)``; as the ICSD names its
#: files, ``EntryWithCollCode17638``; and the DOI of an entry.
_COLLECTION_CODE = re.compile(
    r"(?<!\w)\d{3,7}[\s_#:-]{0,3}ICSD(?![a-z])|(?<!\w)\d{5,7}\s?[(\[]ICSD[)\]]"
    r"|(?<![a-z])ICSD(?:[\s_#:.()-]|no|nr|number|code|id|collection|coll|entry|card|ref){0,8}\d{3,7}(?!\d)"
    r"|(?<![a-z])(?:EntryWith)?Coll(?:ection)?[\s_.-]{0,2}Code[\s_#:.-]{0,3}\d{3,7}(?!\d)"
    r"|10\.25505/fiz\.icsd\S*",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"(?:^|\s)#([^\r\n]*)", re.MULTILINE)
#: Names in the heading of a data block (a block named pdf holds a pair distribution function).
_HEADINGS = _DATABASES - {"pdf", "mdf"}


def collection_code(text: object) -> str | None:
    """The ICSD collection code that a reference of a row names, as it stands there; ``None`` when it names none."""
    found = _COLLECTION_CODE.search(text) if isinstance(text, str) else None
    return found[0] if found else None


def whose(structure: Structure) -> str | None:
    """What says that a structure is proprietary: its file (:func:`claim`) or the name of the file; ``None`` when neither does."""
    if code := collection_code(structure.name):
        return f"is named {code}"
    return claim(structure.text)


@lru_cache(maxsize=FILES)
def claim(text: str) -> str | None:
    """What in a CIF says that its structure is proprietary, in words that follow "the file"; ``None`` when nothing does.

    The code of a proprietary database in any block, loop or save frame; such a database in the name of a block, in a comment, or in an
    item about the making of the file; the DOI of an entry.
    """
    lower = text.lower()
    if not any(word in lower for word in _ANY):
        return None
    for comment in _COMMENT.findall(text):
        if owner := _OWNERS.search(comment):
            return f"names {owner[0]} in a comment"
    try:
        blocks = data_blocks(text, "")[0]
    except CifError:  # no CIF: any mention counts
        owner = _OWNERS.search(text)
        return f"names {owner[0]}" if owner else None
    for block in blocks:
        if code := collection_code(block.name):
            return f"has the block data_{block.name}, which names {code}"
        if database := _HEADINGS.intersection(re.split(r"[^a-z]+", block.name.lower())):
            return f"has the block data_{block.name}, which names {min(database).upper()}"
        for tag, value in _values(block):
            if said := _said(tag, value):
                return said
    return None


def _values(block: gemmi.cif.Block) -> Iterator[tuple[str, str]]:
    """Names, in one spelling, and values of all items of a block, of its loops and of its save frames."""
    for each in block:
        item: Any = each
        if item.pair is not None:
            yield plain(item.pair[0]), item.pair[1]
        elif item.loop is not None:
            tags = [plain(tag) for tag in item.loop.tags]
            for place, value in enumerate(item.loop.values):
                yield tags[place % len(tags)], value
        elif item.frame is not None:
            yield from _values(item.frame)


def _said(tag: str, value: str) -> str | None:
    text = " ".join(gemmi.cif.as_string(value).split())
    if not text or gemmi.cif.is_null(value):
        return None
    parts = frozenset(tag.split("_"))
    if parts & _DATABASES and parts & _NUMBERS:
        return f"bears the code {text[:40]} of {min(parts & _DATABASES).upper()} ({tag})"
    if tag.startswith("_chemical_name") and (code := collection_code(text)):
        return f"is named {code} ({tag})"
    if tag.startswith(("_database", "_audit", "_copyright", "_pd_block", "_data")) or parts & {"copyright", "source"}:
        if owner := _OWNERS.search(text):
            return f"names {owner[0]} ({tag})"
        if _ENTRY_DOI.search(text):
            return f"bears the DOI {text[:60]} of an entry of a proprietary database ({tag})"
    return None
