"""Declared literature tables: ``[[literature]]`` in ``raw/sources.toml``, read and judged before any table is opened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import networkx

from pipeline.errors import InputError
from pipeline.safety.documents import read_toml, toml_of
from pipeline.sources import PINS
from schemas.declarations import MAPPED, ROLES, Declaration, MappedColumn

SECTION = "literature"
#: Sources that are read by code: their tables need more than a declaration can say.
BUILT_IN = ("laskowski", "liion")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_TEXTS = (
    "name", "title", "reference", "licence", "role", "file", "url", "package", "version", "member", "sha256", "sheet", "encoding",
    "restores",
)  # fmt: skip
_KEYS = (*_TEXTS, "digits", "derived_from", "columns")
_COLUMN_KEYS = ("column", "constant", "unit", "unit_column", "blank")


def declarations(raw: Path) -> list[Declaration]:
    """The declared tables of ``raw/sources.toml``, in their order.

    Raises
    ------
    InputError
        When the file is no TOML, or a declaration cannot be meant: an unknown key, two of one name, a cycle of copies, no place or no
        SHA-256.
    """
    try:
        return _declared(read_toml(raw / PINS), raw / PINS)
    except FileNotFoundError:
        return []


def parsed(text: str, path: Path) -> list[Declaration]:
    """The declared tables of a text of pins; see :func:`declarations`."""
    return _declared(toml_of(text, path), path)


def _declared(document: dict[str, Any], path: Path) -> list[Declaration]:
    tables = document.get(SECTION, [])
    if not isinstance(tables, list):
        raise InputError(f"{SECTION!r} is no list of tables", file=path, cure=f"begin each declaration with [[{SECTION}]]")
    found = [declaration(table, path) for table in tables]
    for each in found:
        if sum(bool(place) for place in (each.file, each.url and not each.file, each.package)) != 1:
            raise _wrong(each.name, "a source lies in one place", path, "give file, or url, or package and member")
        if not each.sha256:
            raise _wrong(each.name, "its SHA-256 is missing", path, f"pin it: obelix-curate source add {each.origin} --declare FILE.toml")
    judged(found, path)
    return one_file(found)


def judged(found: Sequence[Declaration], path: Path | str) -> None:
    """Refuse declarations that cannot stand together."""
    names = [each.name for each in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"there are two declarations of {', '.join(twice)}", file=path, cure="give each source a name of its own")
    known = {*names, *BUILT_IN}
    for each in found:
        for key, others in (("derived_from", each.derived_from), ("restores", (each.restores,) if each.restores else ())):
            if strangers := [other for other in others if other not in known]:
                raise _wrong(each.name, f"{key} names {', '.join(strangers)}, which is no source", path, f"the sources are {_list(known)}")
        if each.restores == each.name:
            raise _wrong(each.name, "it cannot restore records of its own", path, "name the source whose lost records it has")
    graph = networkx.DiGraph([(each.name, other) for each in found for other in each.derived_from])
    if not networkx.is_directed_acyclic_graph(graph):
        circle = [edge[0] for edge in networkx.find_cycle(graph)]
        raise InputError(
            f"{' -> '.join([*circle, circle[0]])}: sources cannot have copied one another in a circle", file=path,
            cure="leave out of derived_from what did not come first",
        )  # fmt: skip


def one_file(found: Sequence[Declaration]) -> list[Declaration]:
    """The declarations; a second one of the same file is a copy of the first: one table has one voice, whatever its names.

    One file may well be declared twice, for two sheets or two columns of values.
    """
    graph = networkx.DiGraph([(each.name, other) for each in found for other in each.derived_from])
    graph.add_nodes_from(each.name for each in found)
    first: dict[str, str] = {}
    made = []
    for each in found:
        other = first.setdefault(each.sha256, each.name)
        if other != each.name and not networkx.has_path(graph, each.name, other) and not networkx.has_path(graph, other, each.name):
            graph.add_edge(each.name, other)
            each = replace(each, derived_from=(*each.derived_from, other))
        made.append(each)
    return made


def declaration(table: Mapping[str, Any], path: Path | str) -> Declaration:
    """One declaration from its TOML table."""
    name = table.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(
            "a declaration needs a name", file=path, column="name", value=name, cure="small letters, digits and hyphens, in quotation marks"
        )  # fmt: skip
    if name in BUILT_IN:
        raise _wrong(name, "this source is built in", path, "choose another name")
    if unknown := [key for key in table if key not in _KEYS]:
        raise _wrong(name, f"there is no key {unknown[0]!r}", path, _near(unknown[0], _KEYS))
    texts = {key: table.get(key, "") for key in _TEXTS}
    if wrong := [key for key, value in texts.items() if not isinstance(value, str)]:
        raise _wrong(name, f"{wrong[0]} is no text", path, f'write it in quotation marks: {wrong[0]} = "..."')
    role = texts["role"] or ROLES[0]
    if role not in ROLES:
        raise _wrong(name, f"there is no role {role!r}", path, f"the roles are {', '.join(ROLES)}")
    if texts["sha256"] and not re.fullmatch(r"[0-9a-fA-F]{64}", texts["sha256"]):
        raise _wrong(name, "sha256 has 64 hexadecimal digits", path, "leave it out and let 'source add' compute it")
    if bool(texts["package"]) != bool(texts["member"]):
        raise _wrong(name, "package and member belong together", path, 'member = "data/misc/table.csv"')
    if texts["file"] and (Path(texts["file"]).is_absolute() or ".." in Path(texts["file"]).parts or "\\" in texts["file"]):
        raise _wrong(name, f"the file {texts['file']!r} lies outside of the folder of pins", path, 'file = "downloads/table.csv"')
    digits, derived = table.get("digits"), table.get("derived_from", [])
    if digits is not None and (not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= 15):
        raise _wrong(name, "digits is a whole number from 1 to 15", path, "digits = 3")
    if not isinstance(derived, list) or not all(isinstance(other, str) for other in derived):
        raise _wrong(name, "derived_from is a list of names", path, 'derived_from = ["laskowski"]')
    texts |= {"title": texts["title"] or name, "role": role, "sha256": texts["sha256"].lower()}
    return Declaration(**texts, digits=digits, derived_from=tuple(derived), columns=_columns(name, table.get("columns"), role, path))


def _columns(name: str, table: object, role: str, path: Path | str) -> dict[str, MappedColumn]:
    if not isinstance(table, dict) or not table:
        raise _wrong(name, "it maps no columns", path, f'[{SECTION}.columns] with lines such as composition = "their column"')
    found = {}
    for ours, theirs in table.items():
        if ours not in MAPPED:
            raise _wrong(name, f"there is no column {ours!r}", path, _near(ours, MAPPED))
        given = {"column": theirs} if isinstance(theirs, str) else theirs
        if not isinstance(given, dict) or not given:
            raise _wrong(name, f"{ours} is neither a name nor a table", path, f'{ours} = "their column"')
        if unknown := [key for key in given if key not in _COLUMN_KEYS]:
            raise _wrong(name, f"{ours} has no key {unknown[0]!r}", path, _near(unknown[0], _COLUMN_KEYS))
        blank = given.get("blank", [])
        if isinstance(blank, str):
            blank = [blank]
        texts = {key: str(given.get(key, "")) for key in _COLUMN_KEYS if key != "blank"}
        if bool(texts["column"]) == bool(texts["constant"]):
            raise _wrong(name, f"{ours} comes from a column or is a constant", path, f'{ours} = {{ constant = 25, unit = "degC" }}')
        found[ours] = MappedColumn(**texts, blank=tuple(str(text).strip().casefold() for text in blank))
    needed = ["composition", *(["conductivity"] if role != "witness" else [])]
    if missing := [ours for ours in needed if ours not in found]:
        raise _wrong(name, f"{' and '.join(missing)} is not mapped", path, f'{missing[0]} = "their column"')
    return found


def _wrong(name: str, what: str, path: Path | str, cure: str) -> InputError:
    return InputError(f"source {name!r}: {what}", file=path, cure=cure)


def _near(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"it can be {_list(known)}"


def _list(known: Iterable[str]) -> str:
    return ", ".join(sorted(known))
