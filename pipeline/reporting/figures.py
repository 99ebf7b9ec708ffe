"""The paper's figures for any release, as SVG and, for programs that cannot read it, PNG.

Colours are those of Okabe and Ito and the maps cividis and viridis, which people with any kind of colour vision can tell apart and which
keep their order in grey. The same numbers give the same bytes: no date, no random identifiers. The periodic table is drawn here, since the
one of pymatviz is made for the browser only, and its import alone costs 3.6 s of CPU.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.reporting.statistics import CRYSTAL_FAMILIES, SOURCES
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY, INK = "#0072B2", "#D55E00", "#B8BEC6", "#1F2933"
#: Crystal families from light to dark.
FAMILY_COLOURS = ("#F0E442", "#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#0072B2")
STYLE: Mapping[str, Any] = {
    "font.family": "DejaVu Sans", "font.size": 9, "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#52606D", "axes.labelcolor": INK, "text.color": INK,
    "xtick.color": INK, "ytick.color": INK, "axes.axisbelow": True, "grid.color": "#E4E7EB", "legend.frameon": False,
    "svg.hashsalt": "obelix-curate", "svg.fonttype": "none", "savefig.facecolor": "white",
}  # fmt: skip
DPI = 144
#: What would make the bytes differ from run to run, or from version to version, is left out of the files.
UNDATED: Mapping[str, Mapping[str, None]] = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}
BINS = 25

#: File name of each figure, its title, and what it shows, in a sentence.
CAPTIONS: Mapping[str, tuple[str, str]] = {
    "conductivity": ("Ionic conductivity", "Share of each set in 25 bins, for all entries and for those with a structure."),
    "symmetry": ("Crystal families and space groups", "Crystal families of each set, and the twelve commonest space groups."),
    "elements": ("Elements", "Share of the entries that contain each element. The colour scale is logarithmic."),
    "sources": ("Sources", "How many entries each combination of the three sources holds."),
    "repeats": ("Repeated measurements", "Entries with one composition and space group. Colour: largest difference of their cells."),
}  # fmt: skip


def figures(
    entries: pd.DataFrame,
    statistics: Mapping[str, Any],
    structure_ids: Collection[str],
    train_ids: Collection[str],
    test_ids: Collection[str],
    folder: Path,
    kinds: Sequence[str] = ("svg",),
) -> dict[str, str]:
    """Draw every figure into a folder, ``<name>.svg``.

    Parameters
    ----------
    entries
        One row an entry, index ID.
    statistics
        :func:`pipeline.reporting.statistics.statistics` of the same release.
    structure_ids, train_ids, test_ids
        Entries with a structure, and the split.
    folder
        Made when it is not there.
    kinds
        ``svg`` and, for programs that cannot read it, ``png``.

    Returns
    -------
    dict
        Text of each SVG by the figure's name, in the order of :data:`CAPTIONS`.
    """
    import matplotlib as mpl

    draw: dict[str, Callable[[], Figure]] = {
        "conductivity": lambda: conductivity(entries, structure_ids, train_ids, test_ids),
        "symmetry": lambda: symmetry(statistics),
        "elements": lambda: elements(statistics),
        "sources": lambda: sources(statistics),
        "repeats": lambda: repeats(statistics),
    }
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, str] = {}
    style: Any = dict(STYLE)
    with mpl.rc_context(style):
        for name in CAPTIONS:
            figure = draw[name]()
            for kind in kinds:
                buffer = io.BytesIO()
                figure.savefig(buffer, format=kind, dpi=DPI, metadata=UNDATED[kind])
                _write(folder / f"{name}.{kind}", buffer.getvalue())
                if kind == "svg":
                    made[name] = buffer.getvalue().decode("utf-8")
    return made


def _write(path: Path, data: bytes) -> None:
    """Write beside, then rename: a reader never sees half a file."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(data)
    beside.replace(path)


