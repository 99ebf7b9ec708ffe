"""What is kept of a structure to find it again: space group, content, and its lattice without a setting.

A descriptor is a few numbers, so that a million of them fit into memory. The lattice is kept twice: as the file writes the
cell, and as the Niggli-reduced primitive cell, which any two settings of one lattice share.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.chemistry.cell import Cell
    from pipeline.structures.cif import Structure

#: Numbers before the amounts in a packed descriptor: the reduced cell and the cell of the file.
HEAD = 12


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One structure of a library.

    Attributes
    ----------
    system
        Chemical system: the symbols of its elements in alphabetical order.
    spacegroup
        Number of the group that the file's operations generate. Where the file lists none (``P 1``, as databases of
        calculations export it) it is what spglib finds in the atoms.
    cell
        a, b, c (angstrom), alpha, beta, gamma (degrees) as the file writes them.
    reduced
        Niggli-reduced cell of the primitive lattice.
    amounts
        Content of ``cell`` in the order of ``system``: the sum of multiplicity times occupancy.
    """

    system: tuple[str, ...]
    spacegroup: int
    cell: Cell
    reduced: Cell
    amounts: tuple[float, ...]

    def packed(self) -> NDArray[np.float64]:
        """Reduced cell, cell and amounts in one row."""
        return np.array([*self.reduced, *self.cell, *self.amounts], dtype=np.float64)


def describe(structure: Structure) -> Descriptor | None:
    """Descriptor of a structure; ``None`` when its operations generate no space group or it holds no element."""
    content = {element: amount for element, amount in structure.content.items() if amount > 0}
    if not content or not structure.group_number:
        return None
    if len(structure.rotations) == 1:
        return _without_symmetry(structure, content)
    system = tuple(sorted(content))
    return Descriptor(
        system, structure.group_number, structure.cell, reduced_primitive(structure), tuple(content[element] for element in system)
    )


def reduced_primitive(structure: Structure) -> Cell:
    """Niggli-reduced cell of the lattice that the operations' pure translations generate."""
    from pipeline.chemistry.cell import from_metric, reduced
    from pipeline.structures.symmetry import frame

    basis = structure.basis @ frame(structure).primitive
    return reduced(from_metric(basis.T @ basis))


def _without_symmetry(structure: Structure, content: Mapping[str, float]) -> Descriptor:
    """Ask spglib for the group and the primitive cell."""
    from pipeline.structures.symmetry import positions, spglib_cell

    return of_atoms(*spglib_cell(structure, positions(structure)), content, structure.cell)


def of_atoms(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], kinds: Sequence[int], content: Mapping[str, float], cell: Cell
) -> Descriptor:
    """Descriptor of a list of all atoms in a cell.

    Parameters
    ----------
    lattice
        Cell vectors as rows, angstrom.
    positions
        Fractional coordinates, ``(n, 3)``.
    kinds
        A number for what sits on each position.
    content
        Amount of each element in the cell.
    cell
        The six numbers of ``lattice``.
    """
    import spglib

    from pipeline.chemistry.cell import from_metric, reduced
    from pipeline.structures.symmetry import SYMPREC

    system = tuple(sorted(content))
    amounts = tuple(content[element] for element in system)
    with warnings.catch_warnings():
        # spglib 2.7 announces at each call that it will raise where it returned None
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            found: Any = spglib.get_symmetry_dataset((lattice.tolist(), positions.tolist(), list(kinds)), symprec=SYMPREC)
        except spglib.SpglibError:
            found = None
    if found is None:
        return Descriptor(system, 1, cell, reduced(cell), amounts)
    # spglib idealises the standard cell; the primitive lattice is left as it came
    primitive = np.asarray(found.primitive_lattice)
    return Descriptor(system, int(found.number), cell, reduced(from_metric(primitive @ primitive.T)), amounts)


