"""M3GNet and SO3Net as matgl has them, on our graphs. Needs torch; matgl is imported when one of them is made.

The layers are the library's own; embedding, mean over the atoms and head are those of :class:`pipeline.prediction.nets.Net`, so that a
disordered site is the mean of its elements here too.

* M3GNet: Chen and Ong, Nat. Comput. Sci. 2, 718 (2022). Bonds and angles do not turn with the structure, so a node stands for an orbit.
  It is given whole atoms only.
* SO3Net: Schütt et al., J. Chem. Phys. 158, 144801 (2023), in SchNetPack. Its states turn with the structure, and the library has no place
  where those of an image could be turned: it needs a node an atom, which costs eight times the edges.
"""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.prediction.elements import ElementTable
from pipeline.prediction.nets import Batch, Net

#: Three-body terms look at bonds up to this length in angstrom: their number grows with its sixth power.
THREE_BODY = 3.5
#: Highest degree of the spherical harmonics of SO3Net, and its radial functions. The library's own degree is 3; a fit with 2 takes eight
#: times as long as one with 1.
DEGREE, RADIAL = 1, 5


def _library(name: str, **arguments: Any) -> Any:
    """A model of matgl."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses what torch and mpmath mean to give up
        from matgl import models

        return getattr(models, name)(**arguments)


class _Looked(nn.Module):
    """Stands where a library looks up the element of a node, and hands over what our embedding says of its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.state: Tensor = torch.empty(0)

    def forward(self, nodes: Tensor) -> Tensor:
        """States of the nodes with these numbers."""
        return self.state[nodes]


class _Weighted(nn.Module):
    """A convolution of the library whose messages are weighted; the weights reach it through the factor that fades with distance."""

    def __init__(self, convolution: nn.Module) -> None:
        super().__init__()
        self.convolution = convolution
        self.weights: Tensor = torch.empty(0)

    def forward(self, state: Tensor, radial: Tensor, harmonics: Tensor, faded: Tensor, centres: Tensor, neighbours: Tensor) -> Tensor:
        """The convolution with its arguments, the fourth of them weighted."""
        return self.convolution(state, radial, harmonics, faded * self.weights, centres, neighbours)


def _given(batch: Batch) -> SimpleNamespace:
    """A batch as matgl reads it: all nodes at the origin, and the vector of each edge as its shift."""
    count = len(batch.counts)
    return SimpleNamespace(
        node_type=torch.arange(count, device=batch.counts.device), pos=batch.lengths.new_zeros(count, 3),
        edge_index=torch.stack([batch.centres, batch.neighbours]), pbc_offshift=batch.directions * batch.lengths[:, None],
        batch=batch.structure, num_graphs=batch.size,
    )  # fmt: skip


class M3GNet(Net):
    """Bonds learn from the angles they form, nodes from their bonds."""

    def __init__(self, table: ElementTable, width: int = 32, layers: int = 3, cutoff: float = 5.0) -> None:
        super().__init__(table, width, cutoff)
        self.body = _library(
            "M3GNet",
            element_types=table.symbols, dim_node_embedding=width, dim_edge_embedding=width, nblocks=layers, cutoff=cutoff,
            threebody_cutoff=min(THREE_BODY, cutoff), units=width, readout_type="reduce_atom",
        )  # fmt: skip
        self.looked = self.body.embedding.layer_node_embedding = _Looked()
        self.layers = layers

    def nodes(self, batch: Batch) -> Tensor:
        """States of the nodes after the last block."""
        self.looked.state = self.embedding(batch.elements)
        self.body(_given(batch))
        found: Tensor = self.body.feature_dict[f"gc_{self.layers}"]["node_feat"]
        return found


class SO3Net(Net):
    """States turn with the structure, and products of them too. A message is weighted by the occupancy of the site it comes from."""

    per_atom = True

    def __init__(self, table: ElementTable, width: int = 32, layers: int = 3, cutoff: float = 5.0) -> None:
        super().__init__(table, width, cutoff)
        self.body = _library(
            "SO3Net",
            element_types=table.symbols, dim_node_embedding=width, units=width, nblocks=layers, nmax=RADIAL, lmax=DEGREE, cutoff=cutoff,
        )  # fmt: skip
        self.looked = self.body.embedding = _Looked()
        self.body.so3convs = nn.ModuleList(_Weighted(each) for each in self.body.so3convs)

    def nodes(self, batch: Batch) -> Tensor:
        """The part of the states that does not turn, after the last block."""
        self.looked.state = self.embedding(batch.elements)
        for convolution in self.body.so3convs:
            convolution.weights = batch.occupancies[batch.neighbours][:, None]
        self.body(_given(batch))
        found: Tensor = self.body.feature_dict["scalar_representation"]
        return found


NETS: dict[str, type[Net]] = {"m3gnet": M3GNet, "so3net": SO3Net}
