"""The mutants of a module: one place of its text changed, the rest as it stands.

Mutants are comparisons, arithmetic, conditions, returned values and numbers, constants of the module among them. Left out is what nobody
relies on: texts of messages (whatever stands in an f-string, in a ``raise`` or in a call of a logger), docstrings, ``__all__``,
types, decorators (they size caches), and joining of texts or lists, which no other operator can do.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: Each operator and what takes its place: the boundary and the direction of an order, the contrary of an equality, another operation.
COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">")),
    ast.LtE: ("<=", ("<", ">=")),
    ast.Gt: (">", (">=", "<")),
    ast.GtE: (">=", (">", "<=")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
OPERATIONS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "//"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
#: What a function that returns one of these returns instead, as a pattern; any other returns nothing.
EMPTY = {"list": "[]", "tuple": "()", "dict": "{{}}", "Mapping": "{{}}", "Sequence": "()", "set": "set()", "frozenset": "frozenset()"}
LOGGERS = {"logger", "logging", "warnings", "log"}
FACTOR = 1.5


@dataclass(frozen=True)
class Mutant:
    """One change of one place: where it is, what stood there, what stands there instead."""

    module: str
    start: int
    end: int
    line: int
    statement: int
    kind: str
    old: str
    new: str
    text: str

    @property
    def name(self) -> str:
        """Module, line and change."""
        return f"{self.module}:{self.line}:{self.start}: {self.old} -> {self.new}"


def mutated(source: str, mutant: Mutant) -> str:
    """The module with its one change."""
    return source[: mutant.start] + mutant.new + source[mutant.end :]


def mutants(path: Path, root: Path) -> list[Mutant]:
    """Every mutant of a module, in the order of its text."""
    source = path.read_text(encoding="utf-8")
    return sorted(_Maker(source, path.relative_to(root).as_posix()).made(), key=lambda mutant: (mutant.start, mutant.end, mutant.new))


class _Maker:
    """Walks a module once; ``function`` is the one that a place stands in, ``statement`` the line where its statement begins."""

    def __init__(self, source: str, module: str) -> None:
        self.source, self.module = source, module
        self.tree = ast.parse(source)
        lines = source.splitlines(keepends=True)
        self.lines = lines
        self.starts = [0]
        for line in lines:
            self.starts.append(self.starts[-1] + len(line))

    def made(self) -> Iterator[Mutant]:
        yield from self.walk(self.tree, None, 1)

    def place(self, line: int, column: int) -> int:
        """Where a line and a column (in bytes) are in the text."""
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.expr) -> tuple[int, int]:
        return self.place(node.lineno, node.col_offset), self.place(node.end_lineno or 0, node.end_col_offset or 0)

    def mutant(self, start: int, end: int, statement: int, kind: str, new: str) -> Mutant:
        line = self.source.count("\n", 0, start) + 1
        return Mutant(self.module, start, end, line, statement, kind, self.source[start:end], new, self.lines[line - 1].strip())

    def between(self, left: ast.expr, right: ast.expr, operator: str) -> tuple[int, int]:
        """Where an operator stands between its operands, past comments and brackets."""
        start, end = self.span(left)[1], self.span(right)[0]
        text = re.sub(r"#[^\n]*", lambda match: " " * len(match.group()), self.source[start:end])
        found = re.search(r"\s+".join(re.escape(word) for word in operator.split()), text)
        assert found, (self.module, text, operator)
        return start + found.start(), start + found.end()

    def walk(self, node: ast.AST, function: ast.FunctionDef | ast.AsyncFunctionDef | None, statement: int) -> Iterator[Mutant]:
        if isinstance(node, ast.stmt):
            statement = node.lineno
        if _left_out(node):
            return
        yield from self.of(node, function, statement)
        for child in _children(node):
            inner = node if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else function
            yield from self.walk(child, inner, statement)

    def of(self, node: ast.AST, function: ast.FunctionDef | ast.AsyncFunctionDef | None, statement: int) -> Iterator[Mutant]:
        """The mutants of one node itself."""
        match node:
            case ast.Compare():
                for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
                    word, others = COMPARISONS[type(operator)]
                    for other in others:
                        yield self.mutant(*self.between(left, right, word), statement, "comparison", other)
            case ast.BinOp() if type(node.op) in OPERATIONS and not (_joins(node.left) or _joins(node.right)):
                word, other = OPERATIONS[type(node.op)]
                yield self.mutant(*self.between(node.left, node.right, word), statement, "arithmetic", other)
            case ast.AugAssign() if type(node.op) in OPERATIONS and not _joins(node.value):
                word, other = OPERATIONS[type(node.op)]
                assert isinstance(node.target, ast.expr)
                yield self.mutant(*self.between(node.target, node.value, word + "="), statement, "arithmetic", other + "=")
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                yield self.mutant(self.span(node)[0], self.span(operand)[0], statement, "condition", "")
            case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.Constant):
                yield self.mutant(self.span(node)[0], self.span(node)[0] + 1, statement, "arithmetic", "+")
            case ast.BoolOp():
                word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
                for left, right in zip(node.values, node.values[1:], strict=False):
                    yield self.mutant(*self.between(left, right, word), statement, "condition", other)
            case ast.If() | ast.While() | ast.IfExp():
                yield from self.negated(node.test, statement)
            case ast.comprehension():
                for test in node.ifs:
                    yield from self.negated(test, statement)
            case ast.Return(value=ast.expr() as value):
                for new in _returned(value, function):
                    start, end = self.span(value)
                    yield self.mutant(start, end, statement, "returned", new.format(self.source[start:end]))
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                for new in _numbers(value, function is None):
                    yield self.mutant(*self.span(node), statement, "number", new)

    def negated(self, test: ast.expr, statement: int) -> Iterator[Mutant]:
        """The contrary of a condition, unless changing an operator of its own gives that already."""
        if isinstance(test, ast.Constant | ast.Compare) or (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
            return
        start, end = self.span(test)
        yield self.mutant(start, end, statement, "condition", f"(not ({self.source[start:end]}))")


def _left_out(node: ast.AST) -> bool:
    """Texts of messages, loggers, exports, imports and questions that only a type checker answers."""
    match node:
        case ast.JoinedStr() | ast.Raise() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            return name in LOGGERS
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
    return False


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What stands below a node, without its types, decorators and the message of an assertion."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from (default for default in (*node.args.defaults, *node.args.kw_defaults) if default is not None)
            yield from node.body
        case ast.ClassDef():
            yield from node.body
        case ast.AnnAssign():
            yield from [node.value] if node.value else []
        case ast.Assert():
            yield node.test
        case ast.Call(func=ast.Name(id="cast" | "TypeVar" | "ParamSpec")):
            yield from node.args[1:]
        case _:
            yield from ast.iter_child_nodes(node)


def _joins(node: ast.expr) -> bool:
    """Whether an operand shows that texts, lists or the parts of a path are joined."""
    if isinstance(node, ast.BinOp):
        return _joins(node.left) or _joins(node.right)
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple | ast.ListComp) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def _returned(value: ast.expr, function: ast.FunctionDef | ast.AsyncFunctionDef | None) -> Iterator[str]:
    """What is returned in place of a value; ``{}`` is the value. A number has mutants of its own, and a text is a message."""
    kind = ast.unparse(function.returns) if function is not None and function.returns is not None else ""
    head = re.match(r"\w*", kind.replace("np.", "").replace("pd.", ""))
    if isinstance(value, ast.Constant) and isinstance(value.value, bool):
        yield str(not value.value)
    elif (
        isinstance(value, ast.Constant)
        or kind == "str"
        or (isinstance(value, ast.Tuple | ast.List | ast.Dict) and not ast.unparse(value)[1:-1])
    ):
        return
    elif kind == "bool":
        if not isinstance(value, ast.Compare | ast.BoolOp) and not (isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)):
            yield "not ({})"
    elif kind in ("int", "float"):
        yield "-({})"
    else:
        yield EMPTY.get(head.group() if head and "|" not in kind else "", "None")


def _numbers(value: float, constant: bool) -> Iterator[str]:
    """A number's neighbours: times and divided by 1.5 where it is broken or a constant of the module, else one more and one less."""
    if value == 0:
        yield from ["1.0"] if isinstance(value, float) else ["1", "-1"] if not constant else ["1"]
    elif isinstance(value, float):
        yield from (repr(value * FACTOR), repr(value / FACTOR))
    elif constant:
        yield from (str(max(round(value * FACTOR), value + 1)), str(min(round(value / FACTOR), value - 1)))
    else:
        yield from (str(value + 1), str(value - 1))