@dataclass(frozen=True, slots=True)
class Block:
    """Descriptors that share chemical system and space group.

    Attributes
    ----------
    ids
        ``(n,)`` numbers by which the names are found.
    data
        ``(n, 12 + elements)``: reduced cell, cell, amounts in the order of ``system``.
    """

    system: tuple[str, ...]
    spacegroup: int
    ids: NDArray[np.int64]
    data: NDArray[np.float64]

    @property
    def reduced(self) -> NDArray[np.float64]:
        """``(n, 6)`` reduced primitive cells."""
        return self.data[:, :6]

    @property
    def cells(self) -> NDArray[np.float64]:
        """``(n, 6)`` cells as the files write them."""
        return self.data[:, 6:HEAD]

    @property
    def amounts(self) -> NDArray[np.float64]:
        """``(n, elements)`` contents of ``cells``."""
        return self.data[:, HEAD:]


@dataclass(frozen=True)
class Descriptors:
    """A library as blocks of descriptors, and the way to the names of its files."""

    blocks: Sequence[Block]
    names: Callable[[Sequence[int]], list[str]]

    def __len__(self) -> int:
        return sum(len(block.ids) for block in self.blocks)

    @cached_property
    def elements(self) -> dict[str, int]:
        """Column of each element in :attr:`least`."""
        return {element: i for i, element in enumerate(sorted({e for block in self.blocks for e in block.system}))}

    @cached_property
    def least(self) -> NDArray[np.float64]:
        """``(blocks, elements)``: the least fraction of the atoms that an element makes up in a block; 0 where it is absent.

        A block whose every member holds more of a foreign element than the window allows need not be looked into.
        """
        table = np.zeros((len(self.blocks), len(self.elements)))
        for i, block in enumerate(self.blocks):
            shares = block.amounts / block.amounts.sum(axis=1, keepdims=True)
            table[i, [self.elements[e] for e in block.system]] = shares.min(axis=0)
        return table

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """``(blocks,)`` space group numbers."""
        return np.array([block.spacegroup for block in self.blocks], dtype=np.int64)

    def holding(self, amounts: Mapping[str, float], spacegroup: int | None, window: float) -> list[Block]:
        """Blocks that may hold a structure within ``window`` per formula unit of these amounts, in this space group."""
        must = [element for element, amount in amounts.items() if amount > window]
        if not self.blocks or any(element not in self.elements for element in must):
            return []
        chosen = np.arange(len(self.blocks)) if spacegroup is None else np.flatnonzero(self.groups == spacegroup)
        chosen = chosen[(self.least[chosen][:, [self.elements[e] for e in must]] > 0).all(axis=1)]
        foreign = [i for element, i in self.elements.items() if element not in amounts]
        # a foreign element of the whole window, in a file that lacks the window of every element of the row
        largest = window / max(sum(amounts.values()) - window * len(amounts), window)
        chosen = chosen[(self.least[chosen][:, foreign] <= largest).all(axis=1)]
        return [self.blocks[int(i)] for i in chosen]


def joined(parts: Sequence[Descriptors]) -> Descriptors:
    """Several libraries as one."""
    if len(parts) == 1:
        return parts[0]
    together = [
        Block(block.system, block.spacegroup, block.ids * len(parts) + i, block.data)
        for i, part in enumerate(parts)
        for block in part.blocks
    ]

    def names(ids: Sequence[int]) -> list[str]:
        found: dict[int, str] = {}
        for i, part in enumerate(parts):
            own = [number for number in ids if number % len(parts) == i]
            found |= dict(zip(own, part.names([number // len(parts) for number in own]), strict=True))
        return [found[number] for number in ids]

    return Descriptors(together, names)


def of_structures(structures: Mapping[str, Structure]) -> Descriptors:
    """Descriptors of structures in memory; their names are the keys. Structures that have none are left out."""
    names = sorted(structures)
    found = ((i, describe(structures[name])) for i, name in enumerate(names))
    return Descriptors(blocks((i, each) for i, each in found if each is not None), lambda ids: [names[i] for i in ids])


def blocks(described: Iterable[tuple[int, Descriptor]]) -> list[Block]:
    """Blocks of numbered descriptors, ordered by system and space group."""
    collected: dict[tuple[tuple[str, ...], int], list[tuple[int, Descriptor]]] = {}
    for number, each in described:
        collected.setdefault((each.system, each.spacegroup), []).append((number, each))
    return [
        Block(system, spacegroup, np.array([i for i, _ in members]), np.stack([each.packed() for _, each in members]))
        for (system, spacegroup), members in sorted(collected.items())
    ]
