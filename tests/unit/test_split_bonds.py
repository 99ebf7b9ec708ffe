"""Groups, leaks and the extension of a split."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.split import extend, groups, leaks
from pipeline.split.bonds import BONDS, stoichiometry
from tests.unit.splits import bonds

FORMULAS = ("Li2S", "Li3N", "Li4SiO4", "LiCl", "LiBr", "Li2O")
PAPERS = ("10.1/a", "10.1/b", "10.1/c", "10.1/d", "10.1/a|10.1/c", "10.1/e", "10.1/f")
TABLES = st.lists(st.tuples(st.sampled_from(FORMULAS), st.sampled_from(PAPERS)), min_size=1, max_size=12).map(
    lambda rows: bonds(**{f"e{number:02}": row for number, row in enumerate(rows)})
)


def test_one_paper_is_one_group_in_any_letter_case() -> None:
    found = groups(bonds(aaa=("Li2S", "10.1016/S0955-2219"), bbb=("Li3N", "10.1016/s0955-2219"), ccc=("LiCl", "10.1/c")))
    assert found.to_dict() == {"aaa": "aaa", "bbb": "aaa", "ccc": "ccc"}


def test_any_doi_of_a_cell_ties() -> None:
    found = groups(bonds(aaa=("Li2S", "10.1/a | 10.1/b"), bbb=("Li3N", "10.1/B"), ccc=("LiCl", "https://doi.org/10.1/a")))
    assert set(found) == {"aaa"}


def test_a_supplement_belongs_to_its_paper() -> None:
    found = groups(bonds(aaa=("Li2S", "10.1021/jacs.1"), bbb=("Li3N", "10.1021/jacs.1.s001")))
    assert set(found) == {"aaa"}


def test_ties_form_chains() -> None:
    found = groups(bonds(ccc=("Li2S", "10.1/a"), bbb=("Li2S", "10.1/b"), aaa=("Li3N", "10.1/b"), ddd=("LiCl", "10.1/d")))
    assert found.to_dict() == {"ccc": "aaa", "bbb": "aaa", "aaa": "aaa", "ddd": "ddd"}


def test_entries_without_doi_are_not_one_paper() -> None:
    assert groups(bonds(aaa=("Li2S", ""), bbb=("Li3N", ""))).nunique() == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Li3.35Ge0.35P0.65S4", "Li20.1Ge2.1P3.9S24"),
        ("Li(PO3)", "LiPO3"),
        ("Li7La3Zr2O12", "La3Zr2Li7O12"),
        ("Li0.1O0.3", "LiO3"),
        ("Li2.8S8", "Li0.35S"),
    ],
)
def test_stoichiometry_is_blind_to_spelling(one: str, other: str) -> None:
    assert stoichiometry(one) == stoichiometry(other) is not None


@pytest.mark.parametrize(("one", "other"), [("Li10GeP2S12", "Li10.05GeP2S12"), ("Li2S", "Na2S"), ("LiAlO2", "Li1.0001AlO2")])
def test_stoichiometry_tells_a_doping_step(one: str, other: str) -> None:
    assert stoichiometry(one) != stoichiometry(other)


def test_an_unreadable_formula_has_no_stoichiometry() -> None:
    assert stoichiometry("Li2S (glass)") is None


def test_stoichiometry_ties_only_when_asked_for() -> None:
    table = bonds(aaa=("Li2S", "10.1/a"), bbb=("Li4S2", "10.1/b"))
    assert groups(table).nunique() == 2
    assert groups(table, BONDS).nunique() == 1


@pytest.mark.parametrize(
    ("other", "bond", "key"),
    [
        (("LiCl", "10.1/A|10.9/z"), "paper", "10.1/a"),
        (("Li2 S", "10.1/z"), "composition", "Li2S"),
        (("Li4S2", "10.1/z"), "stoichiometry", "Li2S1"),
    ],
)
def test_a_planted_leak_of_each_kind_is_found_on_both_sides(other: tuple[str, str], bond: str, key: str) -> None:
    table = bonds(aaa=("Li2S", "10.1/a"), ttt=other, bbb=("LiBr", "10.1/b"), uuu=("LiF", "10.1/u"))
    found = leaks(table, ["ttt", "uuu"])
    assert found[["bond", "key", "ID", "set", "other"]].to_numpy().tolist() == [
        [bond, key, "ttt", "test", "aaa"],
        [bond, key, "aaa", "train", "ttt"],
    ]


def test_an_entry_in_neither_set_leaks_nothing() -> None:
    table = bonds(aaa=("Li2S", "10.1/a"), ttt=("LiCl", "10.1/a"))
    assert len(leaks(table, ["ttt"], ["aaa"])) == 2
    assert leaks(table, ["ttt"], []).empty


@pytest.mark.parametrize(("formula", "doi"), [("LiF", "10.1/T"), ("LiBr", "10.1/new"), ("Li3Br3", "10.1/new")])
def test_a_new_entry_follows_its_group(formula: str, doi: str) -> None:
    table = bonds(aaa=("Li2S", "10.1/a"), ttt=("LiBr", "10.1/t"), new=(formula, doi))
    train, test, findings = extend(table, ["aaa"], ["ttt"])
    assert (train, test, findings) == ({"aaa"}, {"ttt", "new"}, [])


def test_new_entries_of_one_paper_stay_together() -> None:
    table = bonds(aaa=("Li2S", "10.1/a"), ttt=("LiBr", "10.1/t"), n01=("LiBr", "10.1/n"), n02=("LiF", "10.1/n"))
    train, test, _ = extend(table, ["aaa"], ["ttt"])
    assert test == {"ttt", "n01", "n02"}
    assert train == {"aaa"}


def test_a_bridging_entry_is_kept_out_and_reported() -> None:
    table = bonds(aaa=("Li2S", "10.1/a"), ttt=("LiBr", "10.1/t"), new=("LiBr", "10.1/a"))
    train, test, (finding,) = extend(table, ["aaa"], ["ttt"])
    assert (train, test) == ({"aaa"}, {"ttt"})
    assert (finding.id, finding.check, finding.severity, finding.other) == ("new", "split.leak", "error", "aaa ttt")
    assert "the paper 10.1/a with aaa (train)" in finding.message
    assert "the composition LiBr with ttt (test)" in finding.message


def test_two_new_entries_that_bridge_only_together_are_both_kept_out() -> None:
    table = bonds(aaa=("Li2S", "10.1/a"), ttt=("LiBr", "10.1/t"), n01=("LiBr", "10.1/n"), n02=("Li2S", "10.1/n"))
    train, test, findings = extend(table, ["aaa"], ["ttt"])
    assert (train, test) == ({"aaa"}, {"ttt"})
    assert [finding.id for finding in findings] == ["n01", "n02"]


def test_a_bridge_of_stoichiometry_is_a_warning() -> None:
    table = bonds(aaa=("Li2S", "10.1/a"), ttt=("Li4S2", "10.1/t"), new=("Li6S3", "10.1/n"))
    train, test, (finding,) = extend(table, ["aaa"], ["ttt"])
    assert "new" not in train | test
    assert (finding.check, finding.severity) == ("split.near-leak", "warning")


def test_free_entries_train_until_the_test_share_would_fall_below_a_fifth() -> None:
    placed = {f"t{n}": (f"Li{n + 2}O", f"10.1/t{n}") for n in range(4)} | {"ttt": ("LiBr", "10.1/t"), "ttu": ("LiCl", "10.1/u")}
    new = {f"n{n:02}": (f"Li{n + 2}F", f"10.1/n{n}") for n in range(6)}
    train, test, _ = extend(bonds(**placed, **new), [name for name in placed if name[1:].isdigit()], ["ttt", "ttu"])
    assert len(train) + len(test) == 12
    assert len(test) == 3
    assert len(test) / 12 >= 0.2


def test_a_published_split_never_moves() -> None:
    table = bonds(aaa=("Li2S", "10.1/a"), ttt=("Li2S", "10.1/a"))
    assert extend(table, ["aaa"], ["ttt"])[:2] == ({"aaa"}, {"ttt"})


@settings(deadline=None, max_examples=30)
@given(table=TABLES, seed=st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_of_rows_and_never_leak(table, seed) -> None:  # type: ignore[no-untyped-def]
    found = groups(table, BONDS)
    order = list(table.index)
    seed.shuffle(order)
    assert groups(table.loc[order], BONDS).to_dict() == found.to_dict()
    test = [name for name in table.index if found[name] == found.iloc[0]]
    assert leaks(table, test).empty


@settings(deadline=None, max_examples=30)
@given(table=TABLES, cut=st.integers(0, 12))
def test_an_extension_of_a_clean_split_is_clean(table, cut: int) -> None:  # type: ignore[no-untyped-def]
    old = list(table.index[:cut])
    found = groups(table.loc[old], BONDS) if old else None
    test = [name for name in old if found is not None and found[name] == found.iloc[0]]
    train = [name for name in old if name not in test]
    new_train, new_test, findings = extend(table, train, test)
    assert set(train) <= new_train
    assert set(test) <= new_test
    assert not new_train & new_test
    assert leaks(table, new_test, new_train).empty
    assert new_train | new_test | {finding.id for finding in findings} == set(table.index)
