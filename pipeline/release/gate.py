"""The release gate: the shape of the whole release, judged by Great Expectations once, at the end of a build.

The checks look at entries; the gate looks at the release: has it lost rows, are its keys keys, do its columns hold what they may, has a
quantile of a model feature moved since the previous release, is the split disjoint, is any error still open. Great Expectations
takes some five seconds of CPU to import, so only this module imports it, and only when the gate is run.
"""

from __future__ import annotations

import importlib
import os
import re
import uuid
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.reporting import gate_page
from pipeline.reporting.gate_page import Expectation
from schemas import columns as col

if TYPE_CHECKING:
    import pandas as pd

#: The release may lose one entry in fifty (retracted or merged duplicates) and grow by half; more is a mistake of the build.
ROWS = (0.98, 1.5)
#: Share of entries in the test set: the paper asks for 20 to 30 %; new groups are placed whole, so some room is left.
TEST_SHARE = (0.15, 0.35)
#: Quantiles that are compared with the previous release.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: How far a quantile of log10 conductivity may move: a third of the 0.63 by which repeated measurements scatter (paper, section 4).
LOG_CONDUCTIVITY_SHIFT = 0.2
#: How far a quantile of a length, a volume or Z may move, relative to the interquartile range, and at least relative to itself.
SHIFT_OF_RANGE, SHIFT_OF_VALUE = 0.25, 0.03
#: Share of families that must be spelt as the vocabulary has them.
FAMILY_SHARE = 0.95

LOG_CONDUCTIVITY = "log10 conductivity (measured values)"
VOLUME = "cell volume"
SIDES = "sides of the split"
IN_TEST = "in the test set"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CLOCK = re.compile(r"(\?d=)?\d{8}T\d{6}\.\d{6}Z")
_NAMESPACE = uuid.UUID("6f62656c-6978-4d63-8572-617465206761")


@dataclass(frozen=True)
class GateResult:
    """The gate's verdict: every expectation and how it came out. ``page`` tells them to a reader."""

    checks: tuple[Expectation, ...]
    page: Path

    @property
    def success(self) -> bool:
        """Whether every expectation was met."""
        return all(check.success for check in self.checks)

    @property
    def failed(self) -> tuple[Expectation, ...]:
        """The expectations that were not met."""
        return tuple(check for check in self.checks if not check.success)


