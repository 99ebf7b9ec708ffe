"""DOIs: formed as a DOI, in the one form that compares (:mod:`pipeline.dois`), and like the DOIs of their publisher.

And numbers of the ICSD: a row that names one in two places names the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pipeline.checks.reading import Row
from pipeline.dois import SEPARATOR, bare, is_abstract, is_doi, is_front_matter, is_german_edition, is_supplement, paper, without_address
from pipeline.findings import Finding, Severity
from pipeline.structures.proprietary import collection_code
from schemas import columns as col

#: How publishers build the suffix of their DOIs, in lower case. A suffix that fits none of its publisher's forms was cut short,
#: or mistyped. The forms were written from the publishers' systems of identifiers (Elsevier's PII of 1995, ACS manuscript
#: numbers, RSC manuscript numbers, Wiley's article numbers, Springer's ISSN-like numbers), not from the rows.
FORMS: Mapping[str, tuple[str, ...]] = {
    "10.1016": (r"j\.[a-z]+\.(19|20)\d\d\.\d\d\.\d{3}", r"j\.[a-z]+\.(19|20)\d\d\.\d{6}",
                r"s?\d{4}-\d{3}[\dx]\(\d\d\)\d{5}-[a-z\d]"),
    "10.1021": (r"acs\.?[a-z]*\.\d[a-z]\d{5}", r"acs[a-z]+\.\d[a-z]\d{5}", r"jacs\.\d[a-z]\d{5}",
                r"[a-z]{2}\d{6}[\da-z]", r"[a-z]{1,2}\d{2,6}a\d{3}"),
    "10.1039": (r"[a-d]\d[a-z]{2}\d{5}[a-z\d]", r"[ab]\d{6}[a-z\d]"),
    "10.1006": (r"[a-z]{4}\.(19|20)\d\d\.\d{4}",),
    "10.1007": (r"s\d{5}-\d{3}-\d{4}-[\dxyz]", r"bf\d{8}", r"978-.+"),
    "10.1149": (r"1\.\d{7}", r"2\.\d{7}[a-z]{3}", r"2\.\d{6}[a-z]{3}", r"1945-7111/[a-z\d]+"),
    "10.1002": (r"[a-z]{4}\.(19|20)\d{7}", r"[a-z]{4}\.19\d{9}", r"\(?[a-z]*\)?\d{4}-\d{3}[\dx]\(.+\)\d+:\d+<.+>3\.0\.co;2-[a-z\d]"),
    "10.1038": (r"s\d{5}-\d{3}-\d{4,5}-[\da-z]", r"[a-z]+\.(19|20)\d\d\.\d+", r"[a-z]+\d{3,5}"),
    "10.1063": (r"[15]\.\d{7}",),
    "10.1111": (r"j\.\d{4}-\d{3}[\dx]\.(19|20)\d\d\.\d{5}\.x", r"jace\.\d{5}"),
    "10.1107": (r"s\d{15}[\dx]",),
    "10.1134": (r"s\d{15}[\dx]",),
    "10.3103": (r"s\d{15}[\dx]",),
    "10.3389": (r"f[a-z]+\.(19|20)\d\d\.\d{5,7}",),
    "10.1140": (r"ep[a-z]+/[ei](19|20)\d\d-\d{5}-[\dx]", r"ep[a-z]+/s\d{5}-\d{3}-\d{5}-[\dx]"),
}  # fmt: skip


_CHECK_DIGIT = "holds an ISSN whose check character does not follow from its digits: one of them is mistyped"
_CODE = re.compile(r"\d+")


def reference_findings(rows: Sequence[Row]) -> Iterator[Finding]:
    """Findings of ``reference.*``."""
    for row in rows:
        yield from _icsd(row)
        text = row.text(col.DOI)
        if not text:
            yield Finding(row.id, "reference.doi-syntax", "error", "The row names no paper: its DOI is blank.", column=col.DOI)
            continue
        for part in text.split(SEPARATOR):
            yield from _one(row, part.strip())


def _one(row: Row, doi: str) -> Iterator[Finding]:
    plain = without_address(doi)
    if not is_doi(plain):
        found = f"{doi!r} is not a DOI." if doi else "A part of the cell is blank."
        said = f"{found} A DOI consists of 10., a number, a slash and a name without spaces."
        yield Finding(row.id, "reference.doi-syntax", "error", said, column=col.DOI, value=doi)
        return
    for severity, said, better in _form(doi, plain):
        yield Finding(row.id, "reference.doi-form", severity, f"{doi} {said}.", column=col.DOI, value=doi, expected=better)


def _icsd(row: Row) -> Iterator[Finding]:
    """The collection code of the row and that of the reference to its file.

    Not of a close match: there the one may be the sample's own, the other that of the structure that it borrows.
    """
    mine = _CODE.fullmatch(row.text(col.ICSD_ID))
    if mine is None or row.text(col.CLOSE_MATCH).casefold() == "yes":
        return
    named = [(column, _CODE.search(collection_code(row.text(column)) or "")) for column in (col.CIF_REF_1, col.CIF_REF_2)]
    codes = {found[0]: column for column, found in named if found is not None}
    if codes and mine[0] not in codes:
        code, column = next(iter(codes.items()))
        yield Finding(
            row.id, "reference.icsd", "error",
            f"{col.ICSD_ID} is {mine[0]}, and {column} names {code} of the ICSD: they are one file, so one of the two numbers is mistyped.",
            column=col.ICSD_ID, value=mine[0], expected=code,
        )  # fmt: skip


def _form(doi: str, plain: str) -> Iterator[tuple[Severity, str, str]]:
    lower = plain.lower()
    if plain != doi:
        yield "warning", "carries an address before the DOI", lower
    if plain != lower:
        yield "warning", "has capital letters, though DOIs compare in lower case and the release writes them so", lower
    if is_supplement(lower):
        yield "error", "is the DOI of a supplement, not of the paper", bare(lower)
        return
    if is_abstract(lower):
        yield "error", "is the DOI of an abstract in ChemInform, not of the paper it reports", ""
        return
    if is_front_matter(lower):
        yield "error", "is the DOI of a cover or other front matter, not of a paper", ""
        return
    if is_german_edition(lower):
        yield "warning", "is the DOI of the German edition of a paper; its international edition is anie", paper(lower)
        return
    fault = publisher_fault(lower)
    if fault:
        yield "error" if fault == _CHECK_DIGIT else "warning", fault, ""


def publisher_fault(doi: str) -> str:
    """What is wrong with a DOI in the eyes of its publisher; ``""`` when nothing is, or the publisher's forms are not known here."""
    prefix, suffix = doi.split("/", 1)
    forms = FORMS.get(prefix)
    if forms is None:
        return ""
    if not any(re.fullmatch(form, suffix) for form in forms):
        return f"does not have the form of the DOIs of its publisher ({prefix}): it may be cut short or mistyped"
    if prefix == "10.1016" and "(" in suffix and not pii_holds(suffix):
        return _CHECK_DIGIT
    return ""


def pii_holds(suffix: str) -> bool:
    """Whether the ISSN inside an Elsevier suffix (``s0167-2738(00)00761-x``) carries the check digit that its digits ask for.

    ISSN, ISO 3297: weights 8 to 2, the check digit makes the sum divisible by 11, X stands for 10.
    """
    match = re.match(r"s?(\d{4})-(\d{3})([\dx])", suffix)
    if match is None:
        return False
    digits = [int(d) for d in match[1] + match[2]]
    total = sum(w * d for w, d in zip(range(8, 1, -1), digits, strict=True))
    return "0123456789x"[(11 - total % 11) % 11] == match[3]
