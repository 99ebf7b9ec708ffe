"""The split into training and test set: groups, audit and extension. A new one is searched for in :mod:`pipeline.split.annealing`."""

from __future__ import annotations

from pipeline.split.bonds import extend, groups, leaks
from pipeline.split.quality import Audit, Likeness, audit

__all__ = ["Audit", "Likeness", "audit", "extend", "groups", "leaks"]
