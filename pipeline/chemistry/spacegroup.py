"""Space group symbols as papers, databases and spreadsheets write them.

A Hermann-Mauguin symbol names a space group *and* a setting of it: ``Pnma`` and ``Pmnb`` are the same group, number 62,
with the axes named differently. The tables are those of gemmi (International Tables A and the settings of sgtbx).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

import gemmi

#: Letters that ICSD glues to a symbol to name its setting: axes of a rhombohedral group (H hexagonal, R rhombohedral) and
#: the origin of a group that has two (S choice 1, at the site of highest symmetry; Z choice 2, at a centre of inversion).
GLUED = {"H": "H", "R": "R", "S": "1", "Z": "2"}
_OVERLINE = "\N{COMBINING OVERLINE}"


def tidy(symbol: str) -> str:
    """The symbol without noise: white space, underscores and the brackets of ``P2(1)/c`` go, an overline is a minus sign.

    >>> tidy(" P 2_1/c "), tidy("P2(1)/c"), tidy("R3\\u0305c")
    ('P21/c', 'P21/c', 'R-3c')
    """
    text = unicodedata.normalize("NFD", symbol)
    text = re.sub(rf"(\d){_OVERLINE}", r"-\1", text)
    text = re.sub(r"[\N{MINUS SIGN}\N{EN DASH}\N{HYPHEN}\N{NON-BREAKING HYPHEN}]", "-", text)
    return re.sub(r"[\s_(){}$]|" + _OVERLINE, "", text)


@lru_cache(maxsize=4096)
def find(symbol: str) -> gemmi.SpaceGroup | None:
    """The space group and setting that a symbol names, ``None`` when there is no such symbol.

    A short symbol means the standard setting (``R-3c`` hexagonal axes, ``P21/c`` unique axis b). Setting letters may follow
    after a colon or glued on as ICSD does (``P42/nmcZ``, ``R-3cH``).

    >>> find("P42/nmcZ").xhm(), find("R-3c").xhm(), find("Pmnb").number, find("Pxyz")
    ('P 42/n m c:2', 'R -3 c:H', 62, None)

    Full symbols (International Tables A, table 2.1.3.4) name every axis and plane:

    >>> [find(full).hm for full in ("F 4/m -3 2/m", "P 21/n 21/m 21/a", "R -3 2/c", "P 1 21/c 1")]
    ['F m -3 m', 'P n m a', 'R -3 c', 'P 1 21/c 1']
    """
    text = re.sub(r"[Oo](?:rigin)?(?:choice)?([12])$", r":\1", tidy(symbol))
    if not text or text.isdigit():  # gemmi would take a number for its group
        return None
    return _named(text) or _named(_shortened(text)) or _named(re.sub(r"^([A-Za-z])(21?/[a-e])$", r"\g<1>11\2", text))  # P21/b: axis c


def _shortened(text: str) -> str:
    """A full symbol without the axes that its planes imply: ``P21/n21/m21/a`` is ``Pnma``, ``F4/m-32/m`` is ``Fm-3m``."""
    if text.count("/") < 2 and not ("/" in text and "-3" in text):
        return text
    cubic = re.fullmatch(r"([A-Za-z])(?:2|21|4|41|42|43)/([a-z])(-?3.*)", text)
    if cubic is not None:
        text = "".join(cubic.groups())
    first = re.match(r"[A-Za-z](?:4[123]?|6[1-5]?)/[a-z]", text)  # of these axes the symbol keeps the first
    start = first.end() if first is not None else 0
    return text[:start] + re.sub(r"21?/([a-z])", r"\1", text[start:])


def _named(text: str) -> gemmi.SpaceGroup | None:
    group: gemmi.SpaceGroup | None = gemmi.find_spacegroup_by_name(text)
    if group is None and text[-1] in GLUED and len(text) > 1:
        bare = text[:-1].rstrip(":")
        group = gemmi.find_spacegroup_by_name(f"{bare}:{GLUED[text[-1]]}") or gemmi.find_spacegroup_by_name(bare)
    return group


@lru_cache(maxsize=256)
def standard(number: int) -> gemmi.SpaceGroup:
    """The standard setting of a space group; rhombohedral groups on hexagonal axes, two origins: the first."""
    group = gemmi.find_spacegroup_by_number(number)
    if group is None:
        raise ValueError(f"there is no space group number {number}")
    return group


def crystal_system(number: int) -> str:
    """Crystal system of a space group: triclinic, monoclinic, orthorhombic, tetragonal, trigonal, hexagonal or cubic."""
    return str(standard(number).crystal_system_str())


def is_rhombohedral(number: int) -> bool:
    """Whether the group has a rhombohedral lattice, described on hexagonal or on rhombohedral axes."""
    return standard(number).centring_type() in "HR" and crystal_system(number) == "trigonal"


@lru_cache(maxsize=256)
def mirror_image(number: int) -> int:
    """Number of the space group of the mirror image: the enantiomorph of the 22 groups that have one, else the group itself.

    Powder diffraction cannot tell the two apart.

    >>> mirror_image(92), mirror_image(62)
    (96, 62)
    """
    group = standard(number)
    if not group.is_enantiomorphic():
        return number
    operations = group.operations()
    operations.change_basis_forward(group.change_of_hand_op())
    return int(gemmi.find_spacegroup_by_ops(operations).number)


@lru_cache(maxsize=16)
def primitive_basis(centring: str) -> tuple[tuple[float, ...], ...]:
    """Basis of the primitive lattice in the axes of a cell of this centring (P, A, B, C, I, F or R on hexagonal axes), as columns.

    Raises
    ------
    ValueError
        When the letter names no centring.
    """
    group = next((group for group in gemmi.spacegroup_table() if group.centring_type() == centring), None)
    if group is None:
        raise ValueError(f"there is no centring {centring!r}")
    rows = group.centred_to_primitive().rot
    return tuple(tuple(x / gemmi.Op.DEN for x in row) for row in rows)


def unique_axis(group: gemmi.SpaceGroup) -> str:
    """Unique axis of a monoclinic setting (``a``, ``b`` or ``c``), ``""`` for other systems."""
    return group.monoclinic_unique_axis().strip("\0") if group.crystal_system_str() == "monoclinic" else ""


def short(group: gemmi.SpaceGroup) -> str:
    """The short symbol without spaces (``P21/c``)."""
    name = str(group.short_name())
    return "R" + name[1:] if name.startswith("H") else name


@cache
def is_subgroup(number: int, of: int) -> bool:
    """Whether a space group is a subgroup of another in the same cell and origin, in one of the settings that are tabulated for both.

    A structure described in a subgroup is the same structure with some of its symmetry not used. Numbers as in International Tables;
    settings as gemmi tabulates them.

    >>> is_subgroup(11, of=62), is_subgroup(199, of=230), is_subgroup(168, of=148)
    (True, True, False)
    """
    small, large = (
        [{op.triplet() for op in group.operations()} for group in gemmi.spacegroup_table() if group.number == each] for each in (number, of)
    )
    return any(one <= other for one in small for other in large)
