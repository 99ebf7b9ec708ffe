"""The house stands: arrows between rooms point down, and no chain of imports leads back to where it began.

Imports are read from the source (``ast``), so that those inside functions count, and those for type checkers too: a module that needs
another's types depends on it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("obelix_curate", "pipeline", "schemas")
#: The floors, from the roof to the ground. A room may import from its own floor and from those below.
FLOORS = (
    ("obelix_curate", "pipeline.cli", "pipeline.program"),
    ("pipeline.commands", "pipeline.contribute", "pipeline.build"),
    ("pipeline.release",),
    ("pipeline.reporting", "pipeline.prediction"),
    ("pipeline.checks", "pipeline.correct"),
    ("pipeline.literature", "pipeline.split", "pipeline.sources", "pipeline.ingest", "pipeline.structures"),
    ("pipeline.chemistry", "pipeline.findings", "schemas"),
    ("pipeline.safety", "pipeline.dois", "pipeline.quoting", "pipeline.errors", "pipeline.terminal", "pipeline"),
)
ROOMS = {room: len(FLOORS) - place for place, floor in enumerate(FLOORS) for room in floor}
#: Tables go from one of these to the next through ``build`` alone.
STAGES = frozenset(FLOORS[5])


def room_of(module: str) -> str:
    """The room of a module; ``pipeline`` itself is the package's own ``__init__`` only."""
    if module in ROOMS:
        return module
    found = next((room for room in ROOMS if room != "pipeline" and module.startswith(f"{room}.")), None)
    assert found is not None, f"{module} stands on no floor: say on which in this test and in the design"
    return found


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def at_once(tree: ast.AST) -> Iterator[ast.AST]:
    """The parts of a module that run when it is imported: what stands in functions, or is for type checkers, does not."""
    for node in ast.iter_child_nodes(tree):
        is_later = isinstance(node, ast.FunctionDef | ast.Lambda) or (
            isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        )
        if not is_later:
            yield node
            yield from at_once(node)


def imports(module: str, path: Path, modules: Mapping[str, Path], walk: Callable[[ast.AST], Iterator[ast.AST]] = ast.walk) -> set[str]:
    """Our own modules that a module imports, wherever in it the import stands."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in walk(parsed(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            found.update(name if (name := f"{origin}.{alias.name}") in modules else origin for alias in node.names)
    return {name for name in found if name in modules and name != module}


def house(root: Path, walk: Callable[[ast.AST], Iterator[ast.AST]] = ast.walk) -> dict[str, set[str]]:
    """Every module and the modules that it imports."""
    modules = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for package in PACKAGES for path in (root / package).rglob("*.py")
    }  # fmt: skip
    return {module: imports(module, path, modules, walk) for module, path in modules.items()}


def arrows_up(graph: Mapping[str, set[str]]) -> list[str]:
    return sorted(
        f"{module} -> {other}" for module, others in graph.items() for other in others if ROOMS[room_of(other)] > ROOMS[room_of(module)]
    )


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    arrows = networkx.DiGraph([(module, other) for module, others in graph.items() for other in others])
    return [sorted(circle) for circle in networkx.strongly_connected_components(arrows) if len(circle) > 1]


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    found = house(ROOT)
    assert len(found) > 100, "the modules were not found"
    return found


def test_no_arrow_points_up(graph: dict[str, set[str]]) -> None:
    assert arrows_up(graph) == []


def test_the_top_of_the_house_can_be_taken_in_at_a_glance() -> None:
    """A new room at the top is a decision; most things belong in one that is there."""
    top = {path.stem for path in (ROOT / "pipeline").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()} - {"__init__"}
    assert 15 < len(top) <= 22, sorted(top)


def test_no_modules_import_one_another_in_a_circle(graph: dict[str, set[str]]) -> None:
    assert circles(graph) == []


def test_no_rooms_import_one_another_in_a_circle(graph: dict[str, set[str]]) -> None:
    rooms: dict[str, set[str]] = {}
    for module, others in graph.items():
        rooms.setdefault(room_of(module), set()).update(room_of(other) for other in others)
    assert circles({room: others - {room} for room, others in rooms.items()}) == []


def test_no_stage_imports_another(graph: dict[str, set[str]]) -> None:
    between = {
        f"{module} -> {other}" for module, others in graph.items() for other in others
        if {room_of(module), room_of(other)} <= STAGES and room_of(module) != room_of(other)
    }  # fmt: skip
    assert between == set()


def comes_with(module: str, graph: Mapping[str, set[str]]) -> set[str]:
    """The modules that are imported with one, packages with what is in them."""
    arrows = networkx.DiGraph([(name, other) for name, others in graph.items() for other in others])
    arrows.add_edges_from((name, package) for name in list(arrows) for package in [name.rpartition(".")[0]] if package in graph)
    return set(networkx.descendants(arrows, module))


def test_a_build_imports_nothing_that_only_some_builds_need() -> None:
    """The readers of contributed tables, the gate, the search for a split and the noise of originals: a tenth of a quick build's start."""
    with_it = comes_with("pipeline.build", house(ROOT, at_once))
    assert {"pipeline.checks.run", "pipeline.release.opened", "pipeline.structures.cif", "schemas.columns"} <= with_it
    some = (
        "pipeline.ingest.contributed", "pipeline.ingest.declared", "pipeline.ingest.curators", "pipeline.release.gate",
        "pipeline.release.edits", "pipeline.split.annealing", "pipeline.structures.perturb",
    )  # fmt: skip
    assert [name for name in sorted(with_it) if name.startswith(some)] == []


def test_the_test_sees_arrows_and_circles(tmp_path: Path) -> None:
    """A house built wrongly: an arrow up inside a function, one for type checkers, a relative one, and a circle."""
    files = {
        "pipeline/__init__.py": "",
        "pipeline/dois.py": "def f():\n    from pipeline.checks import run\n",
        "pipeline/checks/__init__.py": "",
        "pipeline/checks/run.py": "from . import other\nfrom pipeline.dois import f\n",
        "pipeline/checks/other.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pipeline.build import Options\n",
        "pipeline/build.py": "import pipeline.checks.run\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    wrong = house(tmp_path)
    assert arrows_up(wrong) == ["pipeline.checks.other -> pipeline.build", "pipeline.dois -> pipeline.checks.run"]
    with_it = comes_with("pipeline.build", house(tmp_path, at_once))
    assert with_it == {"pipeline", "pipeline.checks", "pipeline.checks.run", "pipeline.checks.other", "pipeline.dois"}
    assert circles(wrong) == [["pipeline.build", "pipeline.checks.other", "pipeline.checks.run", "pipeline.dois"]]
    with pytest.raises(AssertionError, match="stands on no floor"):
        room_of("pipeline.attic.box")
