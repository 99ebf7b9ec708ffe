"""Which tests can notice a mutant: those that run its statement, or for a constant of a module the statements that use it.

What none of these notices is tried once more, against the tests that were left out for their time and those whose file imports the module
or is named for it: a table, a constant or a ``lambda`` may be read where no statement of a function runs.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from tests.mutation.mutants import Mutant

Place = tuple[str, int]


@dataclass(frozen=True)
class _Use:
    """A statement that names something: where it is, the lines of its function where it stands in one, else the names that it defines."""

    place: Place
    in_function: bool
    defines: frozenset[str]
    lines: tuple[int, ...]


class Uses:
    """Which statements of the program name what a module defines."""

    def __init__(self, root: Path, package: str) -> None:
        self.uses: dict[tuple[str, str], list[_Use]] = defaultdict(list)
        self.defined: dict[Place, _Use] = {}
        for path in sorted((root / package).rglob("*.py")):
            self._read(ast.parse(path.read_text(encoding="utf-8")), path.relative_to(root).as_posix(), root)

    def _read(self, tree: ast.Module, module: str, root: Path) -> None:
        names: dict[str, tuple[str, str]] = {}
        modules: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    origin, inner = _file(root, node.module), _file(root, f"{node.module}.{alias.name}")
                    if inner:
                        modules[alias.asname or alias.name] = inner
                    elif origin:
                        names[alias.asname or alias.name] = origin, alias.name
        for statement, in_function, lines in _statements(tree):
            use = _Use((module, statement.lineno), in_function, frozenset(_defines(statement)), lines)
            if not in_function:
                self.defined[use.place] = use
            for node in _own(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    self.uses[names.get(node.id, (module, node.id))].append(use)
                elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                    self.uses[modules[node.value.id], node.attr].append(use)

    def places(self, place: Place) -> set[Place]:
        """The places in functions that what a statement of a module defines comes to, through other constants where it does."""
        found, waiting, seen = set[Place](), [self.defined[place]] if place in self.defined else [], set[Place]()
        while waiting:
            use = waiting.pop()
            if use.place in seen:
                continue
            seen.add(use.place)
            found.update((use.place[0], line) for line in use.lines)
            for name in use.defines:
                for other in self.uses[use.place[0], name]:
                    if other.in_function:
                        found.add(other.place)
                    else:
                        waiting.append(other)
        return found


def _file(root: Path, dotted: str) -> str | None:
    path = Path(*dotted.split("."))
    found = next((p for p in (path.with_suffix(".py"), path / "__init__.py") if (root / p).is_file()), None)
    return found.as_posix() if found else None


def _statements(tree: ast.AST, in_function: bool = False) -> Iterator[tuple[ast.stmt, bool, tuple[int, ...]]]:
    """Every statement, whether it stands in a function, and the lines that run when what it defines outside of one is called."""
    for node in ast.iter_child_nodes(tree):
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if isinstance(node, ast.stmt):
            inner = (
                () if in_function else tuple(child.lineno for child in ast.walk(node) if isinstance(child, ast.stmt) and child is not node)
            )
            yield node, in_function, inner if is_function else ()
        yield from _statements(node, in_function or is_function)


def _own(statement: ast.stmt) -> Iterator[ast.AST]:
    """What belongs to a statement and to no statement within it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt))


def _defines(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.Assign(targets=targets):
            yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            yield name


def about(root: Path, files: Iterable[str]) -> dict[str, set[str]]:
    """The files of tests that import a module of the program or are named for it, by the module's path."""
    out: dict[str, set[str]] = defaultdict(set)
    for file in files:
        for node in ast.walk(ast.parse((root / file).read_text(encoding="utf-8"))):
            match node:
                case ast.ImportFrom(module=str(origin), names=names, level=0):
                    dotted = [origin, *(f"{origin}.{alias.name}" for alias in names)]
                case ast.Import(names=names):
                    dotted = [alias.name for alias in names]
                case _:
                    continue
            for module in filter(None, (_file(root, name) for name in dotted)):
                out[module].add(file)
    return out


def is_named_for(file: str, module: str) -> bool:
    """Whether a file of tests has a module's name: ``test_cell.py`` and ``test_bounds_of_cell.py`` that of ``chemistry/cell.py``."""
    path = Path(module)
    name = path.parent.name if path.stem == "__init__" else path.stem
    return f"_{Path(file).stem}_".endswith(f"_{name}_")


class Runners:
    """The tests that run a line of the program, by the record of a run, the fastest and those that look at little else first.

    ``most`` is the seconds of them that a mutant is tried with; ``files`` are the files that are about a module (:func:`about`).
    """

    def __init__(
        self, record: dict[str, dict[str, Any]], uses: Uses, most: float, files: Mapping[str, AbstractSet[str]] | None = None
    ) -> None:
        self.record, self.uses, self.most, self.files = record, uses, most, files or {}
        self.running: dict[Place, set[str]] = defaultdict(set)
        self.of_module: dict[str, set[str]] = defaultdict(set)
        for test, told in record.items():
            for module, lines in told["lines"].items():
                self.of_module[module].add(test)
                for line in lines:
                    self.running[module, line].add(test)

    def all(self, mutant: Mutant) -> set[str]:
        """Every recorded test that can notice a mutant; one outside of functions that nothing uses by name concerns all of its module."""
        place = mutant.module, mutant.statement
        if place not in self.uses.defined:
            return self.running[place]
        places = self.uses.places(place)
        return {test for used in places for test in self.running[used]} if places else self.of_module[mutant.module]

    def chosen(self, mutant: Mutant) -> list[str]:
        """The tests to run, in their order: at most so many seconds of them."""
        return self._first(self._ordered(self.all(mutant), mutant.module), self.most)

    def further(self, mutant: Mutant, most: float) -> list[str]:
        """The tests to run when the chosen ones noticed nothing: those about the module, the others of its line, at most so many seconds.

        Outside of functions, and where a statement makes a ``lambda``, every test of the module counts.
        """
        near = {
            test for test in self.record
            if (file := test.partition("::")[0]) in self.files.get(mutant.module, ()) or is_named_for(file, mutant.module)
        }  # fmt: skip
        place, line = (mutant.module, mutant.statement), self.all(mutant)
        if place in self.uses.defined or "lambda" in mutant.text:
            line = line | self.of_module[mutant.module]
        seen = set(self.chosen(mutant))
        groups = (near & line, near - line, line - near)
        return self._first([test for group in groups for test in self._ordered(group - seen, mutant.module)], most)

    def _ordered(self, tests: AbstractSet[str], module: str) -> list[str]:
        """File by file, and in a file the fastest first."""
        files: dict[str, list[str]] = defaultdict(list)
        for test in tests:
            files[test.partition("::")[0]].append(test)
        ordered = sorted((self._cost(own, module), own) for own in files.values())
        return [test for _, own in ordered for test in sorted(own, key=lambda name: (self.seconds(name), name))]

    def _first(self, tests: list[str], most: float) -> list[str]:
        """As many as there is time for, and one at least."""
        ends = list(accumulate(map(self.seconds, tests)))
        return tests[: max(1, bisect_right(ends, most))]

    def seconds(self, test: str) -> float:
        """The seconds of CPU that a test took."""
        return float(self.record[test]["seconds"])

    def _cost(self, tests: list[str], module: str) -> float:
        here = sum(len(self.record[test]["lines"].get(module, ())) for test in tests)
        of_all = sum(len(lines) for test in tests for lines in self.record[test]["lines"].values())
        return sum(map(self.seconds, tests)) * of_all / max(here, 1)
