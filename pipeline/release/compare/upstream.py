"""What maintainers of a published release need to mend it: a section a proven error, ready to be sent as an issue. Nothing is sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from pipeline.dois import cited, is_doi, without_address
from pipeline.quoting import plain
from pipeline.release.compare.minute import steps
from pipeline.release.compare.proven import Judged, Proven, proven
from pipeline.release.compare.published import Published
from pipeline.release.metadata import about
from pipeline.reporting.checks_page import read
from pipeline.reporting.formats.markdown import code, escape
from schemas import columns as col

#: An earlier output is known by it (see :class:`pipeline.safety.outputs.Output`).
EARLIER = re.compile(r"\A# \d+ proven errors? in [^\n]+\n\n(?:None is left|Each section)")
#: GitHub refuses longer addresses; such an issue gets its title only.
_LONGEST_ADDRESS = 8000
#: So many entries are named in a title.
_NAMED = 3
_UNKNOWN = "not settled yet"
_RESOLVER = "https://doi.org/"


def as_upstream(old: Published, new: Published, judged: Judged) -> str:
    """The proven errors of ``old`` by kind, as Markdown.

    Raises
    ------
    InputError
        When ``new`` does not say what it corrected and found.
    """
    errors = proven(old, new, judged)
    counts = Counter(error.kind for error in errors)
    parts = [f"# {len(errors)} proven {'error' if len(errors) == 1 else 'errors'} in {escape(old.name)}"]
    if not errors:
        return f"{parts[0]}\n\nNone is left that {escape(new.name)} corrects, or that a judgement bears out.\n"
    parts += [
        "Each section is one error, ready to be sent as an issue by its last line; nothing was sent. Corrections stand with the evidence "
        "on which they were decided, findings with a witness beside the check; doubts on one witness are left out"
        + ("." if judged else ", and so is every finding: there are no judgements beside the decisions."),
        "| kind | errors | entries |\n|---|---:|---:|\n"
        + "\n".join(
            f"| [{kind}](#{_anchor(kind)}) | {count} | {len({name for error in errors if error.kind == kind for name in error.ids})} |"
            for kind, count in counts.items()
        ),
    ]
    for kind in counts:
        parts.append(f"## {kind}")
        parts += [_section(error, old) for error in errors if error.kind == kind]
    return "\n\n".join(parts) + "\n"


def judgements(raw: Path) -> Judged:
    """What the checkout around ``raw`` judged true in ``docs/judgements``: reason and witness by entry and check; none outside of one."""
    rows = (row for named in read(raw.absolute().parent).values() for row in named)
    return {(row["ID"], row["check"]): (row["reason"], row["witness"]) for row in rows if row["judgement"] == "true" and row["witness"]}


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z -]", "", title.lower()).replace(" ", "-")


def _section(error: Proven, old: Published) -> str:
    title, body = _title(error), _body(error, old)
    address = f"{about.HOME}/issues/new?title={quote(plain(title))}"
    whole = f"{address}&body={quote(body)}"
    link = f"[Open as an issue]({whole})" if len(whole) <= _LONGEST_ADDRESS else f"[Open as an issue]({address}), and paste the text above."
    return f"### {escape(title)}\n\n{body}\n\n{link}"


def _title(error: Proven) -> str:
    """Entries and cells, as the subject of an issue."""
    where = ", ".join(dict.fromkeys("structure file" if place.where.endswith(".cif") else place.where or "row" for place in error.places))
    names = error.ids
    who = ", ".join(names) if len(names) <= _NAMED else f"{len(names)} entries ({', '.join(names[:_NAMED])}, ...)"
    return f"{who}: {where}"


def _body(error: Proven, old: Published) -> str:
    each = dict(_gathered(error.each))
    single = len(error.ids) == 1
    parts = [
        _table(error, old),
        *([f"**What is wrong.** {_sentences(error.reasons)}"] if error.reasons else []),
        f"**Evidence.** {_sentences([*(each.values() if single else ()), *error.evidence])}",
        *([] if single or not each else ["\n".join(f"- {code(name)}: {escape(text)}" for name, text in each.items())]),
        *([f"**Not decided yet.** {_sentences(error.undecided)}"] if error.undecided else []),
        "**Check it in a minute.**\n\n" + "\n".join(f"{n}. {escape(step)}" for n, step in enumerate(steps(error, old), start=1)),
        f"**Where.** [data/raw.xlsx]({about.HOME}/blob/HEAD/data/raw.xlsx){_papers(error, old)}. "
        + f"`obelix-curate explain {'ID' if not single else code(error.ids[0]).strip('`')}` tells everything known about "
        + ("the entry." if single else "an entry."),
    ]
    return "\n\n".join(part for part in parts if part)


def _gathered(each: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What is said of each entry in one text."""
    said: dict[str, list[str]] = {}
    for name, text in each:
        said.setdefault(name, []).append(text)
    for name, texts in said.items():
        yield name, " ".join(dict.fromkeys(texts))


def _table(error: Proven, old: Published) -> str:
    lines = ["| entry | material | where | stands there | is right |", "|---|---|---|---|---|"]
    for place in error.places:
        material = str(old.table[place.id].get(col.REDUCED_COMPOSITION) or "")
        right = code(place.right) or _UNKNOWN
        lines.append(f"| {code(place.id)} | {code(material)} | {escape(place.where)} | {code(place.stands)} | {right} |")
    return "\n".join(dict.fromkeys(lines))


def _sentences(texts: Sequence[str]) -> str:
    """Texts that people wrote, each ended by a full stop."""
    return " ".join(escape(text if text.rstrip().endswith((".", "?", "!")) else f"{text}.") for text in texts if text)


def _papers(error: Proven, old: Published) -> str:
    """The papers of the entries, as links; text that is no DOI is none."""
    cells = (str(old.table[name].get(col.DOI) or "") for name in error.ids)
    dois = dict.fromkeys(without_address(part) for cell in cells for part in cited(cell))
    links = [f"[{escape(doi)}]({_RESOLVER}{quote(doi)})" for doi in dois if is_doi(doi)]
    return f"; paper: {', '.join(links)}" if len(links) == 1 else f"; papers: {', '.join(links)}" if links else ""
