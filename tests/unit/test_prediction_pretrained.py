"""CHGNet's features: the atoms it is given, the elements it knows, and the head. The features themselves need chgnet."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.prediction.elements import ElementTable, ElementTableError
from pipeline.prediction.pretrained import crystal_features, require_known, whole_atoms
from pipeline.structures.cif import Structure, read
from tests.unit.predictions import cif


def rock_salt(lithium: float, fluorine: float = 1.0) -> Structure:
    return read(cif("225", (4.03, 4.03, 4.03, 90, 90, 90), [f"Li 0 0 0 {lithium}", f"F 0.5 0.5 0.5 {fluorine}"], "F m -3 m"), "a.cif")


def test_the_primitive_cell_of_whole_atoms() -> None:
    found = whole_atoms(rock_salt(1.0))
    assert found is not None
    assert found.formula == "Li1 F1"
    assert found.volume == pytest.approx(4.03**3 / 4)
    assert found.get_distance(0, 1) == pytest.approx(4.03 / 2)
    assert found.is_ordered


def test_an_occupancy_goes_to_the_nearest_whole_atom_and_a_half_to_none() -> None:
    for occupancy, formula in ((0.51, "Li1 F1"), (0.5, "F1"), (0.2, "F1")):
        found = whole_atoms(rock_salt(occupancy))
        assert found is not None
        assert found.formula == formula
    assert whole_atoms(rock_salt(0.4, 0.3)) is None


def test_the_foremost_element_of_a_mixed_site_stays() -> None:
    rows = ["Na 0 0 0 0.4", "Li 0 0 0 0.6", "F 0.5 0.5 0.5 1"]
    found = whole_atoms(read(cif("225", (4.2, 4.2, 4.2, 90, 90, 90), rows, "F m -3 m"), "a.cif"))
    assert found is not None
    assert found.formula == "Li1 F1"


def test_an_element_without_an_embedding_is_told() -> None:
    require_known(ElementTable.of(["Li", "U", "Pu"]))
    for symbol in ("Am", "Po", "Ra"):
        with pytest.raises(ElementTableError, match=f"does not know {symbol}"):
            require_known(ElementTable.of(["Li", symbol]))


def test_features_are_those_of_the_crystal_and_not_of_the_cell() -> None:
    pytest.importorskip("chgnet", reason="needs pip install 'obelix-curate[benchmark-pretrained]'; nox -s benchmark_libraries tests it")
    one = whole_atoms(rock_salt(1.0))
    assert one is not None
    found = crystal_features({"one": one, "two": one * (2, 1, 1), "other": one.copy().apply_strain(0.02)})
    np.testing.assert_allclose(found["one"], found["two"], atol=1e-4)
    assert np.abs(found["one"] - found["other"]).max() > 1e-2


def test_the_elements_are_those_of_the_library() -> None:
    """CHGNet embeds elements by atomic number; one that its table lacks is none of ours either."""
    pytest.importorskip("chgnet", reason="needs pip install 'obelix-curate[benchmark-pretrained]'; nox -s benchmark_libraries tests it")
    from chgnet.model.model import CHGNet

    from pipeline.prediction.pretrained import LAST, WEIGHTS

    model = CHGNet.load(model_name=WEIGHTS, use_device="cpu", verbose=False)
    assert model.atom_embedding.embedding.num_embeddings == LAST
