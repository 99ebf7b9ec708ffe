"""The split into training and test set: groups, audit, extension and search."""

from __future__ import annotations

from pipeline.split.audit import Audit, Likeness, audit
from pipeline.split.groups import extend, groups, leaks
from pipeline.split.search import Search, search

__all__ = ["Audit", "Likeness", "Search", "audit", "extend", "groups", "leaks", "search"]
