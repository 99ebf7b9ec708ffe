"""CGCNN, SchNet and PaiNN in plain torch, small ones. ``learning`` trains them; ``borrowed`` holds those of another library.

Each reads a batch of graphs (:class:`Batch`) and gives one number a structure. A node starts as the mean of its elements' embeddings,
weighted by occupancy: for whole atoms that is the element's own embedding, for a disordered site it is what the paper's *dis-* variants
do. A message is weighted by the occupancy of the site it comes from, the mean over a structure by occupancy and number of images; so a
site that is half empty counts half.

* CGCNN: Xie and Grossman, Phys. Rev. Lett. 120, 145301 (2018), with layer in place of batch normalization.
* SchNet: Schütt et al., J. Chem. Phys. 148, 241722 (2018).
* PaiNN: Schütt et al., Proc. Mach. Learn. Res. 139, 9377 (2021). Vectors of a neighbouring image are those of its node, turned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline.prediction.elements import ElementTable

#: Gaussians, or sine waves, that a distance is told as.
BASIS = 24


@dataclass(frozen=True, eq=False)
class Batch:
    """Graphs of several structures as one that is not connected (:class:`pipeline.prediction.graphs.Graph`).

    Attributes
    ----------
    elements
        Shares of the elements of each node, ``(nodes, elements)``; a row sums to one.
    occupancies, counts
        Occupancy and images of each node, ``(nodes,)``.
    centres, neighbours
        Nodes of each edge, ``(edges,)``.
    lengths, directions
        Length in angstrom and unit vector of each edge, ``(edges,)`` and ``(edges, 3)``.
    rotations
        Rotation of each edge, ``(edges, 3, 3)``.
    structure
        Structure of each node, ``(nodes,)``.
    size
        Number of structures.
    """

    elements: Tensor
    occupancies: Tensor
    counts: Tensor
    centres: Tensor
    neighbours: Tensor
    lengths: Tensor
    directions: Tensor
    rotations: Tensor
    structure: Tensor
    size: int

    def gathered(self, messages: Tensor) -> Tensor:
        """Sum of the messages that end at each node, ``(nodes, ...)``."""
        return messages.new_zeros(len(self.counts), *messages.shape[1:]).index_add_(0, self.centres, messages)


class Net(nn.Module):
    """What the three have in common: embedding, layers, mean over the atoms, head.

    Parameters
    ----------
    table
        The elements that the net knows.
    width
        Numbers a node.
    cutoff
        Longest edge that it looks at, angstrom.

    Attributes
    ----------
    per_atom
        Whether it must be given a node an atom instead of one an orbit.
    """

    per_atom = False

    def __init__(self, table: ElementTable, width: int, cutoff: float) -> None:
        super().__init__()
        self.table = table
        self.cutoff = cutoff
        self.embedding = nn.Linear(len(table), width, bias=False)
        nn.init.normal_(self.embedding.weight)
        self.head = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1))

    def nodes(self, batch: Batch) -> Tensor:
        """What each node says in the end, ``(nodes, width)``."""
        raise NotImplementedError

    def forward(self, batch: Batch) -> Tensor:
        """One number a structure."""
        weights = (batch.occupancies * batch.counts)[:, None]
        total = weights.new_zeros(batch.size, 1).index_add_(0, batch.structure, weights)
        said = self.nodes(batch) * weights
        mean = said.new_zeros(batch.size, said.shape[1]).index_add_(0, batch.structure, said) / total.clamp_min(1e-9)
        return self.head(mean)[:, 0]

    def faded(self, lengths: Tensor) -> Tensor:
        """Half a cosine from one at no distance to zero at the cutoff: a neighbour that comes into reach changes nothing at once."""
        return 0.5 * (torch.cos(lengths * (math.pi / self.cutoff)) + 1)

    def gaussians(self, lengths: Tensor) -> Tensor:
        """Distances as Gaussians around evenly spaced ones, ``(edges, BASIS)``."""
        centres = torch.linspace(0.0, self.cutoff, BASIS, device=lengths.device)
        return torch.exp(-0.5 * ((lengths[:, None] - centres) * (BASIS / self.cutoff)) ** 2)

    def waves(self, lengths: Tensor) -> Tensor:
        """Distances as sin(n pi r / cutoff) / r, ``(edges, BASIS)``."""
        orders = torch.arange(1, BASIS + 1, device=lengths.device) * (math.pi / self.cutoff)
        return torch.sin(lengths[:, None] * orders) / lengths[:, None]


class CGCNN(Net):
    """Crystal graph convolutions: a gate and a message from both nodes and the distance."""

    def __init__(self, table: ElementTable, width: int = 32, layers: int = 3, cutoff: float = 5.0) -> None:
        super().__init__(table, width, cutoff)
        self.of_centre = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(layers))
        self.of_neighbour = nn.ModuleList(nn.Linear(width, 2 * width, bias=False) for _ in range(layers))
        self.of_distance = nn.ModuleList(nn.Linear(BASIS, 2 * width, bias=False) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))

    def nodes(self, batch: Batch) -> Tensor:
        """Three rounds of messages."""
        state = self.embedding(batch.elements)
        basis = self.gaussians(batch.lengths)
        weights = (batch.occupancies[batch.neighbours] * self.faded(batch.lengths))[:, None]
        for centre, neighbour, distance, norm in zip(self.of_centre, self.of_neighbour, self.of_distance, self.norms, strict=True):
            both = centre(state)[batch.centres] + neighbour(state)[batch.neighbours] + distance(basis)
            gate, message = both.chunk(2, dim=1)
            state = nn.functional.softplus(state + norm(batch.gathered(torch.sigmoid(gate) * nn.functional.softplus(message) * weights)))
        return state


class SchNet(Net):
    """Continuous-filter convolutions: the distance makes a filter for the neighbour's state."""

    def __init__(self, table: ElementTable, width: int = 32, layers: int = 3, cutoff: float = 5.0) -> None:
        super().__init__(table, width, cutoff)
        self.inward = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(layers))
        self.filters = nn.ModuleList(nn.Sequential(nn.Linear(BASIS, width), nn.SiLU(), nn.Linear(width, width)) for _ in range(layers))
        self.outward = nn.ModuleList(nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))

    def nodes(self, batch: Batch) -> Tensor:
        """Three rounds of filtered sums."""
        state = self.embedding(batch.elements)
        basis = self.gaussians(batch.lengths)
        weights = (batch.occupancies[batch.neighbours] * self.faded(batch.lengths))[:, None]
        for inward, filters, outward, norm in zip(self.inward, self.filters, self.outward, self.norms, strict=True):
            messages = inward(state)[batch.neighbours] * (filters(basis) * weights)
            state = state + outward(norm(batch.gathered(messages)))
        return state


