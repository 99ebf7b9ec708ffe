"""Training of a net: batches of graphs, the loop, and the learner that ``run`` calls.

The same seed gives the same bytes on one machine: one thread, deterministic kernels, and every random number from the seed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import InputError
from pipeline.prediction.graphs import Graph, Graphs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.prediction.nets import Batch, Net
    from pipeline.prediction.problem import Fit, Learner, Problem, Settings

    Numbers = NDArray[np.float64]

#: Structures a step.
BATCH = 32


def learner(name: str) -> Learner:
    """The learner of a net (``cgcnn``) or of its disorder-aware form (``dis-cgcnn``)."""
    base = name.removeprefix("dis-")
    return partial(_learn, base, base == name)


def _learn(name: str, rounded: bool, problem: Problem, fit: Fit, settings: Settings, seed: int) -> Numbers:
    graphs = problem.graphs(rounded, made(name).per_atom)
    ids = problem.task.ids
    net, centre, scale = train(name, graphs, [ids[row] for row in fit.train], fit.targets, settings, seed, problem.device)
    return centre + scale * predict(net, graphs, [ids[row] for row in fit.predict], problem.device)


def made(name: str) -> Any:
    """The class of a net."""
    from pipeline.prediction import borrowed, nets

    return (nets.NETS | borrowed.NETS)[name]


def device(asked: str | None) -> str:
    """The device asked for, or else the best that is there.

    Raises
    ------
    InputError
        When the one asked for is not there.
    """
    import torch

    if asked is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=asked)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        said = str(error).splitlines()[0]
        raise InputError(f"no such device: {said}", value=asked, cure="name cpu, or leave --device out") from None
    return asked


def train(
    name: str, graphs: Graphs, ids: Sequence[str], targets: Numbers, settings: Settings, seed: int, where: str = "cpu"
) -> tuple[Net, float, float]:
    """A trained net; median and mean absolute deviation of the targets, by which they were made small numbers.

    Parameters
    ----------
    name
        Name of the net (:func:`made`).
    graphs
        Graphs by ID.
    ids, targets
        What to learn from, log10 of S/cm.
    settings
        ``width``, ``layers``, ``cutoff``, ``rate`` (the highest learning rate), ``decay``, ``epochs``.
    seed
        Seed of the weights and of the order of the structures.
    where
        Device.
    """
    import torch

    centre = float(np.median(targets))
    scale = float(np.abs(targets - centre).mean()) or 1.0
    goal = torch.tensor((targets - centre) / scale, dtype=torch.float32, device=where)
    with repeatable(seed):
        net = made(name)(graphs.table, settings["width"], settings["layers"], settings["cutoff"]).to(where)
        parts = [_tensors(graphs[entry], settings["cutoff"]) for entry in ids]
        steps = settings["epochs"] * -(-len(ids) // BATCH)
        optimizer = torch.optim.AdamW(net.parameters(), lr=settings["rate"], weight_decay=settings["decay"])
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings["rate"], total_steps=steps)
        order = np.random.default_rng(seed)
        for _ in range(settings["epochs"]):
            shuffled = order.permutation(len(ids))
            for start in range(0, len(ids), BATCH):
                chosen = shuffled[start : start + BATCH]
                optimizer.zero_grad(set_to_none=True)
                loss = (net(_batch([parts[i] for i in chosen], where)) - goal[torch.as_tensor(chosen, device=where)]).abs().mean()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
                optimizer.step()
                schedule.step()
    return net, centre, scale


def predict(net: Net, graphs: Graphs, ids: Sequence[str], where: str = "cpu") -> Numbers:
    """What a net says of structures, one number each.

    Raises
    ------
    ElementTableError
        When the graphs number the elements in another way than the net.
    """
    import torch

    net.table.require(graphs.table, "the graphs")
    found = []
    with repeatable(0), torch.no_grad():
        net.eval()
        for start in range(0, len(ids), BATCH):
            parts = [_tensors(graphs[entry], net.cutoff) for entry in ids[start : start + BATCH]]
            found.append(net(_batch(parts, where)).cpu().numpy().astype(np.float64))
    return np.concatenate(found) if found else np.zeros(0)


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """One thread, deterministic kernels and a seed; afterwards everything is as it was."""
    import torch

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # asked for by the deterministic kernels of CUDA
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(strict)


def _tensors(graph: Graph, cutoff: float) -> dict[str, Any]:
    """A graph as tensors, edges beyond the cutoff left out."""
    import torch

    lengths = np.linalg.norm(graph.vectors, axis=1)
    near = lengths < cutoff
    occupancies = graph.occupancies
    numbers: dict[str, NDArray[Any]] = {
        "elements": graph.amounts / occupancies[:, None],
        "occupancies": occupancies,
        "counts": graph.counts,
        "lengths": lengths[near],
        "directions": graph.vectors[near] / lengths[near, None],
        "rotations": graph.rotations[near],
    }
    found = {key: torch.tensor(np.ascontiguousarray(value), dtype=torch.float32) for key, value in numbers.items()}
    return found | {"centres": torch.tensor(graph.centres[near]), "neighbours": torch.tensor(graph.neighbours[near])}


def _batch(parts: Sequence[dict[str, Any]], where: str) -> Batch:
    """Several graphs as one."""
    import torch

    from pipeline.prediction.nets import Batch

    sizes = torch.tensor([len(part["counts"]) for part in parts])
    first = (torch.cumsum(sizes, 0) - sizes).tolist()
    whole = {
        key: torch.cat([part[key] for part in parts]) for key in ("elements", "occupancies", "counts", "lengths", "directions", "rotations")
    }
    for key in ("centres", "neighbours"):
        whole[key] = torch.cat([part[key] + start for part, start in zip(parts, first, strict=True)])
    whole["structure"] = torch.repeat_interleave(torch.arange(len(parts)), sizes)
    return Batch(**{key: value.to(where) for key, value in whole.items()}, size=len(parts))