def new_figure(width: float, height: float) -> Figure:
    """A figure in inches, without pyplot, which would keep it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def conductivity(entries: pd.DataFrame, structure_ids: Collection[str], train_ids: Collection[str], test_ids: Collection[str]) -> Figure:
    """Distributions of the conductivity, train against test: full sets above, subsets with structures below."""
    import numpy as np
    from matplotlib.ticker import MultipleLocator

    figure = new_figure(7.0, 5.2)
    logs = np.log10(entries[col.IONIC_CONDUCTIVITY].to_numpy(dtype=float))
    names = np.array([str(name) for name in entries.index])
    bounded = entries[col.BOUND].notna().to_numpy(dtype=bool)
    edges = np.histogram_bin_edges(logs, BINS)
    with_structure = np.isin(names, list(structure_ids))
    panels = figure.subplots(2, 1, sharex=True, gridspec_kw={"left": 0.08, "right": 0.99, "top": 0.93, "bottom": 0.09, "hspace": 0.22})
    for axes, title, subset in zip(panels, ("All entries", "With a structure"), (with_structure | True, with_structure), strict=True):
        for label, chosen, colour in (("train", train_ids, BLUE), ("test", test_ids, ORANGE)):
            side = np.isin(names, list(chosen)) & subset
            if not side.any():
                continue
            share = np.histogram(logs[side], edges)[0] / side.sum() * 100
            whole = f"{label}, {side.sum()} entries"
            if label == "train":
                axes.stairs(share, edges, fill=True, color=colour, alpha=0.35, linewidth=0, label=whole)
                axes.stairs(share, edges, color=colour, linewidth=1)
            else:
                axes.stairs(share, edges, color=colour, linewidth=2, label=whole)
        marks = np.unique(logs[bounded & subset])
        if len(marks):
            axes.plot(marks, np.zeros_like(marks), "<", color=INK, markersize=5, clip_on=False, zorder=5,
                      label=f"{int((bounded & subset).sum())} upper bounds, where they stand")  # fmt: skip
        axes.set_title(title)
        axes.set_ylabel("share of the set (%)")
        axes.grid(axis="y")
        axes.yaxis.set_major_locator(MultipleLocator(5))
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=3, fontsize=8, columnspacing=1.2, handlelength=1.5)
    panels[-1].set_xlabel("ionic conductivity at room temperature (S/cm)")
    ticks = np.arange(np.ceil(edges[0] / 2) * 2, edges[-1] + 1, 2)
    panels[-1].set_xticks(ticks, [_power(tick) for tick in ticks])
    return figure


def _power(exponent: float) -> str:
    return f"10{str(int(exponent)).translate(_SUPERSCRIPTS)}"


def symmetry(statistics: Mapping[str, Any]) -> Figure:
    """Crystal families as parts of each set, and the twelve commonest space groups, train against test."""
    figure = new_figure(7.0, 5.4)
    above, below = figure.subplots(
        2, 1, height_ratios=(1, 3.2), gridspec_kw={"left": 0.175, "right": 0.975, "top": 0.9, "bottom": 0.08, "hspace": 0.38}
    )
    whole = statistics["entries"]
    for row, side in enumerate(("test", "train")):
        left = 0.0
        for family, colour in zip(CRYSTAL_FAMILIES, FAMILY_COLOURS, strict=True):
            share = 100 * statistics["crystal_families"][family][side] / (whole[side] or 1)
            above.barh(row, share, left=left, color=colour, edgecolor="white", height=0.75, label=family if row == 0 else None)
            if share >= 4:
                above.text(left + share / 2, row, f"{share:.0f}", ha="center", va="center", fontsize=8,
                           color="white" if colour == BLUE else INK)  # fmt: skip
            left += share
    above.set_yticks((0, 1), ("test", "train"))
    above.set_xlim(0, 100)
    above.set_xlabel("share of the set (%)")
    above.set_title("Crystal families", pad=24)
    above.legend(ncols=6, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8, handlelength=1, columnspacing=1)
    common = statistics["spacegroups"]["counts"][:12]
    for offset, side, colour in ((-0.2, "train", BLUE), (0.2, "test", ORANGE)):
        places = [place + offset for place in range(len(common))]
        below.barh(places, [100 * group[side] / (whole[side] or 1) for group in common], height=0.38, color=colour, label=side)
    below.set_yticks(range(len(common)), [f"{typeset(group['symbol'])}  ({group['number']})" for group in common])
    below.invert_yaxis()
    below.set_xlabel("share of the set (%)")
    below.set_title("Twelve commonest space groups")
    below.grid(axis="x")
    below.legend(loc="lower right")
    return figure


def typeset(symbol: str) -> str:
    """A Hermann-Mauguin symbol for print: ``R -3 c`` with an overline, ``P 42/n m c`` with the screw axis as a subscript."""
    parts = []
    for part in symbol.split():
        part = re.sub(r"^([2346])([1-5])", r"\1_{\2}", part)
        parts.append(re.sub(r"-(\d)", r"\\bar{\1}", part))
    return f"$\\mathregular{{{''.join(parts)}}}$"


def elements(statistics: Mapping[str, Any]) -> Figure:
    """Periodic table: share of the entries with each element."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm
    from matplotlib.patches import Rectangle

    counts, whole = statistics["elements"]["counts"], statistics["entries"]["all"] or 1
    figure = new_figure(7.4, 3.75)
    axes = figure.add_axes((0.005, 0.01, 0.99, 0.98))
    norm, colours = LogNorm(0.1, 100, clip=True), colormaps["cividis"]
    for symbol, number, row, column in _periodic_table():
        share = 100 * counts.get(symbol, 0) / whole
        fill = colours(norm(share)) if share else (0.93, 0.94, 0.95, 1.0)
        ink = "#9AA5B1" if not share else "white" if sum(fill[:3]) < 1.5 else INK
        axes.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, facecolor=fill, linewidth=0))
        axes.text(column - 0.4, row - 0.37, str(number), fontsize=4.5, color=ink, va="top")
        axes.text(column, row + 0.02, symbol, ha="center", va="center", fontsize=9, color=ink, weight="bold" if share else "normal")
        if share:
            axes.text(column, row + 0.37, _figures(share), ha="center", va="center", fontsize=5.5, color=ink)
    axes.set_xlim(0.4, 18.6)
    axes.set_ylim(9.6, 0.4)
    axes.set_aspect("equal")
    axes.axis("off")
    bar = figure.colorbar(ScalarMappable(norm, colours), cax=axes.inset_axes((0.16, 0.87, 0.44, 0.03)), orientation="horizontal")
    bar.set_ticks([0.1, 1, 10, 100], labels=["0.1", "1", "10", "100"])
    bar.ax.tick_params(labelsize=7)
    bar.ax.set_title("entries that contain the element (%)", fontsize=8, weight="normal", loc="center")
    return figure


