"""The secret key of the noise: made once, kept by the maintainers, read from a file that nobody else can read.

A key is 32 random bytes or more. A shorter one can be found: 23 of the published structures have one or two free coordinates, so that a
guess of the key is tested in microseconds. A key is written as hexadecimal digits; a file of raw bytes is taken as well.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from itertools import pairwise
from pathlib import Path

from pipeline.errors import InputError

#: Bytes that a key has at least.
LENGTH = 32
#: Different values that bytes drawn at random, and the steps between neighbours, have at least. Of 32 random bytes 30 differ on average;
#: fewer than 16 differ once in more than 10^12 draws.
DISTINCT = 16
#: A file beyond this size is no key.
LARGEST = 4096
#: What is no name of a file, but a key in hexadecimal digits or base 64.
_LIKE_A_KEY = re.compile(r"[0-9A-Za-z+/=_-]{40,}")
_MAKE = "make a key with 'obelix-curate key new FILE', and keep it: the same key gives the same noise in every release"


class KeyTooWeakError(ValueError):
    """A key that can be guessed; the message does not quote it."""


def checked(key: bytes) -> bytes:
    """The key, when it is long and looks like random bytes.

    The law: at least 32 bytes; no text, such as a pass phrase, in UTF-8 or UTF-16; at least 16 different values among the bytes, and among
    the steps from each to the next (``00 01 02 ...`` has one). Random bytes break it less than once in 10^11.

    Raises
    ------
    KeyTooWeakError
        When it is not.
    """
    if len(key) < LENGTH:
        raise KeyTooWeakError(f"the key has {len(key)} bytes; at least {LENGTH} random bytes are needed")
    if _is_text(key):
        raise KeyTooWeakError("the key is text, such as a pass phrase, and not random bytes")
    steps = {(b - a) % 256 for a, b in pairwise(key)}
    if min(len(set(key)), len(steps)) < DISTINCT:
        raise KeyTooWeakError("the bytes of the key repeat one another: they are not random")
    return key


def _is_text(key: bytes) -> bool:
    """Whether the bytes are text: UTF-8 without control characters, or UTF-16, half of whose bytes are zero in most languages."""
    if len(key) >= 2 * key.count(0) > len(key) // 2:
        return True
    try:
        return all(character.isprintable() or character in "\t\r\n" for character in key.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return key[:2] in (b"\xff\xfe", b"\xfe\xff")


def read_key(file: Path) -> bytes:
    """The secret key in a file of hexadecimal digits or of raw bytes.

    Raises
    ------
    InputError
        When there is no such file, it is a link or no regular file, others can read it, or its key can be guessed. No message quotes it.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if file.is_symlink():
            raise InputError("the key file is a link: what it leads to can be changed by others", file=file, cure="name the file itself")
        number = os.open(file, flags)
    except FileNotFoundError:
        if _LIKE_A_KEY.fullmatch(str(file)):  # quoted, it would stand in a log
            said = "what was given looks like a key and is no file's name: a key given on the command line is read by others"
            raise InputError(said, cure="make a new key with 'obelix-curate key new FILE', and name its file") from None
        raise InputError("there is no such key file", file=file, cure="name the file that holds the secret key") from None
    except OSError as error:
        raise InputError(f"the key file cannot be opened: {error.strerror}", file=file, cure="name a file that you can read") from None
    state = os.fstat(number)
    if not stat.S_ISREG(state.st_mode):
        os.close(number)
        raise InputError("the key file is no regular file", file=file, cure="name the file itself, not a pipe, device or folder")
    with os.fdopen(number, "rb") as handle:
        if os.name == "posix" and state.st_mode & 0o077:
            cure = "close it with 'chmod 600', and make a new key if somebody may have read it"
            raise InputError("others can read the key file", file=file, cure=cure)
        data = handle.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InputError(f"the key file has more than {LARGEST} bytes", file=file, cure=_MAKE)
    if not data.strip():
        raise InputError("the key file is blank", file=file, cure=_MAKE)
    digits = b"".join(data.split())
    if re.fullmatch(rb"(?:[0-9A-Fa-f]{2})+", digits):
        key = bytes.fromhex(digits.decode())
    else:  # a line end that an editor added is no part of a key: with it the same key would give another noise
        bare = re.sub(rb"\r?\n\Z", b"", data)
        key = bare if len(bare) >= LENGTH else data
    try:
        return checked(key)
    except KeyTooWeakError as error:
        raise InputError(str(error), file=file, cure=_MAKE) from None


def new_key(file: Path) -> None:
    """Make a key: 32 bytes of the system's random numbers as 64 hexadecimal digits, in a file that only its owner can read.

    Raises
    ------
    InputError
        When the file is there already: a key that was used is never overwritten.
    """
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except FileExistsError:
        what = "there is a file of this name, and a key is never overwritten: noise of the old key would become another"
        raise InputError(what, file=file, cure="choose another name") from None
    except OSError as error:
        raise InputError(f"the key cannot be written: {error.strerror}", file=file, cure="name a file in a folder that exists") from None
    with os.fdopen(number, "wb") as handle:
        handle.write(secrets.token_hex(LENGTH).encode() + b"\n")
        handle.flush()
        os.fsync(handle.fileno())