class PaiNN(Net):
    """Scalars and vectors a node: messages carry both, and an update mixes them without losing sight of the axes."""

    def __init__(self, table: ElementTable, width: int = 32, layers: int = 3, cutoff: float = 5.0) -> None:
        super().__init__(table, width, cutoff)
        self.width = width
        self.context = nn.ModuleList(nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 3 * width)) for _ in range(layers))
        self.filters = nn.ModuleList(nn.Linear(BASIS, 3 * width) for _ in range(layers))
        self.mixing = nn.ModuleList(nn.Linear(width, 2 * width, bias=False) for _ in range(layers))
        self.update = nn.ModuleList(
            nn.Sequential(nn.Linear(2 * width, width), nn.SiLU(), nn.Linear(width, 3 * width)) for _ in range(layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))

    def nodes(self, batch: Batch) -> Tensor:
        """Three rounds of messages and updates; the scalars in the end."""
        state = self.embedding(batch.elements)
        vectors = state.new_zeros(len(state), 3, self.width)
        basis = self.waves(batch.lengths)
        weights = (batch.occupancies[batch.neighbours] * self.faded(batch.lengths))[:, None]
        for place, (context, filters, norm) in enumerate(zip(self.context, self.filters, self.norms, strict=True)):
            messages = context(norm(state))[batch.neighbours] * (filters(basis) * weights)
            scalar, along, turned = messages.split(self.width, dim=1)
            sent = batch.directions[:, :, None] * along[:, None, :]
            if place:  # in the first round no node has a vector yet
                sent = sent + torch.bmm(batch.rotations, vectors[batch.neighbours]) * turned[:, None, :]
            state = state + batch.gathered(scalar)
            vectors = vectors + batch.gathered(sent)
            left, right = self.mixing[place](vectors).split(self.width, dim=2)
            length = torch.sqrt((right**2).sum(dim=1) + 1e-8)
            scalar, mixed, scale = self.update[place](torch.cat([norm(state), length], dim=1)).split(self.width, dim=1)
            state = state + scalar + mixed * (left * right).sum(dim=1)
            vectors = vectors + left * scale[:, None, :]
        return state


NETS: dict[str, type[Net]] = {"cgcnn": CGCNN, "schnet": SchNet, "painn": PaiNN}
