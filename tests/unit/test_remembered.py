"""What is remembered is bounded, and follows what is worked on."""

from __future__ import annotations

import ast
import gc
import pickle
import weakref
from pathlib import Path

import pytest

from pipeline.safety import remembered
from pipeline.safety.remembered import FILES, while_held, with_object
from pipeline.structures.cif import read
from pipeline.structures.symmetry import examined
from tests.unit.releases import CIF

PIPELINE = Path(__file__).parents[2] / "pipeline"
#: Functions of elements, and of numbers of space groups, of which there are few.
OF_FEW = {"bond_length", "is_subgroup"}


class Thing:
    """An object that can be remembered."""

    def __init__(self, number: int) -> None:
        self.number = number


def test_nothing_is_remembered_without_bound() -> None:
    for node in (node for path in PIPELINE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))):
        for decorator in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            told = ast.unparse(decorator)
            assert told.removeprefix("functools.") != "cache" or not node.args.args or node.name in OF_FEW, node.name
            assert not told.removeprefix("functools.").startswith("lru_cache") or "maxsize=" in told, node.name
            assert not told.endswith(("lru_cache(None)", "maxsize=None)")), node.name


def test_what_is_held_is_made_once_however_much_it_is() -> None:
    made: list[int] = []

    @while_held
    def make(number: int) -> Thing:
        made.append(number)
        return Thing(number)

    held = [make(number) for number in range(2 * FILES)]
    assert [make(number) for number in range(2 * FILES)] == held
    assert len(made) == 2 * FILES


def test_what_nobody_holds_is_kept_up_to_the_bound() -> None:
    make = while_held(Thing)
    there = [weakref.ref(make(number)) for number in range(FILES + 100)]
    gc.collect()
    assert sum(each() is not None for each in there) == FILES


def test_what_was_told_of_an_object_goes_with_it() -> None:
    told: list[int] = []

    @with_object
    def tell(thing: Thing, times: int) -> list[object]:
        told.append(times * thing.number)
        return [thing, told[-1]]

    thing = Thing(3)
    assert [tell(thing, 2)[1], tell(thing, 2)[1], tell(thing, 5)[1], tell(Thing(4), 2)[1]] == [6, 6, 15, 8]
    assert told == [6, 15, 8]
    gone = weakref.ref(thing)
    del thing
    gc.collect()
    assert gone() is None


def test_arguments_by_name_are_refused() -> None:
    for function in (while_held(Thing), with_object(Thing.__init__)):
        with pytest.raises(TypeError, match="by position"):
            function(Thing(1), number=1)


def test_another_process_gets_the_structure_without_what_was_told_of_it() -> None:
    structure = read(CIF, "one.cif")
    assert examined(structure) is examined(structure)
    assert remembered._KEPT in vars(structure)
    assert remembered._KEPT not in vars(pickle.loads(pickle.dumps(structure)))
    assert read(CIF, "one.cif") is structure
