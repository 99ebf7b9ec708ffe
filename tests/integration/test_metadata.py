"""Each metadata format, judged by its own tool, on the real release."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from pipeline.release.lines import lines
from pipeline.release.metadata import croissant, metadata, present
from pipeline.release.version import read_stamp
from schemas import columns as col
from schemas.files import FILES, MODEL_SIDES

# the validators warn of their own dependencies
pytestmark = pytest.mark.filterwarnings("ignore")


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_every_file_of_the_release_is_registered(built: Path) -> None:
    about_the_release = {
        "README.md", "RELEASE.json", "SHA256SUMS", "datapackage.json", "croissant.json", "dataset-metadata.json",
    }  # fmt: skip
    folders = tuple(file.path for file in FILES if file.path.endswith("/"))
    found = {path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()}
    unregistered = {path for path in found if not path.startswith(folders)} - {file.path for file in FILES} - about_the_release
    assert unregistered == set()


def test_every_table_has_the_columns_that_are_registered(built: Path) -> None:
    for each in present(built):
        if each.file.is_table:
            with (built / each.file.path).open(encoding="utf-8", newline="") as handle:
                assert next(csv.reader(handle)) == list(each.file.columns), each.file.path


@pytest.fixture(scope="module")
def released(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release with version and date, as ``release`` stamps it."""
    folder = tmp_path_factory.mktemp("released") / "curated"
    shutil.copytree(built, folder)
    metadata(folder, load(built / "RELEASE.json") | {"version": "9.8.7", "date": "2026-01-02"}, {})
    return folder


def test_only_a_release_bears_the_version_of_a_release(built: Path, built_as_published: Path, released: Path, raw: Path) -> None:
    stamp = read_stamp(raw)
    own = stamp.version if stamp else "1.2.0+unreleased"
    for folder, version in ((built, own), (built_as_published, "1.2.0"), (released, "9.8.7")):
        assert load(folder / "datapackage.json")["version"] == load(folder / "croissant.json")["version"] == version
        assert f"| version | {version}" in (folder / "README.md").read_text(encoding="utf-8")
    assert load(released / "croissant.json")["datePublished"] == "2026-01-02"
    assert load(released / "datapackage.json")["created"] == "2026-01-02T00:00:00Z"
    # before a release the day is that of the pin, which its archive confirms: the workbook in it was last saved the evening before
    for folder in (built, built_as_published):
        assert load(folder / "croissant.json")["datePublished"] == ((stamp and stamp.date) or "2025-05-16")
    about = load(built / "RELEASE.json")
    del about["source"]["date"]
    bare = {name: value for name, value in about.items() if name != "date"}
    assert "datePublished" not in croissant.dataset(present(built), bare)


