"""Declarations beside the pins: judged, added, listed, checked; and the bytes that they name."""

from __future__ import annotations

import hashlib
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.errors import InputError
from pipeline.safety import limits
from pipeline.sources.declared import declarations
from pipeline.sources.deposit import Unreachable, deposit, fetch
from tests.pins import pins_text, tar_gz
from tests.pins import place as in_place
from tests.servers import Handler, Loopback, running

TABLE = b"c,s\nLi3N,1e-3\nLLZO,1e-4\n"
SHA = hashlib.sha256(TABLE).hexdigest()
PINS = "# the head stays\ndefault = 'x'\n[members]\n[pins.x]\npackage = 'p'\n"
HEAD = '[[literature]]\nname = "{name}"  # a comment\ntitle = "Other"\n'
COLUMNS = """[literature.columns]
composition = "c"
conductivity = { column = "s", unit = "S/cm" }
temperature = { constant = 25, unit = "degC" }
"""


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("OBELIX_CURATE_DOWNLOADS", raising=False)
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "sources.toml").write_text(PINS, encoding="utf-8")
    (tmp_path / "t.csv").write_bytes(TABLE)
    (tmp_path / "other.toml").write_text(HEAD.format(name="other") + COLUMNS, encoding="utf-8")
    return folder


def run(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(map(str, arguments)))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def declare(raw: Path, *parts: str) -> None:
    (raw / "sources.toml").write_text(PINS + "".join(parts), encoding="utf-8")


def source(name: str, extra: str = "", place: str = 'file = "downloads/t.csv"\n', sha256: str = SHA) -> str:
    return f'{HEAD.format(name=name)}{place}sha256 = "{sha256}"\n{extra}{COLUMNS}'


def test_a_table_is_added_listed_checked_and_refused_when_it_changes(raw: Path, tmp_path: Path) -> None:
    code, told = run("source", "add", tmp_path / "t.csv", "--declare", tmp_path / "other.toml", "--raw", raw)
    assert code == 0, told
    assert "1 readable" in told
    assert "'LLZO' is not a formula" in told
    assert SHA in told
    text = (raw / "sources.toml").read_text(encoding="utf-8")
    assert text.startswith(PINS)
    assert "# a comment" in text
    assert (raw / "downloads" / "t.csv").read_bytes() == TABLE
    assert "there, SHA-256 verified" in run("source", "list", "--raw", raw)[1]
    assert "1 unreadable" in run("source", "check", "other", "--raw", raw)[1]
    code, told = run("source", "add", tmp_path / "t.csv", "--declare", tmp_path / "other.toml", "--raw", raw)
    assert (code, "two declarations of other" in told) == (2, True)
    assert (raw / "sources.toml").read_text(encoding="utf-8") == text
    (raw / "downloads" / "t.csv").write_bytes(TABLE + b"LiI,1\n")
    code, told = run("source", "check", "other", "--raw", raw)
    assert (code, "this is not the pinned file" in told) == (2, True)
    (raw / "downloads" / "t.csv").unlink()
    code, told = run("source", "check", "other", "--raw", raw)
    assert (code, "absent" in told) == (1, True)
    assert "absent" in run("source", "list", "--raw", raw)[1]


def test_a_declaration_without_its_header_is_taken_for_one(raw: Path, tmp_path: Path) -> None:
    bare = (HEAD.format(name="other") + COLUMNS).replace("[[literature]]\n", "").replace("[literature.columns]", "[columns]")
    (tmp_path / "other.toml").write_text(bare, encoding="utf-8")
    assert run("source", "add", tmp_path / "t.csv", "--declare", tmp_path / "other.toml", "--raw", raw)[0] == 0
    assert [each.name for each in declarations(raw)] == ["other"]


def test_nothing_is_written_when_a_table_cannot_be_read(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"x,y\n1,2\n")
    code, told = run("source", "add", tmp_path / "t.csv", "--declare", tmp_path / "other.toml", "--raw", raw)
    assert (code, "none of the declared columns" in told) == (2, True)
    assert (raw / "sources.toml").read_text(encoding="utf-8") == PINS
    assert not (raw / "downloads").exists()


