"""The leaderboard as a figure like the paper's figure 4, from what ``leaderboard.json`` holds alone."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.reporting.benchmark_text import by_key
from pipeline.reporting.figures import BLUE, DPI, GREY, INK, ORANGE, STYLE, UNDATED, new_figure
from schemas import leaderboard as schema
from schemas.predictions import GROUP_FOLDS, RANDOM_FOLDS, TEST

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GREEN, PURPLE = "#009E73", "#CC79A7"
TITLE = "Benchmark"
CAPTION = (
    "Mean absolute error of each recorded model, in decades: on the entries that it learned from, on folds of them, and on the test set, "
    "with 95 % limits. Dotted: the median of the training labels. Grey: what repeated measurements allow. Crosses: what the paper prints, "
    "for PaiNN and SchNet with pretraining."
)
#: Marks of one model, from above to below: label, protocol, subset, colour, mark.
MARKS = (
    ("random folds", RANDOM_FOLDS, "own", GREEN, "o"),
    ("folds that keep groups", GROUP_FOLDS, "own", PURPLE, "D"),
    ("test, all entries", TEST, "all", ORANGE, "s"),
    ("test, entries with a structure", TEST, "structures", BLUE, "s"),
)
#: What the file says of itself.
MARK = "obelix-curate: leaderboard"
#: Distance of two marks of a model, in models.
STEP = 0.17


def figure(document: Mapping[str, Any], kind: str = "svg") -> bytes:
    """The figure as SVG or PNG; the same board gives the same bytes."""
    import matplotlib as mpl

    models = document["models"]
    height = 1.75 + 0.42 * len(models)
    buffer = io.BytesIO()
    style: Any = dict(STYLE)
    with mpl.rc_context(style):
        drawn = new_figure(7.4, height)
        axes = drawn.add_axes((0.25, 0.62 / height, 0.73, 1 - 1.65 / height))
        _floors(axes, document)
        _marks(axes, document)
        axes.set_yticks(range(len(models)), [model["name"] for model in models])
        axes.set_ylim(len(models) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.set_xlabel("mean absolute error of log$_{10}$ of the conductivity (decades)")
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        drawn.legend(loc="upper center", ncols=3, fontsize=8, bbox_to_anchor=(0.5, 1.0), columnspacing=1.4, handletextpad=0.5)
        drawn.savefig(buffer, format=kind, dpi=DPI, metadata={**UNDATED[kind], "Title": MARK})
    return buffer.getvalue()


def _floors(axes: Axes, document: Mapping[str, Any]) -> None:
    low, high = document["floors"]["from_median"], document["floors"]["from_others"]
    axes.axvspan(0, low, color=GREY, alpha=0.55, linewidth=0, label=f"repeats about their median ({low:.2f})")
    axes.axvspan(low, high, color=GREY, alpha=0.28, linewidth=0, label=f"one repeat from the others ({high:.2f})")


def _marks(axes: Axes, document: Mapping[str, Any]) -> None:
    said: set[str] = set()
    scores = by_key(document)
    for place, model in enumerate(document["models"]):
        if model["training_error"] is not None:
            axes.plot(
                model["training_error"], place - 2 * STEP, "o", color=INK, markersize=4, fillstyle="none", label=_once("training", said)
            )
        for number, (label, protocol, subset, colour, mark) in enumerate(MARKS):
            row = scores.get((model["name"], protocol, model["training"] if subset == "own" else subset, "as-published"))
            if row is None:
                continue
            height = place + (number - 1) * STEP
            if row[schema.MAE_LOWER] is not None:
                axes.plot([row[schema.MAE_LOWER], row[schema.MAE_UPPER]], [height, height], color=colour, linewidth=1.2, alpha=0.6)
            axes.plot(row[schema.MAE], height, mark, color=colour, markersize=4.5, label=_once(label, said))
        for one in document["printed"]:
            if one["model"] == model["name"] and one["protocol"] == TEST:
                axes.plot(
                    float(one["mae"]), place + 2 * STEP, "x", color=INK, markersize=5.5, label=_once("test, as the paper prints it", said)
                )
    for subset, colour, label in (("all", ORANGE, "median, all"), ("structures", BLUE, "median, with a structure")):
        row = scores.get(("median", TEST, subset, "as-published"))
        if row is not None:
            axes.axvline(row[schema.MAE], color=colour, linestyle=":", linewidth=1.2, zorder=0, label=label)


def _once(label: str, said: set[str]) -> str | None:
    """A label for the legend, the first time."""
    if label in said:
        return None
    said.add(label)
    return label