class TestDataPackage:
    def validate(self, folder: Path) -> Any:
        from frictionless import Package

        return Package(str(folder / "datapackage.json")).validate()

    def test_frictionless_accepts_every_table(self, built: Path) -> None:
        report = self.validate(built)
        assert report.valid, report.to_summary()
        tables = {task.place: task.stats.get("rows") for task in report.tasks if task.type == "table"}
        assert tables["all.csv"] == 599
        assert tables["train.csv"] == 478
        assert tables["test.csv"] == 121
        assert tables["processed.csv"] == 599
        assert tables["sources/laskowski.csv"] == 1346
        assert tables["sources/liion.csv"] == 820

    @pytest.mark.parametrize(
        ("path", "column", "value", "error"),
        [
            ("processed.csv", col.A, "-5.5", "constraint-error"),
            ("processed.csv", col.BOUND, "about", "constraint-error"),
            ("train.csv", col.SPACE_GROUP_NUMBER, "231", "constraint-error"),
            ("train.csv", col.IONIC_CONDUCTIVITY, "high", "constraint-error"),
            ("train.csv", col.Z, "two", "type-error"),
            ("train.csv", col.ID, "zzz", "foreign-key"),
        ],
    )
    def test_frictionless_refuses_a_bad_cell(self, built: Path, tmp_path: Path, path: str, column: str, value: str, error: str) -> None:
        """The constraints bite: a package that accepts anything would pass the test above as well."""
        package = load(built / "datapackage.json")
        package["resources"] = [r for r in package["resources"] if r["path"] in (path, "all.csv")]
        for resource in package["resources"]:
            resource.pop("hash"), resource.pop("bytes")
            shutil.copy(built / resource["path"], tmp_path / resource["path"])
        table = rows(tmp_path / path)
        table[0][column] = value
        with (tmp_path / path).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
        (tmp_path / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
        report = self.validate(tmp_path)
        assert not report.valid
        assert {row[0] for row in report.flatten(["type"])} == {error}

    def test_units_and_hashes_are_those_of_columns_and_files(self, built: Path) -> None:
        package = load(built / "datapackage.json")
        resources = {resource["path"]: resource for resource in package["resources"]}
        for path, resource in resources.items():
            data = (built / path).read_bytes()
            assert resource["bytes"] == len(data)
            assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        fields = {field["name"]: field for field in resources["processed.csv"]["schema"]["fields"]}
        assert fields[col.IONIC_CONDUCTIVITY]["unit"] == "S cm-1"
        assert fields[col.A] == {
            "name": "a", "title": "a", "description": col.A.description, "type": "number", "unit": "angstrom",
            "source": col.A.source, "constraints": {"required": True, "exclusiveMinimum": 0},
        }  # fmt: skip


class TestCroissant:
    def test_mlcroissant_accepts_it(self, built: Path) -> None:
        """As version 1.1, with no warning: the day of publication is there before the first release too."""
        assert load(built / "croissant.json")["conformsTo"][0] == "http://mlcommons.org/croissant/1.1"
        program = str(Path(sys.executable).with_name("mlcroissant"))
        command = [program, "validate", "--jsonld", str(built / "croissant.json")]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert "Done." in ran.stderr
        assert "error(s)" not in ran.stderr
        assert "warning(s)" not in ran.stderr

    def test_it_loads_all_records_with_their_side(self, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Offline: any attempt to open a connection fails the test."""
        import socket

        import mlcroissant

        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("a connection was opened")

        monkeypatch.setattr(socket.socket, "connect", refuse)
        path = str(built / "croissant.json")
        entries = list(mlcroissant.Dataset(path).records("entries"))
        side = {record["entries/id"].decode(): record["entries/split"].decode() for record in entries}
        assert len(entries) == len(side) == 599
        assert Counter(side.values()) == {"train": 478, "test": 121}
        for name in ("train", "test"):
            assert {i for i, s in side.items() if s == name} == {row[col.ID] for row in rows(built / f"{name}_idx.csv")}
        released = {row[col.ID]: row for row in rows(built / "all.csv")}
        for record in entries:
            row = released[record["entries/id"].decode()]
            assert record["entries/a"] == float(row[col.A])
            assert record["entries/true_composition"].decode() == row[col.TRUE_COMPOSITION]
            assert record["entries/ionic_conductivity_s_cm_1"].decode() in (
                row[col.IONIC_CONDUCTIVITY],
                row[col.IONIC_CONDUCTIVITY].strip(),
            )
            assert str(record["entries/icsd_id"] or "") == row[col.ICSD_ID]
        structures = list(mlcroissant.Dataset(path).records("cifs"))
        assert {record["cifs/id"].decode() for record in structures} == {p.stem for p in (built / "all_randomized_cifs").iterdir()}

    def test_the_fields_that_venues_ask_for_are_there(self, built: Path) -> None:
        document = load(built / "croissant.json")
        asked = (
            "rai:dataCollection", "rai:dataBiases", "rai:dataLimitations", "rai:dataUseCases", "rai:dataSocialImpact",
            "rai:personalSensitiveInformation", "rai:dataReleaseMaintenancePlan", "rai:dataPreprocessingProtocol",
            "rai:dataCollectionMissingData", "rai:dataAnnotationProtocol",
        )  # fmt: skip
        assert all(document[name] for name in asked)
        assert document["license"] == "https://creativecommons.org/licenses/by/4.0/"
        assert "10.1039/D5DD00441A" in document["citeAs"]
        assert len(document["creator"]) == 13


class TestCard:
    def front_matter(self, built: Path) -> dict[str, Any]:
        found = re.match(r"---\n(.*?)\n---\n", (built / "README.md").read_text(encoding="utf-8"), re.DOTALL)
        assert found
        loaded: dict[str, Any] = yaml.safe_load(found[1])
        return loaded

    def test_the_front_matter_names_the_splits(self, built: Path) -> None:
        matter = self.front_matter(built)
        assert matter["license"] == "cc-by-4.0"
        assert matter["size_categories"] == ["n<1K"]
        default = next(config for config in matter["configs"] if config["config_name"] == "default")
        assert default["data_files"] == [{"split": "train", "path": "train_model.csv"}, {"split": "test", "path": "test_model.csv"}]
        for config in matter["configs"]:
            assert all((built / each["path"]).is_file() for each in config["data_files"])
            # a table with entries of both sides must not be loaded under the name of one
            expected = ["train", "test"] if config["config_name"] in ("default", "entries") else ["full"]
            assert [each["split"] for each in config["data_files"]] == expected
            # all of one format: the Hub reads every configuration as it reads the first
            assert {Path(each["path"]).suffix for each in config["data_files"]} == {".csv"}

    def test_the_default_has_a_numeric_label_and_every_column_is_declared(self, built: Path) -> None:
        """Read as the Hub reads it: pandas, with the declared types and options."""
        matter = self.front_matter(built)
        declared = {each["config_name"]: {one["name"]: one["dtype"] for one in each["features"]} for each in matter["dataset_info"]}
        assert declared.keys() == {config["config_name"] for config in matter["configs"]}
        features = declared["default"]
        assert {features[name] for name in ("conductivity", str(col.LABEL), "a")} == {"float64"}
        assert {features[name] for name in ("ID", "bound", "split", "cif_text")} == {"string"}
        names = {"string": object, "float64": "float64", "int64": "int64", "bool": "bool"}
        for config in matter["configs"]:
            options = {name: config[name] for name in ("keep_default_na", "na_values")}
            types = {name: names[dtype] for name, dtype in declared[config["config_name"]].items()}
            for each in config["data_files"]:
                table = pd.read_csv(built / each["path"], dtype=types, **options)
                assert list(table.columns) == list(types), each["path"]
        sides = [pd.read_csv(built / path, dtype={name: names[dtype] for name, dtype in features.items()}) for path in MODEL_SIDES]
        assert [set(side["split"]) for side in sides] == [{"train"}, {"test"}]
        both = pd.concat(sides).set_index("ID")
        assert {"1e9", "019"} <= set(both.index)
        assert len(both) == 599
        assert both.loc[both["bound"] == "<", "conductivity"].nunique() == 2
        for path in (built / "all_randomized_cifs").iterdir():
            assert both.loc[path.stem, "cif_text"].splitlines() == path.read_text(encoding="utf-8").splitlines()
        assert both["cif_text"].notna().sum() == 321

    def test_the_first_steps_run(self, built: Path) -> None:
        code = re.search(r"```python\n(.*?)```", (built / "README.md").read_text(encoding="utf-8"), re.DOTALL)
        assert code
        names: dict[str, Any] = {}
        import os

        here = Path.cwd()
        os.chdir(built)
        try:
            exec(code[1], names)
        finally:
            os.chdir(here)
        # what a reader is led to: measured values only, under the label that is as the papers give it
        bounds = [row[col.IONIC_CONDUCTIVITY] for row in rows(built / "train.csv") if row[col.IONIC_CONDUCTIVITY].startswith(("<", ">"))]
        assert len(names["x"]) == len(names["y"]) == 478 - len(bounds)
        assert len(bounds) > 20
        assert names["y"].min() > -18
        assert not names["measured"]["conductivity"].eq(1e-15).any()


def test_kaggle_metadata_are_as_its_documentation_asks(built: Path) -> None:
    """Lengths, identifier and licence as the Kaggle API documents them; it has no validator that works without an account."""
    document = load(built / "dataset-metadata.json")
    assert 6 <= len(document["title"]) <= 50
    assert 20 <= len(document["subtitle"]) <= 80
    assert re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]{3,50}", document["id"])
    assert document["licenses"] == [{"name": "CC-BY-4.0"}]
    for resource in document["resources"]:
        assert (built / resource["path"]).is_file()
        if "schema" in resource:
            fields = [field["name"] for field in resource["schema"]["fields"]]
            with (built / resource["path"]).open(encoding="utf-8", newline="") as handle:
                assert next(csv.reader(handle)) == fields


def test_pymatgen_reads_the_structures_with_their_labels(built: Path) -> None:
    """Each is the structure that the Python face makes of the file, and its labels are those of processed.csv."""
    from monty.json import MontyDecoder
    from pymatgen.core import Structure

    import obelix_curate
    from pipeline.structures.cif import read

    data = obelix_curate.load(built)
    sides = [pd.read_csv(built / path, dtype={"ID": str}, keep_default_na=False, na_values=[""]) for path in MODEL_SIDES]
    names = [*data.structures][::30]
    files = {name: read((built / "all_randomized_cifs" / f"{name}.cif").read_text(encoding="utf-8"), name) for name in names}
    text = list(lines(pd.concat(sides), files))
    entries = [json.loads(line) for line in text]
    assert sorted(entry["ID"] for entry in entries) == sorted(names)
    labels = {row[col.ID]: row for row in rows(built / "processed.csv")}
    for entry in entries:
        row = labels[entry["ID"]]
        assert (entry["conductivity"], entry[col.LABEL]) == (float(row["conductivity"]), float(row[col.LABEL]))
        assert (entry["bound"] or "", entry["doubt"] or "") == (row["bound"], row["doubt"])
        assert entry["split"] == ("train" if entry["ID"] in data.train else "test")
        found, expected = Structure.from_dict(entry["structure"]), data.structures[entry["ID"]]
        assert found.lattice.parameters == pytest.approx(expected.lattice.parameters)
        assert found.labels == expected.labels
        assert [site.species for site in found] == [site.species for site in expected]
        gap = found.frac_coords - expected.frac_coords
        assert abs(gap - gap.round()).max() < 1e-8
    decoded = MontyDecoder().decode(text[0])
    assert isinstance(decoded["structure"], Structure)
    assert decoded["ID"] == entries[0]["ID"]
