"""What the benchmark's page says of papers held out one at a time and of the learning curve, from their two tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from schemas import predictions as schema

BEGIN, END = "<!-- from models/papers.csv and models/learning_curve.csv -->", "<!-- end of papers -->"


def embedded(page: str, papers: str, curve: str) -> str:
    """The page with what stands between its two marks written anew from the text of both tables; a page without the marks as it is."""
    before, mark, rest = page.partition(BEGIN)
    if not mark:
        return page
    _, _, after = rest.partition(END)
    return "\n".join([f"{before}{BEGIN}", "", *_lines(papers, curve), "", f"{END}{after}"])


def _lines(papers: str, curve: str) -> Iterator[str]:
    left_out: dict[str, list[float]] = {}
    held = set()
    for row in csv.DictReader(io.StringIO(papers)):
        held.add(row[schema.PAPER])
        if row[schema.APART]:
            left_out.setdefault(row[schema.MODEL], []).append(float(row[schema.APART]))
    points: dict[str, dict[int, list[float]]] = {}
    for row in csv.DictReader(io.StringIO(curve)):
        points.setdefault(row[schema.MODEL], {}).setdefault(int(row[schema.PAPERS]), []).append(float(row[schema.ERROR]))
    counts = sorted({count for each in points.values() for count in each})
    yield f"| error in decades | one of {len(held)} papers held out | " + " | ".join(f"{count} papers" for count in counts) + " |"
    yield "|---|" + "---|" * (1 + len(counts))
    for model, each in points.items():
        cells = [f"{_mean(each[count]):.2f}" if count in each else "" for count in counts]
        yield f"| `{model}` | {_mean(left_out[model]):.2f} | " + " | ".join(cells) + " |"


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