def gate(
    release: pd.DataFrame,
    previous: pd.DataFrame | None,
    findings: pd.DataFrame,
    train_ids: Collection[str],
    test_ids: Collection[str],
    folder: Path,
    title: str = "OBELiX",
    data_docs: bool = False,
) -> GateResult:
    """Judge a release and write the gate's page.

    Parameters
    ----------
    release, previous
        Typed entries (index ``ID``) of this release and of the one before; ``None`` compares with nothing.
    findings
        ``findings.csv`` as a table.
    train_ids, test_ids
        The split. An entry in neither is allowed: it waits for a curator.
    folder
        Folder for the page, ``index.html``; made when it is not there. The same inputs give the same bytes.
    title
        Name of the release, for the title of the page.
    data_docs
        Write the library's own Data Docs too, ``data-docs/index.html`` (the release) and ``data-docs/findings.html`` (open errors). Their
        look needs a network.
    """
    frame = _frame(release, train_ids, test_ids)
    before = None if previous is None else _frame(previous, (), ())
    open_errors = findings[(findings[col.SEVERITY] == "error") & (findings[col.STATUS] == "open")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the library's own imports warn about is not ours to mend
        expected = {"index": (frame, list(_release(before, frame))), "findings": (open_errors, list(_findings()))}
        found = {name: tuple(each) for name, each in _validated(expected, folder / "data-docs" if data_docs else None)}
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / gate_page.PAGE
    page.write_text(_page(title, before, found), encoding="utf-8", newline="\n")
    return GateResult(tuple(one for each in found.values() for one in each), page)


def _page(title: str, before: pd.DataFrame | None, found: Mapping[str, Sequence[Expectation]]) -> str:
    """The gate's page: what is expected of the entries, and of the findings."""
    compared = "no release before it" if before is None else f"the {len(before):,} entries of the release before it"
    about = "Its size, keys and columns, its split, and how far what models learn from has moved."
    errors = "Errors among the findings that are neither corrected nor decided on."
    return gate_page.page(
        f"{title}: the gate",
        f"What is expected of the release as a whole, compared with {compared}. Judged by Great Expectations.",
        (("release", "The release", about, found["index"]), ("errors", "Open errors", errors, found["findings"])),
    )


def _frame(entries: pd.DataFrame, train_ids: Collection[str], test_ids: Collection[str]) -> pd.DataFrame:
    """The release with what the gate derives: log conductivity of measured values, cell volume, sides of the split."""
    import numpy as np

    from pipeline.chemistry.cell import possible, volume

    frame = entries.reset_index(names=str(col.ID))
    measured = frame[col.IONIC_CONDUCTIVITY].where(frame[col.BOUND].isna() & (frame[col.IONIC_CONDUCTIVITY] > 0))
    cells = frame[list(col.LATTICE)].astype(float).to_numpy()
    train, test = frozenset(train_ids), frozenset(test_ids)
    frame[LOG_CONDUCTIVITY] = np.log10(measured.astype(float))
    frame[VOLUME] = [volume(cell) if possible(cell) else float("nan") for cell in cells.tolist()]
    frame[SIDES] = [int(name in train) + int(name in test) for name in frame[col.ID]]
    frame[IN_TEST] = [float(name in test) for name in frame[col.ID]]
    return frame


def _release(before: pd.DataFrame | None, frame: pd.DataFrame) -> Iterator[Any]:
    """What is expected of the release."""
    from pipeline.checks.families import FAMILIES

    gxe = _library("expectations")
    if before is not None:
        low, high = (round(len(before) * part) for part in ROWS)
        yield gxe.ExpectTableRowCountToBeBetween(min_value=low, max_value=high)
        columns = [name for name in before.columns if name in (*col.WORKBOOK, col.BOUND)]
        yield gxe.ExpectTableColumnsToMatchSet(column_set=[*columns, LOG_CONDUCTIVITY, VOLUME, SIDES, IN_TEST], exact_match=True)
    yield gxe.ExpectColumnValuesToBeUnique(column=str(col.ID))
    yield gxe.ExpectColumnValuesToMatchRegex(column=str(col.ID), regex=f"^{col.ID.pattern}$")
    for column in col.WORKBOOK:
        if column.required and column in frame:
            yield gxe.ExpectColumnValuesToNotBeNull(column=str(column))
        limited = column.type in ("number", "integer") and (column.minimum is not None or column.maximum is not None)
        if limited and frame[column].notna().any():
            yield gxe.ExpectColumnValuesToBeBetween(
                column=str(column), min_value=column.minimum, max_value=column.maximum, strict_min=column.exclusive_minimum
            )
    for column, values, mostly in (
        (col.BOUND, list(col.BOUND.categories or ()), 1.0),
        (col.CIF_ID, ["done", "available", "not available"], 1.0),
        (col.CLOSE_MATCH, list(col.CLOSE_MATCH.categories or ()), 1.0),
        (col.FAMILY, list(FAMILIES), FAMILY_SHARE),
    ):
        if frame[column].notna().any():
            yield gxe.ExpectColumnValuesToBeInSet(column=str(column), value_set=values, mostly=mostly)
    yield gxe.ExpectColumnMaxToBeBetween(column=SIDES, min_value=0, max_value=1)
    yield gxe.ExpectColumnMeanToBeBetween(column=IN_TEST, min_value=TEST_SHARE[0], max_value=TEST_SHARE[1])
    if before is not None:
        for name in (LOG_CONDUCTIVITY, str(col.A), str(col.B), str(col.C), VOLUME, str(col.Z)):
            ranges = _ranges(before[name].dropna().astype(float), LOG_CONDUCTIVITY_SHIFT if name == LOG_CONDUCTIVITY else None)
            yield gxe.ExpectColumnQuantileValuesToBeBetween(
                column=name, quantile_ranges={"quantiles": list(QUANTILES), "value_ranges": ranges}
            )


def _ranges(values: pd.Series[float], shift: float | None) -> list[list[float]]:
    """Where each quantile may lie: about that of the previous release."""
    levels = [float(values.quantile(q)) for q in QUANTILES]
    spread = levels[3] - levels[1]
    room = [shift if shift is not None else max(SHIFT_OF_RANGE * spread, SHIFT_OF_VALUE * abs(level)) for level in levels]
    return [[round(level - r, 6), round(level + r, 6)] for level, r in zip(levels, room, strict=True)]


def _findings() -> Iterator[Any]:
    """What is expected of the open errors: that there are none."""
    yield _library("expectations").ExpectTableRowCountToEqual(value=0)


def _validated(suites: Mapping[str, tuple[pd.DataFrame, Sequence[Any]]], docs: Path | None) -> Iterator[tuple[str, Iterator[Expectation]]]:
    """Run the suites and tell how each expectation came out; with a folder, write a page of Data Docs for each."""
    gx = _library()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("release")
    for name, (frame, expectations) in suites.items():
        suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=list(expectations)))  # one by one, each saves the suite anew
        whole = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("whole")
        result = whole.get_batch(batch_parameters={"dataframe": frame}).validate(suite)
        for one in result.results:
            one.success, one.result = bool(one.success), _plain(one.result)
        if docs is not None:
            _write_docs(result, docs / f"{name}.html")
        yield name, map(_expectation, result.results)


def _expectation(one: Any) -> Expectation:
    """One result of the library."""
    asked = {key: value for key, value in one.expectation_config.kwargs.items() if key not in ("batch_id", "column")}
    column = str(one.expectation_config.kwargs.get("column", ""))
    return Expectation(one.expectation_config.type, column, one.success, _plain(asked), one.result)


def _write_docs(result: Any, path: Path) -> None:
    """A page of the library's own Data Docs."""
    renderer, view = _library("render.renderer"), _library("render.view")
    html = view.DefaultJinjaPageView().render(renderer.ValidationResultsPageRenderer().render(result))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_settled(html), encoding="utf-8", newline="\n")


def _library(module: str = "") -> Any:
    """A module of Great Expectations, which must hear before its import that it is not to report its use over the network."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    return importlib.import_module(f"great_expectations.{module}".rstrip("."))


def _plain(value: Any) -> Any:
    """The same with plain numbers for those of numpy, which the library's own pages cannot print."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def _settled(html: str) -> str:
    """The page without what changes from run to run: the random names that the renderer gives its blocks, and the clock."""
    order: dict[str, str] = {}
    html = _UUID.sub(lambda m: order.setdefault(m[0], str(uuid.uuid5(_NAMESPACE, str(len(order))))), html)
    html = _CLOCK.sub("", html)
    return html.replace("../../../../index.html", "index.html").replace("../../../../expectations/", "")
