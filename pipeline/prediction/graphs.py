"""Structures as graphs for nets: a node a position of the asymmetric unit, an edge a neighbour within 5 angstrom.

Images of a position have the same surroundings, so one node stands for all of them: the published structures have 105,894 edges where one
node an atom has 869,804. A net that gives each atom what its surroundings say gives the images of a position the same; an average over
atoms is one over positions, weighted by the number of images. A net whose features turn with the structure (PaiNN) needs the rotation that
takes the position to the neighbouring image, so each edge has it.

*Disorder.* A node has the occupancies of its elements. Two sites nearer than 0.7 angstrom whose occupancies sum to one or less are
alternatives: an atom is on one or the other, and neither has the other for a neighbour.

*Rounding.* Models that know no disorder are given whole atoms: occupancies go to the nearest integer (a half to zero, as numpy rounds),
as in the paper. Many structures lose all their lithium by it, and some every atom.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.prediction.elements import ElementTable
from pipeline.structures.symmetry import all_images, composition, coset, frame, positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.structures.cif import Structure

    Numbers = NDArray[np.float64]
    Places = NDArray[np.int64]

#: Angstrom.
CUTOFF = 5.0
#: Sites nearer than this, in angstrom, are alternatives when their occupancies sum to :data:`ALTERNATIVE_SUM` or less. No two atoms are
#: that near (H-H is 0.74); split sites are.
ALTERNATIVE = 0.7
#: One, and what printed occupancies are rounded by.
ALTERNATIVE_SUM = 1.02
#: An image nearer than this is the site itself, in angstrom.
_SAME = 1e-3


@dataclass(frozen=True, eq=False)
class Graph:
    """One structure.

    Attributes
    ----------
    amounts
        Occupancy of each node by each element of the table, ``(nodes, elements)``.
    counts
        Images of each node in the primitive cell, ``(nodes,)``.
    centres, neighbours
        Nodes of each edge, ``(edges,)``: what it ends at, and what it comes from.
    vectors
        From the centre to the neighbouring image, angstrom, Cartesian, ``(edges, 3)``.
    rotations
        Cartesian rotation that takes the neighbour's node to the image at the edge's end, ``(edges, 3, 3)``.
    """

    amounts: Numbers
    counts: Places
    centres: Places
    neighbours: Places
    vectors: Numbers
    rotations: Numbers

    @property
    def occupancies(self) -> Numbers:
        """Sum of the occupancies of each node."""
        found: Numbers = self.amounts.sum(axis=1)
        return found


@dataclass(frozen=True, eq=False)
class Graphs(Mapping[str, Graph]):
    """Graphs by ID, on one table of elements.

    Attributes
    ----------
    table
        The elements.
    rounded
        Whether occupancies are rounded.
    by_id
        The graphs. One that rounding left without an atom has no node.
    """

    table: ElementTable
    rounded: bool
    by_id: Mapping[str, Graph]

    def __getitem__(self, name: str) -> Graph:
        """The graph of an entry."""
        return self.by_id[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_id)

    def __len__(self) -> int:
        return len(self.by_id)

    @property
    def without_lithium(self) -> list[str]:
        """IDs of the structures without a lithium atom."""
        if "Li" not in self.table.symbols:
            return list(self.by_id)
        lithium = self.table.number("Li")
        return [name for name, found in self.by_id.items() if not found.amounts[:, lithium].sum()]


def graphs(structures: Mapping[str, Structure], table: ElementTable, *, rounded: bool, per_atom: bool = False) -> Graphs:
    """The graph of each structure; ``per_atom`` makes a node of each atom of the primitive cell."""
    return Graphs(table, rounded, {name: graph(found, table, rounded=rounded, per_atom=per_atom) for name, found in structures.items()})


def graph(structure: Structure, table: ElementTable, *, rounded: bool, per_atom: bool = False) -> Graph:
    """The graph of a structure.

    Raises
    ------
    ElementTableError
        When the table lacks one of its elements.
    """
    from pymatgen.optimization.neighbors import find_points_in_spheres

    group = frame(structure)
    where = positions(structure)
    amounts = table.amounts(dict(composition(position, structure)) for position in where)
    if rounded:
        amounts = np.rint(amounts)
    kept = np.flatnonzero(amounts.sum(axis=1) > 0).tolist()
    where, amounts = tuple(where[i] for i in kept), amounts[kept]
    if not where:
        return _empty(table)
    fractional, sizes = all_images(where, group)
    operations = np.concatenate([coset(position.fixed_by, group) for position in where])
    lattice = np.ascontiguousarray((structure.basis @ group.primitive).T)
    images = np.ascontiguousarray(fractional @ structure.basis.T)
    orbit = np.repeat(np.arange(len(where)), sizes)
    turns = structure.basis @ group.rotations[operations] @ np.linalg.inv(structure.basis)
    if per_atom:
        node, counts, turns = np.arange(len(images)), np.ones(len(images), dtype=np.int64), np.broadcast_to(np.eye(3), turns.shape)
        amounts, centres = amounts[orbit], images
    else:
        node, counts = orbit, np.array(sizes, dtype=np.int64)
        centres = np.array([position.fract for position in where]) @ structure.basis.T
    periodic = np.ones(3, dtype=np.int64)
    ends, found, offsets, lengths = find_points_in_spheres(images, np.ascontiguousarray(centres), CUTOFF, periodic, lattice)
    occupancies = amounts.sum(axis=1)
    together = occupancies[ends] + occupancies[node[found]]
    keep = (lengths > _SAME) & ~((lengths < ALTERNATIVE) & (together <= ALTERNATIVE_SUM))
    ends, found, offsets = ends[keep], found[keep], offsets[keep]
    vectors = images[found] + offsets @ lattice - centres[ends]
    order = np.lexsort((*np.round(vectors.T, 6), node[found], ends))
    ends, found, vectors = ends[order], found[order], vectors[order]
    return Graph(amounts, counts, ends, node[found], vectors, turns[found])


def _empty(table: ElementTable) -> Graph:
    none = np.zeros(0, dtype=np.int64)
    return Graph(np.zeros((0, len(table))), none, none, none, np.zeros((0, 3)), np.zeros((0, 3, 3)))
