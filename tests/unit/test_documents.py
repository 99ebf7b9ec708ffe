"""Documents that people write: what they say is what is read, and what would harm is refused with its line."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.commands.literature import add
from pipeline.errors import InputError
from pipeline.safety.documents import json_of, read_toml, read_yaml, toml_of, yaml_of, yaml_text
from pipeline.sources.declared import declarations, parsed
from pipeline.sources.tables import with_table

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4), ("1E-4", 1e-4), ("2e5", 2e5), ("-1.5e+3", -1500.0), (".5", 0.5), ("5.", 5.0),
        ("12", 12), ("-3", -3), ("0", 0),
        ("010", "010"), ("019", "019"), ("1_000", "1_000"), ("0x10", "0x10"), ("12:30", "12:30"),
        ("no", "no"), ("Yes", "Yes"), ("on", "on"),
        ("true", True), ("~", None), ("", None), ("2026-01-01", "2026-01-01"), ("'1e-4'", "1e-4"), ("<1E-10", "<1E-10"), ("=", "="),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    found = yaml_of(f"key: {text}\n", "x.yaml")["key"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "levels of a document"), ("{" * 100_000, "levels of a document"), ("- " * 100_000, "levels of a document"),
        (BOMB, "anchors and aliases"), ("a: &x 1\nb: *x", "anchors and aliases"), ("a: 1\nb: 2\na: 3", "stands twice: line 3"),
        ("a: {b: 1, b: 1}", "stands twice"), ("a: .inf", "no finite number"), ("a: -.INF", "no finite number"),
        ("a: .nan", "no finite number"),
        ("a: 1e999", "no finite number"), ("a: !!python/name:os.system x", "tags"), ("a: !x 1", "tags"), ("? [a]\n: b", "a key must be"),
        ("a: " + "9" * 5000, "digits"), ("a: \x00", "not YAML"), ("a: \ud800", "not YAML"), ("a: [", "not YAML"), ("a: b: c", "not YAML"),
    ],
)  # fmt: skip
def test_what_would_harm_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        yaml_of(text, "x.yaml")
    assert caught.value.file == "x.yaml"
    assert caught.value.cure


def test_files_are_bounded_and_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_yaml(path)
    path.write_bytes(b"#" * 6_000_000)
    with pytest.raises(InputError, match="5000000 bytes of a document"):
        read_yaml(path)
    with pytest.raises(FileNotFoundError):
        read_yaml(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "text",
    ["a=" + "[" * 100_000, "a=" + "[ " * 100_000, "a={b=" * 5000, "a" + ".a" * 100_000 + "=1", "a=1\na=2", "a=" + "9" * 5000, "\x00"],
)
def test_toml_is_bounded(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(InputError):
        read_toml(path)


@pytest.mark.parametrize("part", ['" "', "' '", '"="', '","', '"#"', '"]"', r'"a\""', "'\"'", '""'])
@pytest.mark.parametrize(
    "form", ["{}=1", "[{}]\nx=1", "[[{}]]\nx=1", "a={{{}=1}}", "a=[{{{}=1}}]", 'x="""\n\\""" """\n{}=1', "# it's\n{}=1"]
)
def test_a_key_of_toml_is_bounded_however_its_parts_are_quoted(part: str, form: str) -> None:
    for gap in (".", " . ", "\t."):
        start = time.process_time()
        with pytest.raises(InputError, match="50 levels of a document"):
            toml_of(form.format(gap.join([part] * 10_000)), "x.toml")
        assert time.process_time() - start < 1
    assert toml_of(form.format(".".join([part] * 40)), "x.toml")


@pytest.mark.parametrize("unit", [r"\"" " ", '"', "'", '"""', "'''", "'''\"", "#", "\\", '"\\'])
def test_the_search_for_keys_takes_no_longer_than_the_text(unit: str) -> None:
    for start in ("", 'a="""', "a='''", 'a="', "a='"):
        began = time.process_time()
        with suppress(InputError):
            toml_of(start + unit * 50_000, "x.toml")
        assert time.process_time() - began < 2


def test_what_is_quoted_is_no_structure() -> None:
    dots, deep = "." * 200, "[" * 99
    text = f"a = '{dots}'\nb = \"{deep}{dots}\"\n# {dots} {deep}\nc = \"\"\"\n{dots}{deep}\"\"\"\"\nd = '''{deep}\n''''\n"
    assert toml_of(text, "x.toml") == {"a": dots, "b": deep + dots, "c": f'{dots}{deep}"', "d": f"{deep}\n'"}


@pytest.mark.parametrize("levels", [50, 51])
def test_both_sides_of_the_bound_on_levels(levels: int) -> None:
    inner = "[" * (levels - 1) + "]" * (levels - 1)  # in the document, which is a level itself
    reads: list[Callable[[], object]] = [
        lambda: toml_of("a=" + inner.replace("[", "[ "), "x"), lambda: json_of(f'{{"a": {inner}}}'.encode(), "x"),
        lambda: yaml_of(f"a: {inner}", "x"),
    ]  # fmt: skip
    for read in reads:
        with pytest.raises(InputError, match="50 levels") if levels > 50 else nullcontext():
            read()


@pytest.mark.parametrize("text", ["a=" + "[ " * 5000, "a=" + "9" * 5000, ".".join(['" "'] * 5000) + "=1", "a={b=" * 5000])
def test_declarations_of_sources_are_bounded_too(tmp_path: Path, text: str) -> None:
    """A pull request brings them: they are read in the same way as the pins."""
    (tmp_path / "sources.toml").write_text(text)
    (tmp_path / "declared.toml").write_text(text)
    reads: list[Callable[[], object]] = [
        lambda: declarations(tmp_path), lambda: parsed(text, tmp_path), lambda: with_table(text, ["workbook"], [], "x.toml"),
        lambda: add("table.csv", tmp_path / "declared.toml", tmp_path),
    ]  # fmt: skip
    for read in reads:
        with pytest.raises(InputError):
            read()


def test_json_is_bounded() -> None:
    assert json_of(b'{"a": 1}', "x.json") == {"a": 1}
    for text in (b"[" * 100_000, b"{", b"\xff", b"9" * 5000):
        with pytest.raises(InputError, match="not JSON"):
            json_of(text, "x.json")


@pytest.mark.parametrize("text", ["Li3PO4", "a: b # c", "'quoted'", "é \U0001f600", "yes", "", "- x", "two\nlines", "word " * 60])
def test_yaml_is_written_as_the_slower_writer_does_and_reads_back(text: str) -> None:
    document = {"by": text, "entries": [{"id": "abc", "note": text}], "notes": [text]}
    assert yaml_text(document) == yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    assert yaml_of(yaml_text(document), "x.yaml")["notes"] == [text]