def _figures(share: float) -> str:
    """A share with two figures."""
    return f"{share:.0f}" if share >= 10 else f"{share:.1f}" if share >= 1 else f"{share:.2f}"


def _periodic_table() -> Iterator[tuple[str, int, int, int]]:
    """Symbol, number, row and column; lanthanides and actinides in two rows below."""
    from pymatgen.core.periodic_table import Element

    for number in range(1, 104):
        element = Element.from_Z(number)
        if 57 <= number <= 71 or 89 <= number <= 103:
            yield element.symbol, number, 8 if number < 80 else 9, 3 + number - (57 if number < 80 else 89)
        else:
            yield element.symbol, number, element.row, element.group


def sources(statistics: Mapping[str, Any]) -> Figure:
    """Overlap of the sources: a bar for each combination, the sources it is made of as joined dots below."""
    overlap = statistics["sources"].get("links") or statistics["sources"]["columns"]
    parts = sorted(overlap["regions"].items(), key=lambda item: (item[0] == "none", -item[1], item[0]))
    figure = new_figure(7.0, 3.6)
    grid = {"left": 0.21, "right": 0.99, "top": 0.97, "bottom": 0.09, "hspace": 0.06}
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1), gridspec_kw=grid)
    bars = above.bar(
        range(len(parts)), [count for _, count in parts], color=[GREY if name == "none" else BLUE for name, _ in parts], width=0.6
    )
    above.bar_label(bars, padding=2)
    above.set_ylabel("entries")
    above.set_ylim(0, max(count for _, count in parts) * 1.15 + 1)
    above.spines["bottom"].set_visible(False)
    above.tick_params(bottom=False)
    for place, (name, _) in enumerate(parts):
        members = [row for row, source in enumerate(SOURCES) if source in name.split(" + ")]
        below.plot([place] * len(SOURCES), range(len(SOURCES)), "o", color="#E4E7EB", markersize=9)
        below.plot([place] * len(members), members, "-o", color=INK, markersize=9, linewidth=2)
    below.set_yticks(range(len(SOURCES)), [f"{_SOURCE_NAMES[source]}  {overlap[source]}" for source in SOURCES])
    below.set_ylim(len(SOURCES) - 0.5, -0.5)
    below.set_xticks([])
    below.set_xlabel("each column: entries in exactly the sources marked" + (" (last: in none)" if parts[-1][0] == "none" else ""))
    for side in ("left", "bottom"):
        below.spines[side].set_visible(False)
    below.tick_params(left=False)
    return figure


