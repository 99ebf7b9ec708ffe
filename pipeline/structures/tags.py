"""Names of the items that the reader reads, and the error of a file that cannot be read."""

from __future__ import annotations

OPERATIONS = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")
MAGNETIC = ("_space_group_symop_magn_operation_xyz",)
MAGNETIC_CENTRING = ("_space_group_symop_magn_centering_xyz",)
NUMBER = ("_space_group_it_number", "_symmetry_int_tables_number")
SYMBOL = ("_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group_name_h-m_full", "_space_group_name_h-m_ref")
HALL = ("_space_group_name_hall", "_symmetry_space_group_name_hall")
CELL = tuple(f"_cell_{part}" for part in ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"))
FRACTIONAL = tuple(f"_atom_site_fract_{axis}" for axis in "xyz")
CARTESIAN = tuple(f"_atom_site_cartn_{axis}" for axis in "xyz")
LABEL = "_atom_site_label"
TYPE = "_atom_site_type_symbol"
OCCUPANCY = "_atom_site_occupancy"
HYDROGENS = "_atom_site_attached_hydrogens"
FLAG = "_atom_site_calc_flag"
MULTIPLICITY = ("_atom_site_site_symmetry_multiplicity", "_atom_site_symmetry_multiplicity")
FORMULA = "_chemical_formula_sum"
UNITS = "_cell_formula_units_z"
ICSD = "_database_code_icsd"
METHOD = "_audit_creation_method"

_READ = frozenset({
    *OPERATIONS, *MAGNETIC, *MAGNETIC_CENTRING, *NUMBER, *SYMBOL, *HALL, *CELL, *FRACTIONAL, *CARTESIAN, LABEL, TYPE, OCCUPANCY,
    HYDROGENS, FLAG, *MULTIPLICITY, FORMULA, UNITS, ICSD, METHOD,
})  # fmt: skip


class CifError(ValueError):
    """A text that is not the CIF of a structure; names file and line.

    Attributes
    ----------
    name
        Name of the file.
    line
        Line of the text, from 1; ``None`` where none can be named.
    reason
        What is wrong, in a sentence.
    """

    def __init__(self, name: str, reason: str, line: int | None = None) -> None:
        self.name, self.reason, self.line = name, reason, line
        super().__init__(f"{name}, line {line}: {reason}" if line else f"{name}: {reason}")

    def __reduce__(self) -> tuple[type[CifError], tuple[str, str, int | None]]:
        """Copy it by what it was made of: it is sent between processes."""
        return CifError, (self.name, self.reason, self.line)


def plain(tag: str) -> str:
    """Name of an item in one spelling: lower case, underscores for dots."""
    return tag.lower().replace(".", "_")


def is_read(tag: str) -> bool:
    """Whether the reader looks at an item, named in its plain spelling."""
    return tag in _READ
