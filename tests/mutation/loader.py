"""Modules of the program loaded from another text than their file's: with one change, or with a counter before every statement.

Nothing is written: the text is changed as the module is imported, and in this process only.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

#: What is called before a statement in a module whose lines are recorded.
_SEEN = "__seen__"


class _Finder:
    """Finds the modules that ``loader`` has another text for; all others are found as ever."""

    def __init__(self, wanted: Callable[[str], bool], loader: Callable[[str, str], SourceFileLoader]) -> None:
        self.wanted, self.loader = wanted, loader

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not self.wanted(name):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = self.loader(name, spec.origin)
        return spec


class _Changed(SourceFileLoader):
    """Loads the text that it is given."""

    text = ""

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)


class _Recorded(SourceFileLoader):
    """Loads a module that tells every statement of a function before it runs."""

    seen: Callable[[int], object] = staticmethod(lambda _line: None)

    def get_code(self, fullname: str) -> CodeType:
        return compile(_told(ast.parse(Path(self.path).read_text(encoding="utf-8"))), self.path, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        vars(module)[_SEEN] = self.seen
        super().exec_module(module)


def _told(tree: ast.Module) -> ast.Module:
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in list(ast.walk(function)):
            for field in ("body", "orelse", "finalbody"):
                statements = getattr(node, field, None)
                if isinstance(statements, list) and not isinstance(node, ast.ClassDef):
                    setattr(node, field, _told_each(statements))
    return ast.fix_missing_locations(tree)


def _told_each(statements: list[ast.stmt]) -> list[ast.stmt]:
    """The statements, each behind the call that tells its line; a docstring stays first, and nothing is told twice."""
    out: list[ast.stmt] = []
    for position, statement in enumerate(statements):
        told = getattr(statement, "told", False)
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not told and not (position == 0 and is_text):
            call = ast.Expr(ast.Call(ast.Name(_SEEN, ast.Load()), [ast.Constant(statement.lineno)], []))
            call.told = True  # type: ignore[attr-defined]
            statement.told = True  # type: ignore[attr-defined]
            out.append(ast.copy_location(call, statement))
        out.append(statement)
    return out


def change(module: str, text: str) -> None:
    """From now on ``import module`` (its dotted name) loads this text."""

    def loader(name: str, path: str) -> SourceFileLoader:
        made = _Changed(name, path)
        made.text = text
        return made

    sys.meta_path.insert(0, _Finder(lambda name: name == module, loader))  # type: ignore[arg-type]


def record(package: str) -> dict[str, set[int]]:
    """From now on every module of a package tells the lines that run: path of its file to lines, emptied by the caller as it likes."""
    seen: dict[str, set[int]] = defaultdict(set)

    def loader(name: str, path: str) -> SourceFileLoader:
        made = _Recorded(name, path)
        made.seen = seen[path].add  # type: ignore[method-assign]
        return made

    sys.meta_path.insert(0, _Finder(lambda name: name == package or name.startswith(f"{package}."), loader))  # type: ignore[arg-type]
    return seen
