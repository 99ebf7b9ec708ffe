"""The names of the checks, ``family.what``: public, in ``findings.csv`` and in waivers.

A name that does not stand here is no check: a finding that bears it cannot be made (:class:`pipeline.findings.Finding`), nor an entry of
the catalogue; and the catalogue (:mod:`pipeline.checks.catalogue`) is refused as a whole while it lacks an entry for one of them.
"""

from __future__ import annotations

NAMES = frozenset((
    "composition.unparsable", "composition.no-lithium", "composition.z-mismatch", "composition.not-reduced", "composition.charge",
    "spacegroup.unknown-symbol", "spacegroup.symbol-number",
    "lattice.range", "lattice.metric", "lattice.volume", "lattice.digits", "lattice.series", "lattice.setting", "lattice.pseudosymmetry",
    "conductivity.unparsable", "conductivity.total-bulk", "conductivity.label", "conductivity.implausible", "conductivity.range",
    "conductivity.temperature", "conductivity.source", "conductivity.extrapolated",
    "reference.doi-syntax", "reference.doi-form", "reference.icsd",
    "id.format", "id.duplicate",
    "table.changed-cell", "table.row-shape", "table.unknown-column", "table.unread-cell",
    "family.vocabulary", "family.composition",
    "duplicate.exact", "duplicate.near", "duplicate.paper", "duplicate.structure", "duplicate.same-cell", "duplicate.same-conductivity",
    "cif.missing-file", "cif.orphan-file", "cif.unreadable", "cif.read-as", "cif.spacegroup", "cif.symmetry", "cif.lattice",
    "cif.missing-element", "cif.composition", "cif.cell-content", "cif.charge", "cif.occupancy", "cif.distance", "cif.valence",
    "cif.coordination", "cif.prototype", "cif.header", "cif.close-match", "cif.licence",
    "link.laskowski", "link.liion", "link.paper", "link.spacegroup", "link.icsd",
    "split.leak", "split.near-leak",
    "note.open",
    "waiver.unused",
))  # fmt: skip
