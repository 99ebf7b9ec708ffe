"""The released package opens the release as it is."""

from __future__ import annotations

import warnings
from pathlib import Path


def test_the_published_package_opens_the_release(built_as_published: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own, and pymatgen's on files it reads for it
        from obelix import OBELiX

        dataset = OBELiX(data_path=str(built_as_published))
        with_structures = dataset.with_cifs()
    assert len(dataset) == 599
    assert len(dataset.test_dataset) == 121
    assert len(with_structures) == 321
