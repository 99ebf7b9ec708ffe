"""What workers say is what one process says, whoever gets which rows; and how work is handed out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from pathlib import Path
from threading import Barrier

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.checks import spread as checking
from pipeline.checks.duplicates import pair_findings
from pipeline.checks.reading import Row
from pipeline.checks.reading import rows as read
from pipeline.checks.run import check
from pipeline.checks.series import series_findings
from pipeline.checks.sets import Budget, Judged, as_in_turn, in_turn, judged, sets
from pipeline.checks.subject import Subject
from pipeline.contribute.check import check_table
from pipeline.contribute.existing import Existing
from pipeline.errors import InputError
from pipeline.findings import Finding
from pipeline.ingest.contributed import table
from pipeline.ingest.contributed.table import contribution
from pipeline.literature import accounted, links
from pipeline.literature.merge import measurements
from pipeline.literature.source import Source
from pipeline.safety import cluster as clusters
from pipeline.safety import identity as identities
from pipeline.safety import limits, workers
from pipeline.safety.identity import difference, identity
from pipeline.safety.workers import answer, bins, spread, submit
from schemas import columns as col
from tests.unit.inline import Inline, inline
from tests.unit.literature import declared_source, entry_table
from tests.unit.test_duplicates_of_all_pairs import made


# --- handing out -------------------------------------------------------------------------------------------------------
def double(number: int) -> int:
    return 2 * number


def raised(_: object) -> int:
    return limits.factor()


@given(sizes=st.lists(st.integers(0, 50), max_size=40), width=st.integers(1, 9))
def test_every_piece_is_in_one_part_and_no_part_is_much_larger_than_another(sizes: list[int], width: int) -> None:
    parts = bins(sizes, inline(width))
    assert sorted(place for part in parts for place in part) == list(range(len(sizes)))
    assert len(parts) == min(len(sizes), workers.AHEAD * width)  # there are no large ones here
    assert all(part == sorted(part) for part in parts)
    totals = [sum(sizes[place] for place in part) for part in parts]
    assert max(totals, default=0) - min(totals, default=0) <= max(sizes, default=0)


def test_more_rows_are_more_parts_and_no_larger_ones() -> None:
    parts = bins([100] * 5000, inline(1))
    assert len(parts) == 500_000 // workers.LARGE == 25
    assert {len(part) for part in parts} == {200}


@pytest.mark.parametrize("by", [None, inline(1), inline(3)])
def test_what_comes_back_is_in_the_order_of_what_was_handed_out(by: workers.Workers | None) -> None:
    assert list(spread(double, iter(range(50)), by)) == [2 * number for number in range(50)]


def test_only_some_pieces_are_under_way() -> None:
    by = inline(2)
    pieces = iter(range(100))
    assert next(spread(double, pieces, by)) == 0
    assert next(pieces) == workers.AHEAD * 2


def test_a_worker_of_another_version_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(Inline):
        """Has another version of the program."""

        def submit(self, *arguments: object) -> object:  # type: ignore[override]
            with monkeypatch.context() as there:
                there.setattr(workers, "identity", lambda: {"obelix-curate": "0.0.1", "numpy": "2.0"})
                return super().submit(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(workers, "identity", lambda: {"obelix-curate": "9.9.9", "numpy": "2.0"})
    with pytest.raises(InputError, match=r"a worker of the cluster runs obelix-curate 0\.0\.1, and not 9\.9\.9\n"):
        list(spread(double, [1], workers.Workers(Elsewhere(), lambda: 1)))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (ModuleNotFoundError("No module named 'pipeline'", name="pipeline"), "lacks the module pipeline"),
        (AttributeError("Can't get attribute 'worked' on <module 'pipeline.safety.workers'>"), "runs another version of this program"),
    ],
)
def test_a_worker_without_the_program_gives_no_answer(fault: Exception, said: str) -> None:
    class Elsewhere(Inline):
        """Has no such program."""

        def submit(self, *_: object) -> Future[object]:  # type: ignore[override]
            future: Future[object] = Future()
            future.set_exception(fault)
            return future

    with pytest.raises(InputError, match=said):
        list(spread(double, [1], workers.Workers(Elsewhere(), lambda: 1)))


def test_other_libraries_and_other_code_are_another_program() -> None:
    mine = identity()
    assert difference(mine, dict(mine)) == ""
    assert {"obelix-curate", "Python", "gemmi", "numpy"} <= mine.keys()
    assert difference({"numpy": "2.0", "gemmi": "1"}, {"numpy": "2.1"}) == "numpy 2.1, and not 2.0; gemmi unknown, and not 1"


def test_any_letter_of_the_code_tells_programs_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for package in identities.PACKAGES:
        (tmp_path / package).mkdir()
    monkeypatch.setattr(identities, "find_spec", lambda name: ModuleSpec(name, None, origin=str(tmp_path / name / "__init__.py")))
    for package in identities.PACKAGES:
        for text in (b"x = 1\n", b"x = 1\r\n", b"x = 2\n"):
            (tmp_path / package / "__init__.py").write_bytes(text)
            found.append(identities._code())
    assert found[0] == found[1]
    assert found[3] == found[4]
    assert len(set(found)) == 4


def test_who_waits_for_an_answer_learns_that_nobody_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Inline):
        """Never answers."""

        def submit(self, *_: object) -> Future[object]:  # type: ignore[override]
            return Future()

    def require() -> None:
        raise InputError("nobody is left")

    monkeypatch.setattr(workers, "LOOK", 0.01)
    with pytest.raises(InputError, match="nobody is left"):
        list(spread(double, [1], workers.Workers(Silent(), lambda: 1, require=require)))


class Scheduler:
    """What a client of a scheduler is asked for, with so many threads at each look; ``None`` when it does not answer."""

    def __init__(self, *threads: int | None) -> None:
        self.threads = list(threads)
        self.scheduler = self
        self.ncores = None

    def sync(self, _: object, *, callback_timeout: float) -> dict[str, int]:
        assert callback_timeout
        if (found := self.threads.pop(0)) is None:
            raise TimeoutError
        return {"tcp://worker": found} if found else {}


def test_a_cluster_may_be_without_workers_for_a_while_and_not_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(clusters.time, "monotonic", lambda: now[0])
    cluster = clusters.Cluster(Scheduler(3, 0, 2, 0, 0), "tcp://host:1", ", it goes on")  # type: ignore[arg-type]
    assert cluster.width() == 3
    assert cluster.width() == 3  # it was looked at a moment ago
    for later, width in ((20, 1), (25, 2), (29, 1)):
        now[0] += later
        cluster.require()
        assert cluster.width() == width
    now[0] += 2
    with pytest.raises(InputError, match=r"(?s)none has come for 30 seconds.*run the command again, it goes on"):
        cluster.require()


def test_a_scheduler_that_answers_no_more_is_told() -> None:
    cluster = clusters.Cluster(Scheduler(None), "tcp://host:1", "")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="connection to the Dask scheduler was lost"):
        cluster.width()


@pytest.mark.parametrize("there", [None, "1", "7"])
def test_limits_that_were_raised_here_are_raised_there_and_only_for_this_work(there: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(Inline):
        """Its own environment."""

        def submit(self, *arguments: object) -> object:  # type: ignore[override]
            with monkeypatch.context() as own:
                own.delenv(limits.VARIABLE, raising=False)
                if there is not None:
                    own.setenv(limits.VARIABLE, there)
                found = super().submit(*arguments)  # type: ignore[arg-type]
                assert limits.factor() == int(there or 1)
            return found

    by = workers.Workers(Elsewhere(), lambda: 1)
    monkeypatch.setenv(limits.VARIABLE, "10")
    assert answer(submit(by, raised, None), by) == 10
    monkeypatch.delenv(limits.VARIABLE)
    assert answer(submit(by, raised, None), by) == 1


def test_threads_of_a_worker_keep_the_limits_of_the_command_that_each_works_for() -> None:
    with ThreadPoolExecutor(2) as threads:
        both = Barrier(2, timeout=10)

        def work(factor: int) -> list[int]:
            found = []
            with limits.raised(factor):
                for _ in range(3):
                    both.wait()
                    found.append(limits.factor())
            return [*found, limits.factor()]

        assert list(threads.map(work, (10, 3))) == [[10, 10, 10, 1], [3, 3, 3, 1]]


def test_a_fault_of_the_program_on_a_worker_is_no_loss_of_a_worker() -> None:
    with pytest.raises(TypeError), workers._loss_told(""):
        list(spread(double, [None], inline()))  # type: ignore[list-item]


# --- comparisons that all sets share -------------------------------------------------------------------------------------
def asking(wants: Sequence[int | None], budget: Budget) -> list[bool]:
    """A set that asks for so many comparisons, one by one; ``None`` asks whether any is left."""
    return [budget.take() if want is None or want else budget.is_left() for want in wants]


@given(asked=st.lists(st.lists(st.integers(0, 1), max_size=6), max_size=12), total=st.integers(0, 20))
def test_sets_judged_at_once_are_judged_as_in_turn(asked: list[list[int | None]], total: int) -> None:
    def again(places: Sequence[int], left: int) -> list[Judged[list[bool]]]:
        return [judged(asking, asked[place], left) for place in places]

    assert as_in_turn(again(range(len(asked)), total), total, again) == list(in_turn(asking, asked, total))


def test_sets_take_their_turns() -> None:
    assert list(in_turn(asking, [[1, 1], [1, 1], [1], [0]], 3)) == [[True, True], [True, False], [False], [False]]


def test_what_is_alone_old_or_without_a_key_is_in_no_set() -> None:
    keys = ["a", "b", None, "a", "c", "c", None, "b"]
    assert sets(keys, [True] * 8) == [[0, 3], [1, 7], [4, 5]]
    assert sets(keys, [False, False, True, True, False, False, True, False]) == [[0, 3]]


# --- checks --------------------------------------------------------------------------------------------------------------
def told(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: (f.id, f.check, f.column, f.other, f.message))


def crowd(seed: int, count: int) -> list[Row]:
    """Rows of a few materials, some of them in other groups and with other elements."""
    chance = random.Random(seed)
    rows = [made(chance, f"r{number:03}") for number in range(count)]
    for row in rows[::3]:
        row.values[str(col.REDUCED_COMPOSITION)] = chance.choice(("Li3PS4", "Li6PS5Cl", "Li3PO3N", "nothing"))  # type: ignore[index]
    return rows


@pytest.mark.parametrize("tried", [5000, 9, 4, 1, 0])
@pytest.mark.parametrize("seed", range(3))
def test_workers_find_the_doubles_and_series_that_one_process_finds(seed: int, tried: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.checks.sets.SETTINGS_TRIED", tried)
    rows = crowd(seed, 150)
    random.Random(seed).shuffle(rows)
    among = frozenset(row.id for row in rows if int(row.id[1:]) % 2)
    for judged_ones in (None, among):
        here = [*pair_findings(rows, judged_ones), *series_findings(rows, judged_ones)]
        assert len({finding.check for finding in here}) >= 3
        assert any("was not compared" in finding.message for finding in here) == (tried < 5000)
        for width in (1, 3):
            assert told(list(checking.set_findings(rows, inline(width), judged_ones))) == told(here)


def test_workers_say_of_the_published_rows_what_one_process_says(published: pd.DataFrame, structure_texts: dict[str, str]) -> None:
    few = dict(sorted(structure_texts.items())[::12])
    broken = {**few, "jqc": "no CIF"}
    subject = Subject(entries=published, structures=broken, noisy=frozenset(list(few)[::2]), recorded={"kko": frozenset({1})})
    here = list(check(subject))
    assert {"cif.missing-file", "cif.unreadable", "lattice.volume", "lattice.series"} <= {finding.check for finding in here}
    assert told(list(check(subject, inline(3)))) == told(here)


def test_what_the_sources_record_and_the_file_says_reaches_the_workers(published: pd.DataFrame, structure_texts: dict[str, str]) -> None:
    """Of a symbol and a number that disagree the one is named that neither the records nor the file have."""
    entries = published[published[col.SPACE_GROUP_NUMBER] == 62].iloc[:2].copy()
    entries[str(col.SPACE_GROUP)] = "Pna21"
    first, second = entries.index
    for numbers, column in ((62, col.SPACE_GROUP), (33, col.SPACE_GROUP_NUMBER)):
        subject = Subject(entries=entries, recorded={first: frozenset({numbers}), second: frozenset({95 - numbers})}, alone=True)
        found = {f.id: f.column for f in check(subject, inline()) if f.check == "spacegroup.symbol-number"}
        assert found[first] == column
        assert found[second] != column
        assert told(list(check(subject, inline()))) == told(list(check(subject)))


HEADER = "ID,Reduced Composition,Z,True Composition,Ionic conductivity (S cm-1),Space group,a,b,c,alpha,beta,gamma,DOI"


def test_rows_read_by_workers_are_those_read_here_with_all_that_was_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        f"r{n},Li3PO4,{4 if n % 5 else 'four'},Li12P4O16,{'1.2×10⁻⁴' if n % 4 == 0 else '1e-6 at 80 °C' if n % 7 == 0 else '3e-5'},"
        f"{'Pnma' if n % 3 else 'P n m x'},{10 + n / 100:.2f},6.12,4.927,,{'' if n % 2 else 90},90,10.1000/x{n}"
        for n in range(40)
    ]
    data = "\n".join([HEADER, *lines]).encode()
    here = contribution(data, "t.csv")
    assert len(here.unread) > 20
    assert len(here.notes) >= 3
    monkeypatch.setattr(table, "PORTION", 7)
    there = contribution(data, "t.csv", by=inline())
    assert there.cells.equals(here.cells)
    assert (there.unread, there.notes, there.rows, there.lines) == (here.unread, here.notes, here.rows, here.lines)
    assert check_table(data, "t.csv", None, Existing(None), by=inline()).report.items == (
        check_table(data, "t.csv", None, Existing(None)).report.items
    )


# --- literature ------------------------------------------------------------------------------------------------------------
COMPOSITIONS = ("LiCl", "Li1.00Cl", "LiBr", "Li3PS4", "0.75Li2S-0.25P2S5", "Li6PS5Cl", "Li6PS5Br", "who knows", "Li7La3Zr2O12")
RECORD = st.fixed_dictionaries(
    {
        "composition": st.sampled_from(COMPOSITIONS),
        "conductivity": st.sampled_from((1e-6, 1.02e-6, 2e-6, 3.3e-4, 3.34e-4, 1.7e-3)),
        "doi": st.sampled_from(("10.1000/one", "10.1000/two", "10.1000/three", "10.1002/chin.200101001", None)),
        "spacegroup_number": st.sampled_from((225, 216, None)),
        "family": st.sampled_from(("Glass", None)),
    }
)
TABLES = st.lists(st.lists(RECORD, max_size=8), max_size=3)


def sources(tables: list[list[dict[str, object]]]) -> list[Source]:
    return [declared_source(*rows, name=f"source{place}") for place, rows in enumerate(tables)]


@settings(max_examples=60)
@example(tables=[[], []], width=2)
@given(tables=TABLES, width=st.integers(1, 3))
def test_workers_merge_and_account_for_records_as_one_process_does(tables: list[list[dict[str, object]]], width: int) -> None:
    here = measurements(sources(tables))
    pd.testing.assert_frame_equal(measurements(sources(tables), inline(width)), here)
    entries = entry_table(aaa={}, bbb={col.REDUCED_COMPOSITION: "Li6PS5Cl", col.SPACE_GROUP_NUMBER: 216, col.SPACE_GROUP: "F-43m"})
    linked = links(entries, here, sources(tables))
    pd.testing.assert_frame_equal(accounted(here, linked, entries, inline(width)), accounted(here, linked, entries))


def test_papers_that_are_one_are_learnt_from_records_of_all_elements() -> None:
    """Two compositions of other elements make two DOIs one paper; a third, whose values differ, is joined for that alone."""
    first = [("LiCl", 1.234e-6), ("LiBr", 2.345e-5), ("Li3PS4", 3.456e-4), ("Li6PS5Cl", 1e-3)]
    second = [("LiCl", 1.234e-6), ("LiBr", 2.345e-5), ("Li3PS4", 3.456e-4), ("Li6PS5Cl", 1.3e-3)]
    tables = [
        [{"composition": text, "conductivity": value, "doi": doi} for text, value in rows]
        for doi, rows in (("10.1000/one", first), ("10.1000/two", second))
    ]
    here = measurements(sources(tables))
    joined = here[here[col.COMPOSITION] == "Li6PS5Cl"]
    assert len(joined) == 1
    assert "paper: same" in joined[str(col.AGREEMENT)].iloc[0]
    by = inline(4)
    pd.testing.assert_frame_equal(measurements(sources(tables), by), here)
    assert isinstance(by.executor, Inline)
    assert [name for name, _ in by.executor.sent].count("_merged") == 4  # one for each set of elements


def test_published_records_are_merged_by_workers_as_here(literature_sources: list[Source]) -> None:
    pd.testing.assert_frame_equal(measurements(literature_sources, inline(3)), measurements(literature_sources))


@pytest.fixture(scope="module")
def literature_sources(archive: object) -> list[Source]:
    from pipeline.release.opened import opened
    from tests.conftest import ROOT

    return [source for source in opened(ROOT / "raw", as_published=True).literature if source.is_merged]


def test_rows_read_from_cells_alone_are_compared_as_the_rows(published: pd.DataFrame) -> None:
    """A worker gets the columns that comparisons ask for: nothing else may be asked of a row."""
    rows = read(published)
    bare = [Row(row.id, {name: row.values[name] for name in checking.COMPARED if name in row.values}) for row in rows]
    assert told([*pair_findings(bare), *series_findings(bare)]) == told([*pair_findings(rows), *series_findings(rows)])