_SOURCE_NAMES = {"ICSD": "ICSD", "Laskowski": "Laskowski et al.", "Liion": "Liverpool Ionics"}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPTS = str.maketrans("0123456789.", "₀₁₂₃₄₅₆₇₈₉.")


def repeats(statistics: Mapping[str, Any]) -> Figure:
    """Sets of repeated measurements: one line a set, one dot an entry; the inset shows how far they scatter."""
    import numpy as np
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    sets = statistics["repeats"]["list"]
    height = max(3.0, 1.4 + 0.165 * len(sets))
    figure = new_figure(7.4, height)
    axes = figure.add_axes((0.25, 0.5 / height, 0.63, 1 - 0.55 / height))
    largest = max((each["lattice_difference"] for each in sets), default=0.0) * 100 or 1.0
    norm, colours = Normalize(0, largest), colormaps["viridis"]
    for place, each in enumerate(sets):
        values = each["log_conductivity"]
        colour = colours(norm(each["lattice_difference"] * 100))
        axes.plot([min(values), max(values)], [place, place], color=GREY, linewidth=1, zorder=1)
        axes.scatter(values, [place] * len(values), color=[colour], edgecolors=INK, linewidths=0.4, s=26, zorder=2)
    axes.set_yticks(range(len(sets)), [f"{each['reduced'].translate(_SUBSCRIPTS)}  ({each['spacegroup']})" for each in sets], fontsize=6.5)
    axes.set_ylim(len(sets) - 0.4, -0.6)
    axes.grid(axis="x")
    axes.set_xlabel("ionic conductivity at room temperature (S/cm)")
    axes.set_ylabel("composition (space group)")
    low, high = (np.floor(min(map(min, _logs(sets)), default=-10)), np.ceil(max(map(max, _logs(sets)), default=0)))
    ticks = np.arange(low, high + 1, 2)
    axes.set_xticks(ticks, [_power(tick) for tick in ticks])
    bar = figure.colorbar(ScalarMappable(norm, colours), cax=figure.add_axes((0.905, 0.3, 0.02, 0.4)))
    bar.set_label("largest lattice difference in the set (%)")
    _scatter_of(axes, sets, statistics["repeats"])
    return figure


def _logs(sets: list[dict[str, Any]]) -> list[list[float]]:
    return [each["log_conductivity"] for each in sets]


def _scatter_of(axes: Axes, sets: list[dict[str, Any]], numbers: Mapping[str, Any]) -> None:
    """Inset: distances from the mean of the set, in decades."""
    import numpy as np

    if len(sets) < 10:
        return
    away = np.concatenate([np.array(values) - np.mean(values) for values in _logs(sets)])
    inset = axes.inset_axes((0.1, 0.07, 0.36, 0.2))
    inset.hist(away, bins=np.arange(-2.5, 2.51, 0.25).tolist(), color=BLUE, edgecolor="white", linewidth=0.5)
    inset.set_title(
        f"rms {numbers['rmsd_from_means']:.2f} from means, mean {numbers['mad_from_medians']:.2f} from medians",
        fontsize=6.5, weight="normal", loc="center",
    )  # fmt: skip
    inset.set_xlabel("decades from the mean of the set", fontsize=7)
    inset.set_ylabel("entries", fontsize=7)
    inset.tick_params(labelsize=6.5)
