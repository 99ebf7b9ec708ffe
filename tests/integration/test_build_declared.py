"""A build with declared tables beside the real ones, and what is left of them when they are gone."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from pipeline import sources
from pipeline.build import Options, build
from pipeline.release.metadata.present import present
from pipeline.release.opened import opened
from pipeline.reporting.paper import paper

HEADER = "compound,conductivity,DOI,from\n"
DECLARATION = """
[[literature]]
name = "{name}"
title = "{name}"
role = "{role}"
file = "downloads/{name}.csv"
sha256 = "{sha256}"
[literature.columns]
composition = "compound"
conductivity = {{ column = "conductivity", unit = "S/cm" }}
doi = "DOI"
temperature = {{ constant = "RT" }}
extrapolated_from = {{ column = "from", unit = "K" }}
"""


@pytest.fixture
def own(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of pins with the archive beside it."""
    archive = sources.open_archive(sources.default_pin(raw), raw).path
    monkeypatch.delenv("OBELIX_CURATE_DOWNLOADS", raising=False)
    folder = tmp_path / "raw"
    (folder / "downloads").mkdir(parents=True)
    for path in (*raw.glob("*.toml"), *raw.glob("*.yaml")):
        shutil.copy(path, folder)
    shutil.copy(archive, folder / "downloads")
    return folder


def declare(raw: Path, name: str, role: str, rows: str) -> None:
    data = (HEADER + rows).encode()
    (raw / "downloads" / f"{name}.csv").write_bytes(data)
    with (raw / "sources.toml").open("a", encoding="utf-8") as pins:
        pins.write(DECLARATION.format(name=name, role=role, sha256=hashlib.sha256(data).hexdigest()))


def test_declared_tables_come_and_go(own: Path, tmp_path: Path, built: Path) -> None:
    pins = (own / "sources.toml").read_bytes()
    entry = pd.read_csv(built / "all.csv", dtype=str).set_index("ID").loc["tka"]
    row = f"{entry['Reduced Composition']},1e-15,{entry['DOI']},413\n"
    declare(own, "mchaffie", "measurements", f"{row}Li9Al9F36,1e-5,10.1000/new,\nLLZO,1e-4,10.1000/new,\n")
    declare(own, "judge", "witness", f"{entry['Reduced Composition']},1e-15,{entry['DOI']},\n")
    declare(own, "mined", "discovery", "Li9Al9F36,1e-5,10.1000/other,\n")
    declare(own, "gone", "measurements", row)
    (own / "downloads" / "gone.csv").unlink()
    out = tmp_path / "out"
    done = build(Options(raw=own, out=out, quick=True))
    notes = {stage.name: stage.note for stage in done.ledger.stages}
    assert notes["ingest gone"].startswith("absent: ")
    records = pd.read_csv(out / "records.csv", dtype=str)
    states = records.set_index(records.source + ":" + records.record).state
    assert states[["mchaffie:1", "mchaffie:2", "mchaffie:3"]].tolist() == ["released", "lacks space group", "unreadable"]
    assert states[["judge:1", "mined:1"]].tolist() == ["witness", "discovery"]
    measurements = pd.read_csv(out / "measurements.csv", dtype=str)
    before = pd.read_csv(built / "measurements.csv", dtype=str)
    assert len(measurements) == len(before) + 1
    assert measurements.set_index("records").measurement["mchaffie:2"] == "mchaffie-2"
    findings = pd.read_csv(out / "findings.csv", dtype=str)
    (told,) = findings[(findings.ID == "tka") & (findings.check == "conductivity.source")].message
    assert "mchaffie 1, extrapolated" in told
    assert "judge 1" in told
    assert sorted(path.name for path in (out / "sources").iterdir()) == ["laskowski.csv", "liion.csv", "mchaffie.csv", "mined.csv"]
    assert {"sources/mchaffie.csv", "sources/mined.csv"} <= {each.file.path for each in present(out)}
    literature = json.loads((out / "RELEASE.json").read_text(encoding="utf-8"))["source"]["literature"]
    assert [(each["name"], each["role"], each["records"]) for each in literature] == [
        ("mchaffie", "measurements", 3), ("judge", "witness", 1), ("mined", "discovery", 1),
    ]  # fmt: skip
    assert "- mchaffie\n- judge, compared only\n" in (out / "README.md").read_text(encoding="utf-8")
    whole = opened(own)
    claims = {claim.what: claim for claim in paper(whole.statistics, whole.entries)}
    assert (claims["entries shared with McHaffie et al."].found, claims["entries shared with McHaffie et al."].verdict) == ("1", "differs")

    (own / "sources.toml").write_bytes(pins)
    build(Options(raw=own, out=out, quick=True))
    here, there = ({path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()} for folder in (out, built))
    assert here.keys() == there.keys()
    assert [name for name in here if here[name].read_bytes() != there[name].read_bytes()] == []
