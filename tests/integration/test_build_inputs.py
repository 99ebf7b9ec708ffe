"""What `build` says of sources that cannot be used: one message with the place and the cure, exit status 2, nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.cli import main
from schemas import columns as col
from tests.pins import Member, folder_member, pins_text, place, sha, tar_gz
from tests.unit.sheets import row, workbook


def build(folder: Path, book: bytes, spoil: Callable[[bytes], bytes] = lambda data: data) -> Result:
    """Run the command on a pin whose workbook is ``book``, the archive spoilt after it was pinned."""
    archive = tar_gz({"data/raw.xlsx": book, "data/cifs/abc.cif": b"data_abc\n"})
    members = {
        "workbook": Member("data/raw.xlsx", sha(book), 2),
        "structures": folder_member("data/cifs", {"abc": b"data_abc\n"}),
    }
    place(folder / "raw", spoil(archive))
    (folder / "raw" / "sources.toml").write_text(pins_text(archive, members))
    return CliRunner().invoke(main, ["build", "--quick", "--raw", str(folder / "raw"), "--out", str(folder / "out")])


GOOD = [row(), row(ID="aaa")]


@pytest.mark.parametrize(
    ("book", "spoil", "said"),
    [
        (workbook(GOOD), lambda data: data[:-100], ["pkg-1.0.tar.gz", "not the pinned file", "fetch 1.0"]),
        (workbook(GOOD, [c for c in col.WORKBOOK if c != col.Z]), bytes, ["raw.xlsx", "'Z' is missing", "restore the header"]),
        (b"ID,Z\nabc,4\n", bytes, ["raw.xlsx", "not an Excel workbook", "save it again"]),
    ],
    ids=["damaged archive", "workbook without a column", "no workbook"],
)
def test_unusable_sources_end_with_2(tmp_path: Path, book: bytes, spoil: Callable[[bytes], bytes], said: list[str]) -> None:
    ran = build(tmp_path, book, spoil)
    assert ran.exit_code == 2
    assert ran.output.startswith("error: ")
    for part in said:
        assert part in ran.output
    assert "Traceback" not in ran.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(), row(ID="aaa", A="wide")], ["row 3", "column 'a'", "'wide'", "text where a number belongs"]),
        ([row(), row()], ["column 'ID'", "'abc'", "rows 2, 3"]),
    ],
    ids=["text where a number belongs", "duplicate ID"],
)
def test_bad_rows_end_with_2(tmp_path: Path, raw: Path, rows: list[dict[str, object]], said: list[str]) -> None:
    """The other sources are the real ones: the workbook is typed after them."""
    from pipeline import sources

    pin = sources.default_pin(raw)
    real = sources.open_archive(pin, raw)
    book = workbook(rows)
    contents = {**{f"{path}": data for path, data in real.contents.items()}, pin.members["workbook"].path: book}
    archive = tar_gz(contents)
    decisions = tmp_path / "raw"
    (decisions / "downloads").mkdir(parents=True)
    text = (raw / "sources.toml").read_text()
    (decisions / "sources.toml").write_text(text.replace(pin.sha256, sha(archive)).replace(pin.members["workbook"].sha256, sha(book)))
    (decisions / "downloads" / pin.archive).write_bytes(archive)
    ran = CliRunner().invoke(main, ["build", "--quick", "--raw", str(decisions), "--out", str(tmp_path / "out")])
    assert ran.exit_code == 2
    for part in said:
        assert part in ran.output, ran.output
    assert "Traceback" not in ran.output
    assert not (tmp_path / "out").exists()
