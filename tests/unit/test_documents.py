"""Documents that people write: what they say is what is read, and what would harm is refused with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InputError
from pipeline.safety.documents import json_of, read_toml, read_yaml, yaml_of

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


def test_json_is_bounded() -> None:
    assert json_of(b'{"a": 1}', "x.json") == {"a": 1}
    for text in (b"[" * 100_000, b"{", b"\xff", b"9" * 5000):
        with pytest.raises(InputError, match="not JSON"):
            json_of(text, "x.json")
