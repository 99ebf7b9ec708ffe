"""The bytes of a declared table: of a file, an address or a member of a package, verified at each read."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from pipeline import sources
from pipeline.errors import InputError
from pipeline.safety import limits
from schemas.declarations import Declaration

_CHUNK = 1 << 20
_TIMEOUT = 30.0
#: Hosts of this machine, from which a table may come without encryption: nobody is in between.
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Deposit:
    """A declared table: its bytes, or why they are absent."""

    data: bytes | None
    file: str
    absent: str = ""


def deposit(declared: Declaration, raw: Path) -> Deposit:
    """The table of a declaration, where it is there.

    An address is asked once; the table then lies in the folder of downloads, and no network is needed.

    Raises
    ------
    InputError
        When what is there is not the file that was pinned.
    """
    if declared.package:
        return _packaged(declared, raw)
    path = place(declared, raw)
    if not path.is_file():
        if not declared.url:
            return Deposit(None, declared.file, f"{declared.file} is not there")
        try:
            fetch(declared.url, path, declared.sha256)
        except Unreachable as error:
            return Deposit(None, declared.url, f"{declared.url} could not be reached: {error}")
    data = path.read_bytes()
    _verified(data, declared, str(path))
    return Deposit(data, path.name)


def place(declared: Declaration, raw: Path) -> Path:
    """Where the file of a declaration lies, or will lie."""
    file = declared.file or f"{sources.DOWNLOADS}/{basename(declared.url) or declared.name}"
    inner = PurePosixPath(file)
    if inner.parts[0] == sources.DOWNLOADS:
        return sources.downloads(raw).joinpath(*inner.parts[1:])
    return raw / file


def keep(data: bytes, path: Path) -> None:
    """Write a table to its place, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def basename(url: str) -> str:
    """File name at the end of an address."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in name).lstrip(".")


def _packaged(declared: Declaration, raw: Path) -> Deposit:
    known = [pin for pin in sources.pins(raw).values() if pin.package == declared.package]
    wanted = [pin for pin in known if not declared.version or pin.version == declared.version]
    if not wanted:
        raise InputError(
            f"source {declared.name!r}: no pin of {declared.package} {declared.version}".rstrip(), file=raw / sources.PINS,
            cure="pin the package first, or give a file",
        )  # fmt: skip
    path = sources.downloads(raw) / wanted[0].archive
    if not path.is_file():
        try:
            sources.fetch(wanted[0], raw)
        except InputError as error:
            return Deposit(None, declared.origin, error.what)
    data = sources.member(wanted[0], path, declared.member)
    if data is None:
        raise InputError(f"source {declared.name!r}: the archive has no member {declared.member}", file=path, cure="mend the path")
    _verified(data, declared, declared.origin)
    return Deposit(data, PurePosixPath(declared.member).name)


def _verified(data: bytes, declared: Declaration, file: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != declared.sha256:
        raise InputError(
            f"source {declared.name!r}: its SHA-256 is {found[:16]}..., pinned is {declared.sha256[:16]}...: this is not the pinned file",
            file=file, cure="restore the file; if the table was meant to change, remove its declaration and add it again",
        )  # fmt: skip


class Unreachable(Exception):  # noqa: N818 - it is told, not raised to the user
    """An address that did not answer."""


def fetch(url: str, path: Path, sha256: str = "") -> str:
    """Bring a table to its place, whole or not at all; its SHA-256.

    What an interrupted fetch has brought lies beside the place (``.part``), and the next one goes on behind it. A table is put in its
    place when its SHA-256 is the pinned one.

    Raises
    ------
    InputError
        When the address is none of https, what came is not the pinned table, or is larger than any table.
    Unreachable
        When the address does not answer.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InputError("only https addresses are fetched", value=url, cure="give an https address, or the file itself")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        _bring(url, part)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # the part is whole already, or longer than the table: its hash tells
            raise Unreachable(f"{error.code} {error.reason}") from None
    except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise Unreachable(str(getattr(error, "reason", "") or error) or type(error).__name__) from None
    with part.open("rb") as handle:
        found = hashlib.file_digest(handle, "sha256").hexdigest()
        os.fsync(handle.fileno())
    if sha256 and found != sha256:
        part.unlink()
        raise InputError(
            f"its SHA-256 is {found[:16]}..., pinned is {sha256[:16]}...: the address gives another file than the pinned one", file=url,
            cure="run it again; if the message stays, the table was changed: compare both, then add it again",
        )  # fmt: skip
    part.replace(path)
    return found


class _SecureOnly(urllib.request.HTTPRedirectHandler):
    """Redirections lead from https to https only."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str) -> Any:
        """The request behind a redirection."""
        if urlsplit(newurl).scheme != "https" and urlsplit(req.full_url).scheme == "https":
            raise urllib.error.URLError(f"it leads away from https, to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _bring(url: str, part: Path) -> None:
    """Fetch an address into a file, behind what the file holds already."""
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.build_opener(_SecureOnly).open(request, timeout=_TIMEOUT) as answer:
        resumed = have and answer.status == 206
        size = have if resumed else 0
        announced = answer.headers.get("Content-Length")
        with part.open("ab" if resumed else "wb") as handle:
            came = 0
            while chunk := answer.read(_CHUNK):
                came += len(chunk)
                if size + came > limits.TABLE_BYTES():
                    handle.close()
                    with suppress(OSError):
                        part.unlink()
                    raise limits.TABLE_BYTES.error(url)
                handle.write(chunk)
        if announced is not None and announced.isdigit() and came < int(announced):
            raise Unreachable(f"the connection ended after {came} of {announced} bytes; run it again to go on from there")
