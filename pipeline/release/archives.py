"""Structure files, loose and in archives. The same files give the same bytes at any time."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

STRUCTURES_FOLDER = "all_randomized_cifs"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_structures(structures: Mapping[str, str], folder: Path) -> None:
    """Write each structure's text as ``<ID>.cif``."""
    folder.mkdir(parents=True)
    for name, text in structures.items():
        (folder / f"{name}.cif").write_bytes(text.encode("utf-8"))


def write_archives(structures: Mapping[str, str], ids: Iterable[str], name: str, folder: Path) -> None:
    """Write ``<name>_cifs.zip`` and ``<name>_cifs.tar.gz`` with the structures of these entries, inside ``<name>_randomized_cifs/``."""
    members = {f"{name}_randomized_cifs/{i}.cif": structures[i].encode("utf-8") for i in ids if i in structures}
    (folder / f"{name}_cifs.zip").write_bytes(_zip(members))
    (folder / f"{name}_cifs.tar.gz").write_bytes(_tar_gz(members))


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in sorted(members.items()):
            entry = zipfile.ZipInfo(path, date_time=_EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _tar_gz(members: Mapping[str, bytes]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, data in sorted(members.items()):
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", compresslevel=6, fileobj=packed, mtime=0) as out:  # gzip.compress writes another header in each Python
        out.write(plain.getvalue())
    return packed.getvalue()
