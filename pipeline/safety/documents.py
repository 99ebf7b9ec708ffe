"""Documents that people write or programs keep (YAML, TOML, JSON), read within limits.

YAML is read as its version 1.2 means it: ``1e-4`` is a number, ``no`` and ``010`` are texts. What has no place in a decision is refused:
anchors and aliases (a few of them name a gigabyte), keys that stand twice, merge keys, tags, infinite numbers and those that are none.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from pipeline.safety import limits

if TYPE_CHECKING:
    from collections.abc import Iterable

_QUOTE = "mend the syntax at the line named; quote IDs and formulas"
_NUMBER = r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_RESOLVERS = {
    "null": (r"~|null|Null|NULL|", "~nN"),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    "float": (rf"{_NUMBER}|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "-+0123456789."),
}


def read_yaml(path: Path) -> Any:
    """What a YAML file says: dictionaries, lists, texts, whole and other numbers, truth values, ``None``.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    InputError
        When it is not YAML, or holds what is refused; names the line.
    """
    return yaml_of(_text(path), path)


def yaml_of(text: str, file: str | Path) -> Any:
    """The same for a text; ``file`` is its name for messages."""
    import yaml

    try:
        _demand(yaml.parse(text, Loader=_loader()), file)
        return yaml.load(text, Loader=_loader())
    except yaml.YAMLError as error:
        said = " ".join(str(error).split()).replace(' in "<unicode string>",', ":")
        raise InputError(f"not YAML: {said}", file=file, cure=_QUOTE) from None
    except (RecursionError, ValueError, OverflowError) as error:
        raise InputError(f"not YAML: {str(error) or 'it is nested too deeply'}", file=file, cure=_QUOTE) from None


def yaml_text(document: Any) -> str:
    """A document as YAML, in lines of 120 characters, keys in their order.

    libyaml writes ten thousand entries in a quarter of the time; it writes characters beyond the first 65,536 by their numbers, so that a
    document which holds some is left to the slower writer.
    """
    import yaml

    form: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 120}
    text = str(yaml.dump(document, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), **form))
    return str(yaml.safe_dump(document, **form)) if "\\U" in text else text


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file says. Raises as :func:`read_yaml` does."""
    return toml_of(_text(path), path)


def toml_of(text: str, file: str | Path, cure: str = "mend the syntax at the line named") -> dict[str, Any]:
    """The same for a text; ``file`` is its name for messages."""
    if len(text.encode("utf-8", "replace")) > limits.DOCUMENT_BYTES():
        raise limits.DOCUMENT_BYTES.error(file)
    bare = _TOML_TEXT.sub(lambda found: "" if found[0][0] == "#" else "x", text)
    depth = max((len(found) for found in re.findall(r"[\[{]{2,}", bare)), default=0)
    if max(depth, _dots(bare)) > limits.DOCUMENT_DEPTH():
        raise limits.DOCUMENT_DEPTH.error(file)
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise InputError(f"not TOML: {error}", file=file, cure=cure) from None
    _demand_built(found, file)
    return found


#: What stands in quotation marks, or in a comment, is no structure. A text that is never closed ends with the line, or with the file: there
#: the reader stops, and so the search takes no longer than the text.
_TOML_TEXT = re.compile(
    r'"""(?:\\.|[^\\]|\\\Z)*?(?:"""|\Z)"{0,2}'
    r"|'''.*?(?:'''|\Z)'{0,2}"
    r'|"(?:\\.|[^"\\\n])*"?'
    r"|'[^'\n]*'?"
    r"|#[^\n]*",
    re.DOTALL,
)


def _dots(text: str) -> int:
    """Most dots of a key of TOML without quoted parts; each is a level, and the library's time grows with their square."""
    close = ".".join(part.strip(" \t") for part in text.split(".")).replace("..", "  ")
    return max(word.count(".") for word in re.split(r"[=,{}\[\]\s]", close))


def _demand_built(document: Any, file: str | Path) -> None:
    """Refuse a document that is deeper, or holds more, than a document may: whoever walks through it need not look."""
    level, depth, nodes = [document] if isinstance(document, dict | list) else [], 0, 0
    while level:
        depth += 1
        if depth > limits.DOCUMENT_DEPTH():
            raise limits.DOCUMENT_DEPTH.error(file)
        values = [value for each in level for value in (each.values() if isinstance(each, dict) else each)]
        nodes += len(values)
        if nodes > limits.DOCUMENT_NODES():
            raise limits.DOCUMENT_NODES.error(file)
        level = [value for value in values if isinstance(value, dict | list)]


def json_of(data: bytes, file: str | Path, cure: str = "write the file again") -> Any:
    """What a JSON text says."""
    if len(data) > limits.DOCUMENT_BYTES():
        raise limits.DOCUMENT_BYTES.error(file, len(data))
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", file=file, cure=cure) from None
    _demand_built(found, file)
    return found


def _text(path: Path) -> str:
    with path.open("rb") as handle:
        data = handle.read(limits.DOCUMENT_BYTES() + 1)
    if len(data) > limits.DOCUMENT_BYTES():
        raise limits.DOCUMENT_BYTES.error(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8: {error.reason} at byte {error.start}", file=path, cure="save the file as UTF-8") from None


def _demand(events: Iterable[Any], file: str | Path) -> None:
    """Go through the events of a YAML text, which costs no memory, and refuse what must not be built."""
    import yaml

    depth = nodes = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise InputError("anchors and aliases (& and *) are not read", file=file, row=line, cure="write the value out, or quote it")
        if isinstance(event, yaml.NodeEvent):
            nodes += 1
            if event.tag is not None:  # type: ignore[attr-defined]
                raise InputError("tags (!) are not read", file=file, row=line, cure="leave the tag out, or quote the value")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > limits.DOCUMENT_DEPTH():
            raise limits.DOCUMENT_DEPTH.error(file, row=line)
        if nodes > limits.DOCUMENT_NODES():
            raise limits.DOCUMENT_NODES.error(file, row=line)


@cache
def _loader() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        """Numbers as YAML 1.2 writes them, and no key twice."""

        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as the library has it

    def mapping(loader: Any, node: Any) -> dict[Any, Any]:
        seen: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool | None):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
            seen[key] = loader.construct_object(value_node, deep=True)
        return seen

    def number(_: Any, node: Any) -> float:
        try:
            found = float(node.value)
        except ValueError:
            found = math.inf
        if not math.isfinite(found):
            raise yaml.constructor.ConstructorError(None, None, f"{node.value} is no finite number", node.start_mark)
        return found

    def whole(_: Any, node: Any) -> int:
        if len(node.value) > 18:
            raise yaml.constructor.ConstructorError(None, None, f"a number of {len(node.value)} digits: quote it", node.start_mark)
        return int(node.value)

    for tag, (pattern, first) in _RESOLVERS.items():
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$"), [*first, *([""] if tag == "null" else [])])
    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    Loader.add_constructor("tag:yaml.org,2002:float", number)
    Loader.add_constructor("tag:yaml.org,2002:int", whole)
    return Loader