def test_another_file_of_the_same_name_is_not_overwritten(raw: Path, tmp_path: Path) -> None:
    (raw / "downloads").mkdir()
    (raw / "downloads" / "t.csv").write_bytes(b"foreign")
    code, told = run("source", "add", tmp_path / "t.csv", "--declare", tmp_path / "other.toml", "--raw", raw)
    assert (code, "another file lies in its place" in told) == (2, True)
    assert (raw / "downloads" / "t.csv").read_bytes() == b"foreign"


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([source("a"), source("a")], "two declarations of a"),
        ([source("a", 'restores = "a"\n')], "it cannot restore records of its own"),
        ([source("a", 'derived_from = ["b"]\n'), source("b", 'derived_from = ["a"]\n')], "in a circle"),
        ([source("a", 'derived_from = ["a"]\n')], "in a circle"),
        ([source("a", 'derived_from = ["nobody"]\n')], "nobody, which is no source"),
        ([source("a", 'restores = "nobody"\n')], "nobody, which is no source"),
        ([source("liion")], "built in"),
        ([source("A b")], "needs a name"),
        ([source("a", 'role = "judge"\n')], "no role 'judge'"),
        ([source("a", "colour = 1\n")], "no key 'colour'"),
        ([source("a", place='file = "../t.csv"\n')], "outside of the folder of pins"),
        ([source("a", place="")], "lies in one place"),
        ([source("a", sha256="")], "its SHA-256 is missing"),
        ([source("a", sha256="12")], "64 hexadecimal digits"),
        ([source("a").replace('composition = "c"\n', "")], "composition is not mapped"),
        ([source("a").replace("composition", "compositoin")], "did you mean composition?"),
        ([source("a", place='package = "p"\n')], "package and member belong together"),
    ],
)
def test_declarations_that_cannot_be_meant_are_one_message(raw: Path, parts: list[str], told: str) -> None:
    declare(raw, *parts)
    with pytest.raises(InputError) as raised:
        declarations(raw)
    assert told in str(raised.value)
    assert raised.value.cure


def test_a_file_name_cannot_write_into_the_pins(raw: Path, tmp_path: Path) -> None:
    name = 't" # x \\ y.csv'
    (tmp_path / name).write_bytes(TABLE)
    assert run("source", "add", tmp_path / name, "--declare", tmp_path / "other.toml", "--raw", raw)[0] == 2
    assert (raw / "sources.toml").read_text(encoding="utf-8") == PINS
    assert not (raw / "downloads").exists()
    (tmp_path / 't"x.csv').write_bytes(TABLE)
    assert run("source", "add", tmp_path / 't"x.csv', "--declare", tmp_path / "other.toml", "--raw", raw)[0] == 0
    assert declarations(raw)[0].file == 'downloads/t"x.csv'


# --- addresses -------------------------------------------------------------------------------------------------------
class Server(Loopback):
    """Gives :data:`TABLE` at any address; counts what is asked for."""

    def __init__(self) -> None:
        super().__init__(Answer)
        self.ranges: list[str] = []
        self.cut = self.data = TABLE

    @property
    def url(self) -> str:
        return f"{super().url}/t.csv"


class Answer(Handler):
    server: Server

    def answer(self) -> None:
        asked = self.headers.get("Range", "")
        self.server.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(self.server.data) - start))
        self.end_headers()
        self.wfile.write(self.server.cut[start:])


@pytest.fixture
def serve() -> Iterator[Callable[[], Server]]:
    with running() as begin:

        def start() -> Server:
            server = Server()
            begin(server)
            return server

        yield start


def test_an_address_is_asked_once_and_never_again(raw: Path, serve: Callable[[], Server]) -> None:
    server = serve()
    declare(raw, source("a", place=f'url = "{server.url}"\n'))
    (declared,) = declarations(raw)
    assert deposit(declared, raw).data == TABLE
    assert deposit(declared, raw).data == TABLE
    assert server.ranges == [""]
    assert [path.name for path in (raw / "downloads").iterdir()] == ["t.csv"]


def test_an_address_is_added_and_fetched_again_where_the_file_is_gone(raw: Path, tmp_path: Path, serve: Callable[[], Server]) -> None:
    server = serve()
    code, told = run("source", "add", server.url, "--declare", tmp_path / "other.toml", "--raw", raw)
    assert code == 0, told
    (declared,) = declarations(raw)
    assert (declared.url, declared.sha256) == (server.url, SHA)
    (raw / "downloads" / "t.csv").unlink()
    assert deposit(declared, raw).data == TABLE
    assert server.ranges == ["", ""]


