"""The parts of a workbook file, and how they name one another."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass
from functools import lru_cache

from pipeline.errors import InputError
from pipeline.ingest.contributed.sheets import is_workbook
from pipeline.release.inplace.splice import CURE, Edit, appended, elements, spliced

#: Moment of a part that is new: the first that a zip archive can name. There is no clock in the file.
MOMENT = (1980, 1, 1, 0, 0, 0)
#: Written behind the archive, so that a file of this program is known.
MARK = b"obelix-curate workbook"
TYPES = "[Content_Types].xml"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"


@dataclass(frozen=True)
class Relation:
    """One part names another: key, type (an address) and the other's name in the archive."""

    id: str
    type: str
    target: str


class Package:
    """A workbook file as its parts by name. Those that nobody changes go out as they came in."""

    def __init__(self, data: bytes, file: str) -> None:
        is_workbook(data, file)
        self.file = file
        self._parts: dict[str, bytes] = {}
        self._about: dict[str, zipfile.ZipInfo] = {}
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for info in archive.infolist():
                    self._parts[info.filename], self._about[info.filename] = archive.read(info), info
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
            raise InputError(f"the workbook is damaged: {error}", file=file, cure=CURE) from None

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def __getitem__(self, name: str) -> bytes:
        try:
            return self._parts[name]
        except KeyError:
            raise InputError(f"the workbook lacks its part {name}", file=self.file, cure=CURE) from None

    def __setitem__(self, name: str, data: bytes) -> None:
        self._parts[name] = data

    def remove(self, name: str) -> None:
        """Take a part out, and its name out of the list of contents."""
        del self._parts[name]
        listed = [each for each in elements(self[TYPES], ("Override",), self.file) if each.attributes.get("PartName") == f"/{name}"]
        self[TYPES] = spliced(self[TYPES], [Edit(each.start, each.end, b"") for each in listed])

    def names(self) -> list[str]:
        """Names of the parts in their order."""
        return list(self._parts)

    def relations(self, name: str) -> list[Relation]:
        """The parts that a part names."""
        listing = _listing(name)
        if listing not in self._parts:
            return []
        found = elements(self[listing], ("Relationship",), self.file)
        folder = posixpath.dirname(name)
        return [
            Relation(
                each.attributes.get("Id", ""), each.attributes.get("Type", ""),
                posixpath.normpath(posixpath.join("/", folder, each.attributes.get("Target", ""))).lstrip("/"),
            )
            for each in found if each.attributes.get("TargetMode") != "External"
        ]  # fmt: skip

    def related(self, name: str, kind: str) -> Relation | None:
        """The first part of a kind (the last word of the type: ``comments``) that a part names."""
        return next((each for each in self.relations(name) if each.type.rpartition("/")[2] == kind), None)

    def relate(self, name: str, type: str, target: str) -> str:
        """Let a part name another; the key of the relation."""
        listing = _listing(name)
        if listing not in self._parts:
            self[listing] = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="{_RELATIONSHIPS}"/>'.encode()
        root, *known = elements(self[listing], ("Relationships", "Relationship"), self.file)
        taken = {each.attributes.get("Id") for each in known}
        key = next(key for number in range(1, len(taken) + 2) if (key := f"rId{number}") not in taken)
        made = f'<{root.prefix}Relationship Id="{key}" Type="{type}" Target="/{target}"/>'.encode()
        self[listing] = spliced(self[listing], [appended(self[listing], root, made)])
        return key

    def unrelate(self, name: str, target: str) -> None:
        """Let a part no longer name another."""
        keys = {each.id for each in self.relations(name) if each.target == target}
        found = [each for each in elements(self[_listing(name)], ("Relationship",), self.file) if each.attributes.get("Id") in keys]
        self[_listing(name)] = spliced(self[_listing(name)], [Edit(each.start, each.end, b"") for each in found])

    def list_content(self, attribute: str, value: str, kind: str) -> None:
        """Say in the list of contents what a part (``PartName``) or an extension (``Extension``) holds, unless it is said."""
        root, *known = elements(self[TYPES], ("Types", "Default", "Override"), self.file)
        if any(each.attributes.get(attribute, "").casefold() == value.casefold() for each in known):
            return
        tag = root.prefix + ("Override" if attribute == "PartName" else "Default")
        made = f'<{tag} {attribute}="{value}" ContentType="{kind}"/>'.encode()
        # the types allow any order, and some readers want the extensions first
        place = root.inner if attribute == "Extension" else root.outer
        self[TYPES] = spliced(self[TYPES], [Edit(place, place, made)])

    def free(self, pattern: str) -> str:
        """The first name of a pattern (``xl/comments{}.xml``) that no part has."""
        return next(name for number in range(1, len(self._parts) + 2) if (name := pattern.format(number)) not in self._parts)

    def data(self) -> bytes:
        """The file."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = MARK
            for name, data in self._parts.items():
                known = self._about.get(name)
                info = zipfile.ZipInfo(name, known.date_time if known else MOMENT)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = known.external_attr if known else 0o600 << 16
                info.create_system = 3
                archive.writestr(info, data)
        return buffer.getvalue()


@lru_cache(maxsize=256)
def _listing(name: str) -> str:
    folder, _, own = name.rpartition("/")
    return posixpath.join(folder, "_rels", f"{own}.rels")


def is_ours(text: str) -> bool:
    """Whether a file (its ends, as text) is one that this program wrote."""
    return re.search(rf"{MARK.decode()}\Z", text) is not None
