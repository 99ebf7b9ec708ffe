"""Damage for everything that is no table: archives, decisions, pins, indexes, structures. Every case follows from its number alone."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from pipeline.correct import read_corrections, read_waivers
from pipeline.errors import InputError
from pipeline.ingest.contributed.bundle import archive
from pipeline.sources import pins
from pipeline.sources.declared import declarations
from pipeline.structures.cif import CifError, further, read
from pipeline.structures.matching.index import index, is_index, load
from pipeline.structures.noise import keyed, open_seed
from pipeline.structures.perturb import MarkError, PerturbationError, ProprietaryError, perturb_entry
from tests.contributed.tables import rock_salt, zipped
from tests.fuzz.mutate import BYTE_FAULTS, CELLS, STRUCTURE_FAULTS, TEXT_FAULTS

#: Characters that one fault inserts at most: a case stays below a megabyte, since what is asked is that no small input costs much.
LONGEST = 60_000
STRUCTURES = {f"x{n}": rock_salt(anion, a) for n, (anion, a) in enumerate([("I", 6.0257), ("Br", 5.5013), ("Cl", 5.1295)])}
NOISE = (open_seed(1), keyed(random.Random("a key for tests").randbytes(32)))
CORRECTIONS = (
    '- {id: "abc", column: Z, expect: 4, value: 8, reason: r, evidence: e, status: accepted}\n'
    '- {id: "1e9", column: DOI, expect: null, value: "10.1/x", reason: "r", evidence: e, status: proposed}\n'
)
WAIVERS = '- {id: "abc", check: composition.charge, reason: r, status: accepted}\n'
YAML = [
    "[", "{", "- ", "&a ", "*a", "<<: ", "!!python/object:os.system ", "|", ">", "? ", ": ", "#", "\t", ".inf", ".nan", "1e999", "0x10",
    "~", "'", '"', "---\n", "...\n", "%YAML 9\n",
]  # fmt: skip
PINS = (
    'default = "a"\n[members]\nliion = "x.csv"\nstructures = "cifs"\n[pins.a]\npackage = "p"\nversion = "1"\narchive = "p-1.tar.gz"\n'
    f'sha256 = "{"0" * 64}"\n[pins.a.members]\nliion = {{sha256 = "{"1" * 64}", records = 3}}\n'
    f'[[literature]]\nname = "mine"\ntitle = "t"\nfile = "t.csv"\nsha256 = "{"2" * 64}"\n[literature.columns]\ncomposition = "c"\n'
    'conductivity = { column = "s", unit = "S/cm" }\ntemperature = { constant = 25, unit = "degC" }\n'
)
#: What names, nests and quotes in TOML.
TOML = ["[", "[[", "[literature.", "[[literature]]\n", "{", "a.", "=", '"', "'", '"""', "'''", '" ".', "\\", "1_0", "nan", "\n", "#"]


def _tar() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as packed:
        for name, text in STRUCTURES.items():
            member = tarfile.TarInfo(f"cifs/{name}.cif")
            member.size = len(text)
            packed.addfile(member, io.BytesIO(text.encode()))
    return target.getvalue()


@cache
def _archives() -> dict[str, bytes]:
    return {
        "tar": _tar(), "tar.gz": gzip.compress(_tar(), mtime=0), "tar.bz2": bz2.compress(_tar()), "tar.xz": lzma.compress(_tar()),
        "zip": zipped(STRUCTURES),
    }  # fmt: skip


@cache
def _index() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in STRUCTURES.items():
            (Path(folder) / f"{name}.cif").write_text(text)
        index([Path(folder)], Path(folder) / "x.index")
        return (Path(folder) / "x.index").read_bytes()


def _damaged(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 4))):
        data = chance.choice(BYTE_FAULTS)(data, chance)
    return data


def _text(text: str, words: list[str], chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 3))):
        place = chance.randrange(len(text) + 1)
        word, times = chance.choice(words), chance.choice((1, 1, 2, 100, 20_000))
        text = text[:place] + (word * times)[:LONGEST] + text[place:]
    data = text.encode("utf-8", "replace")
    return chance.choice(TEXT_FAULTS)(data, chance) if chance.random() < 0.3 else data


def an_archive(number: int, _folder: Path) -> None:
    """A damaged archive gives the content that was packed, or an error; a plain tar has no checksum of its content."""
    chance = random.Random(f"archive {number}")
    kind = chance.choice(list(_archives()))
    found = archive(_damaged(_archives()[kind], chance), kind).structures
    # what is whole is what was packed; a file cut out of a plain tar, or renamed in it, cannot be known
    assert kind == "tar" or found == STRUCTURES, kind


def corrections(number: int, folder: Path) -> None:
    """Damaged corrections and waivers are read or told."""
    chance = random.Random(f"corrections {number}")
    (folder / "corrections.yaml").write_bytes(_text(CORRECTIONS, [*YAML, *CELLS], chance))
    (folder / "waivers.yaml").write_bytes(_text(WAIVERS, [*YAML, *CELLS], chance))
    try:
        read_corrections(folder)
    finally:
        read_waivers(folder)


def pin_file(number: int, folder: Path) -> None:
    """Damaged pins, and declarations of tables in one file with them, are read or told."""
    chance = random.Random(f"pins {number}")
    (folder / "sources.toml").write_bytes(_text(PINS, [*TOML, *TOML, *CELLS], chance))
    try:
        pins(folder)
    finally:
        declarations(folder)


def an_index(number: int, folder: Path) -> None:
    """A damaged index is loaded or told."""
    path = folder / "x.index"
    path.write_bytes(_damaged(_index(), random.Random(f"index {number}")))
    if is_index(path):
        found = load(path)
        for block in found.blocks:
            found.names(block.ids.tolist())


def a_structure(number: int, _folder: Path) -> None:
    """A damaged CIF gets noise or is told."""
    chance = random.Random(f"structure {number}")
    text = chance.choice(list(STRUCTURES.values()))
    for _ in range(chance.choice((1, 2, 5))):
        text = chance.choice(STRUCTURE_FAULTS)(text, chance)
    noise = chance.choice(NOISE)
    try:
        structure = read(text, "x.cif")
        list(further(structure))
        done = perturb_entry(structure, noise)
    except (CifError, PerturbationError, ProprietaryError, MarkError) as error:
        raise InputError(str(error), file="x.cif") from error
    assert not perturb_entry(read(done.text, "x.cif"), noise).changed  # it is known again


KINDS: dict[str, Callable[[int, Path], None]] = {
    "archives": an_archive, "corrections and waivers": corrections, "pins": pin_file, "indexes": an_index, "structures": a_structure,
}  # fmt: skip
