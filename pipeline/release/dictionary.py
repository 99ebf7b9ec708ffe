"""``docs/data-dictionary.md``: every file of a release and every column, from :mod:`schemas.files`."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.columns import Column
from schemas.files import FILES, SOURCES, File, declared

PATH = "docs/data-dictionary.md"
_INTRO = """# Data dictionary

Every file of a release and every column of its tables. Made from `schemas/files.py` and `schemas/columns.py`; the same descriptions,
units and limits stand in `datapackage.json`, in `croissant.json` and in the header notes of the sheets.

Tables are CSV in UTF-8: a header, commas between the cells, nothing where a cell is blank. An ID is text: `1e9` and `019` are IDs, so read
the column as text (`pandas.read_csv(path, dtype={"ID": str})`)."""


#: Every file, and what stands for the tables of declared sources.
_ALL = (*FILES, declared(f"{SOURCES}NAME.csv"))


def dictionary() -> str:
    """The whole page, in Markdown."""
    parts = [_INTRO, "## Files", _files()]
    parts += [_table_section(file) for file in _ALL if file.is_table]
    return "\n\n".join(parts) + "\n"


def _files() -> str:
    return _table(("file", "holds"), [(_linked(file), f"{file.title}. {file.description}") for file in _ALL])


def _linked(file: File) -> str:
    return f"[`{file.path}`](#{_anchor(file)})" if file.is_table else f"`{file.path}`"


def _anchor(file: File) -> str:
    """The anchor that GitHub gives the heading of a file."""
    return "".join(character for character in file.path.lower() if character.isalnum() or character in "-_")


def _table_section(file: File) -> str:
    lead = [f"## `{file.path}`", f"{file.title}. {file.description}"]
    twin = _twin(file)
    if twin is not None:
        return "\n\n".join([*lead, f"The columns are those of [`{twin.path}`](#{_anchor(twin)})."])
    keys = []
    if file.primary_key:
        keys.append(f"The key of a row is {_listed(file.primary_key)}.")
    keys += [f"`{key.column}` refers to `{key.target}` of [`{key.path}`](#{_anchor(_by_path(key.path))})." for key in file.foreign_keys]
    rows = [(f"`{column}`", column.type, column.unit, column.description, _limits(column, file), column.source) for column in file.columns]
    table = _table(("column", "type", "unit", "meaning", "limits", "source"), rows)
    return "\n\n".join([*lead, *([" ".join(keys)] if keys else []), table])


def _twin(file: File) -> File | None:
    """The first table with the same columns, when this is a later one."""
    first = next(each for each in _ALL if each.columns == file.columns)
    return None if first is file or len(file.columns) < 2 else first


def _by_path(path: str) -> File:
    return next(each for each in FILES if each.path == path)


def _limits(column: Column, file: File) -> str:
    """Limits in words: ``required; > 0``, ``1 to 230``, ``< or >``."""
    said = []
    if column.required and column not in file.blank:
        said.append("required")
    if column.unique and file.primary_key == (column,):
        said.append("unique")
    if column in file.bounded:
        said.append("a number, or a bound such as <1E-10")
    if column.categories is not None:
        said.append("one of " + ", ".join(f"`{value}`" for value in column.categories))
    if column.pattern is not None:
        said.append(f"`{column.pattern}`")
    low, high = column.minimum, column.maximum
    if low is not None:
        said.append(f"> {low:g}" if column.exclusive_minimum else f"at least {low:g}")
    if high is not None:
        said.append(f"< {high:g}" if column.exclusive_minimum else f"at most {high:g}")
    return "; ".join(said)


def _listed(columns: Sequence[Column]) -> str:
    return " and ".join(f"`{column}`" for column in columns)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)])
