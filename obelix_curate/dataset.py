"""A built release, opened for Python. Tables and structures are read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from pymatgen.core.structure import Structure

    from schemas.columns import Column

#: What every release folder holds.
_MANIFEST = "RELEASE.json"
_CURE = "run 'obelix-curate build', or name the folder of a release"


class Entry(NamedTuple):
    """One entry of a release: a material as one paper made and measured it."""

    ID: str
    #: Content of the unit cell.
    composition: str
    #: In S/cm at room temperature; the bound itself where ``bound`` is set.
    conductivity: float
    #: ``<`` where the paper gives only an upper bound, ``>`` where it gives a lower one, else ``None``.
    bound: str | None
    #: Checks that found an error in this entry which nobody has decided on yet: none means that nobody doubts it.
    doubt: tuple[str, ...]
    #: DOI of the paper that measured the conductivity; several are separated by a vertical bar.
    source: str | None
    #: Records of the literature tables that report the same measurement, such as ``laskowski:620``.
    records: tuple[str, ...]
    #: The structure with its disorder, or ``None`` when the release has none for this entry.
    structure: Structure | None


@dataclass(frozen=True)
class Dataset:
    """A release of OBELiX.

    Attributes
    ----------
    folder
        Folder that holds its files.
    """

    folder: Path

    def verified(self) -> Dataset:
        """The dataset itself. Raises :class:`InputError` when its folder holds no release."""
        if not self.folder.is_dir():
            raise InputError("there is no such folder", file=self.folder, cure=_CURE)
        if not (self.folder / _MANIFEST).is_file() or not (self.folder / "all.csv").is_file():
            raise InputError(f"this folder holds no release: {_MANIFEST} or all.csv is not there", file=self.folder, cure=_CURE)
        return self

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an entry, index ``ID`` (text), in the order of the release.

        Columns: those of the curators' workbook under their published names (lengths in angstrom, angles in degrees); the label
        ``Ionic conductivity (S cm-1)`` as published, a number that is 1e-15 where only an upper bound is known; ``CIF`` (Match, Close
        Match, No Match); then ``conductivity`` (S/cm; the bound itself where it is one), ``bound`` (``<``, ``>`` or missing) and whatever
        else the release adds; last ``split`` (train, test, or missing for an entry in neither set).
        """
        import pandas as pd

        from schemas import columns as col

        sheet = self._read("all.csv", [column for column in col.WORKBOOK if column != col.IONIC_CONDUCTIVITY]).set_index(str(col.ID))
        model = self._read("processed.csv", col.PROCESSED).set_index(str(col.ID)).reindex(sheet.index)
        place = list(sheet.columns).index(str(col.TRUE_COMPOSITION)) + 1
        table = sheet.drop(columns=[str(col.IONIC_CONDUCTIVITY)], errors="ignore")
        table.insert(place, str(col.LABEL), model[col.LABEL])
        added = [label for label in model.columns if label not in col.PROCESSED_AS_PUBLISHED]
        side = {**dict.fromkeys(self.train, "train"), **dict.fromkeys(self.test, "test")}
        split = pd.Series([side.get(name) for name in table.index], index=table.index, dtype="str", name="split")
        return pd.concat([table, model[[str(col.CIF_PROCESSED), *added]], split], axis="columns")

    @property
    def train(self) -> list[str]:
        """IDs of the training set, in the order of the release."""
        return self._ids("train_idx.csv")

    @property
    def test(self) -> list[str]:
        """IDs of the test set, in the order of the release."""
        return self._ids("test_idx.csv")

    @cached_property
    def structures(self) -> Structures:
        """Structures by ID: :class:`pymatgen.core.Structure`, disorder kept; each is read when it is asked for."""
        return Structures(self._path("all_randomized_cifs"))

    @cached_property
    def groups(self) -> pd.Series:
        """Group of each entry, index ``ID``: entries that share a paper or a composition, through any chain of others, are one group.

        A group is named by its smallest ID. Folds that keep groups together (``GroupKFold`` of scikit-learn) test a model on papers and
        compositions that it has not seen, as the published split does.
        """
        from pipeline.split import groups

        return groups(self.table)

    def entry(self, name: str) -> Entry:
        """One entry with its structure, conductivity, doubt and source. Raises ``KeyError`` when the release has no such ID."""
        import pandas as pd

        from schemas import columns as col

        row = self.table.loc[name].to_dict()
        mine = self.links[self.links[col.LINK_ENTRY] == name].dropna(subset=[str(col.LINK_RECORD)])

        def text(column: Column) -> str | None:
            return None if pd.isna(row[column]) else str(row[column])

        return Entry(
            ID=name,
            composition=str(row[col.TRUE_COMPOSITION]),
            conductivity=float(row[col.CONDUCTIVITY_PROCESSED]),
            bound=text(col.BOUND),
            doubt=tuple((text(col.DOUBT) or "").split()),
            source=text(col.DOI),
            records=tuple(f"{source}:{record}" for source, record in zip(mine[col.SOURCE], mine[col.LINK_RECORD], strict=True)),
            structure=self.structures.get(name),
        )

    @cached_property
    def links(self) -> pd.DataFrame:
        """One row an entry and a record of a literature table that are one measurement: what agrees, and the published link."""
        return self._table("links.csv")

    @cached_property
    def findings(self) -> pd.DataFrame:
        """One row a finding about an entry: check, severity, column, value, expected, message, other, status."""
        return self._table("findings.csv")

    @cached_property
    def corrections(self) -> pd.DataFrame:
        """One row a cell that differs from the published one: ID, column, before, after, reason, evidence."""
        return self._table("corrections.csv")

    @cached_property
    def measurements(self) -> pd.DataFrame:
        """One row a conductivity (S/cm) of one material in one paper at room temperature; most are no entry of the release."""
        return self._table("measurements.csv")

    def _table(self, path: str) -> pd.DataFrame:
        from schemas.files import file

        return self._read(path, file(path).columns)

    def _read(self, path: str, columns: Sequence[Column]) -> pd.DataFrame:
        """A table with each column in its type; a column that is not known here is text."""
        import pandas as pd

        from schemas.contract import DTYPES

        place = self._path(path)
        text = pd.read_csv(place, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8")
        types = {str(column): column for column in columns}
        if missing := [label for label in types if label not in text]:
            raise InputError(f"the column {', '.join(map(repr, missing))} is missing", file=place, row=1, cure="build the release again")
        for label, column in types.items():
            try:
                if column.type == "boolean":
                    text[label] = pd.Series(text[label].map({"True": True, "False": False}), dtype="boolean")
                elif column.type != "text":
                    text[label] = pd.Series(pd.to_numeric(text[label]), dtype=DTYPES[column.type])
            except (ValueError, TypeError) as error:
                raise InputError(f"the column is not all {column.type}: {error}", file=place, column=label, cure=_CURE) from error
        return text

    def _ids(self, path: str) -> list[str]:
        return self._path(path).read_text(encoding="utf-8").split()[1:]

    def _path(self, path: str) -> Path:
        place = self.folder / path
        if not place.exists():
            raise InputError("the release lacks this file", file=place, cure="build the release again")
        return place


class Structures(Mapping[str, "Structure"]):
    """Structures of a release by ID, read when they are asked for and kept. Iteration is in the order of the IDs.

    Every site and every occupancy is that of the file (:meth:`pipeline.structures.cif.Structure.to_pymatgen`). Structures that came from
    the ICSD carry noise of 0.01 in fractional coordinates.
    """

    def __init__(self, folder: Path) -> None:
        self._paths = {path.stem: path for path in sorted(folder.glob("*.cif"))}
        self._known: dict[str, Structure] = {}

    def __getitem__(self, name: str) -> Structure:
        """The structure of an entry. Raises ``KeyError`` when it has none, ``InputError`` when its file cannot be read."""
        from pipeline.structures.cif import CifError, read

        if name not in self._known:
            path = self._paths[name]
            try:
                self._known[name] = read(path.read_bytes().decode("utf-8", "replace"), path.name).to_pymatgen()
            except (CifError, ValueError) as error:
                raise InputError(f"not a structure: {error}", file=path, cure="build the release again") from error
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)
