"""The split into training and test set: groups, audit, extension and search."""

from __future__ import annotations

from pipeline.split.annealing import Search, search
from pipeline.split.bonds import extend, groups, leaks
from pipeline.split.quality import Audit, Likeness, audit

__all__ = ["Audit", "Likeness", "Search", "audit", "extend", "groups", "leaks", "search"]