def test_a_member_of_a_pinned_package_is_a_source(raw: Path) -> None:
    archive = tar_gz({"data/t.csv": TABLE})
    in_place(raw, archive)
    pinned = pins_text(archive, {}, "p")
    (raw / "sources.toml").write_text(pinned + source("a", place='package = "p"\nmember = "data/t.csv"\n'), encoding="utf-8")
    (declared,) = declarations(raw)
    assert deposit(declared, raw).data == TABLE
    (raw / "sources.toml").write_text(pinned + source("a", place='package = "p"\nmember = "data/x.csv"\n'), encoding="utf-8")
    with pytest.raises(InputError, match="no member data/x"):
        deposit(declarations(raw)[0], raw)
    (raw / "sources.toml").write_text(pinned + source("a", place='package = "q"\nmember = "data/t.csv"\n'), encoding="utf-8")
    with pytest.raises(InputError, match="no pin of q"):
        deposit(declarations(raw)[0], raw)


def test_an_interrupted_fetch_goes_on_where_it_ended(tmp_path: Path, serve: Callable[[], Server]) -> None:
    server = serve()
    server.cut = TABLE[:10]
    place = tmp_path / "t.csv"
    with pytest.raises(Unreachable):
        fetch(server.url, place, SHA)
    assert not place.exists()
    server.cut = TABLE
    assert fetch(server.url, place, SHA) == SHA
    assert server.ranges == ["", "bytes=10-"]
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize("less", [0, 1])
@pytest.mark.parametrize("before", [0, 10])
def test_no_more_is_fetched_than_a_table_may_have(
    less: int, before: int, tmp_path: Path, serve: Callable[[], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an interrupted fetch brought counts."""
    server = serve()
    server.cut = TABLE
    if before:
        (tmp_path / ".t.csv.part").write_bytes(TABLE[:before])
    monkeypatch.setattr("pipeline.sources.deposit.limits.TABLE_BYTES", replace(limits.TABLE_BYTES, most=len(TABLE) - less))
    if less:
        with pytest.raises(InputError, match=f"{len(TABLE) - 1} bytes of a table"):
            fetch(server.url, tmp_path / "t.csv", SHA)
        assert list(tmp_path.iterdir()) == []
    else:
        assert fetch(server.url, tmp_path / "t.csv", SHA) == SHA


def test_an_address_that_gives_another_file_is_refused(tmp_path: Path, serve: Callable[[], Server]) -> None:
    server = serve()
    server.cut = server.data = TABLE + b"more"
    with pytest.raises(InputError, match="another file than the pinned one"):
        fetch(server.url, tmp_path / "t.csv", SHA)
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_does_not_answer_leaves_the_source_absent(raw: Path) -> None:
    declare(raw, source("a", place='url = "http://127.0.0.1:9/t.csv"\n'))
    (declared,) = declarations(raw)
    found = deposit(declared, raw)
    assert (found.data, "could not be reached" in found.absent) == (None, True)


@pytest.mark.parametrize("url", ["http://example.org/t.csv", "ftp://127.0.0.1/t.csv", "file:///etc/passwd"])
def test_only_https_is_fetched(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="only https"):
        fetch(url, tmp_path / "t.csv")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="a certificate is made by openssl")
def test_https_needs_a_certificate_that_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext"]
    files = ["subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    subprocess.run([*command, *files], check=True, capture_output=True)
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = server.url.replace("http:", "https:")
    with running() as begin:
        begin(server)
        with pytest.raises(Unreachable):
            fetch(url, tmp_path / "out" / "t.csv", SHA)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert"))
        assert fetch(url, tmp_path / "out" / "t.csv", SHA) == SHA


def test_one_file_under_two_names_has_one_voice(raw: Path) -> None:
    """Law: whoever declares a file a second time adds no witness; what is said already stays as it is, and no circle is made."""
    copied = 'derived_from = ["{}"]\n'.format

    def voices(*parts: str) -> dict[str, tuple[str, ...]]:
        declare(raw, *parts)
        return {each.name: each.derived_from for each in declarations(raw)}

    assert voices(source("a"), source("b"), source("c", sha256="0" * 64)) == {"a": (), "b": ("a",), "c": ()}
    assert voices(source("a", copied("b")), source("b")) == {"a": ("b",), "b": ()}
    assert voices(source("a"), source("b", copied("laskowski"))) == {"a": (), "b": ("laskowski", "a")}
    assert voices(source("a"), source("m", copied("a"), sha256="0" * 64), source("b", copied("m")))["b"] == ("m",)
