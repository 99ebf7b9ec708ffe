"""What the catalogue says of every check. Numbers are taken from the modules that apply them."""

# ruff: noqa: E501 - prose: broken at 140 columns it would be harder to read and to compare, not easier
from __future__ import annotations

from pipeline.checks import (
    composition,
    conductivity,
    digits,
    geometry,
    lattice,
    link_records,
    links,
    pairs,
    series,
    structures,
)
from pipeline.checks.check import Check
from pipeline.chemistry import cell, formula
from pipeline.findings import Severity
from pipeline.structures import contacts, equal, header, prototypes, pymatgen_view, special, valence
from pipeline.structures.matching import window

E: tuple[Severity, ...] = ("error",)
W: tuple[Severity, ...] = ("warning",)
INFO: tuple[Severity, ...] = ("info",)
WINFO: tuple[Severity, ...] = ("warning", "info")
EINFO: tuple[Severity, ...] = ("error", "info")
EW: tuple[Severity, ...] = ("error", "warning")
EWI: tuple[Severity, ...] = ("error", "warning", "info")
_TABLES = "International Tables for Crystallography, volume A"
_PAPER = "Therrien et al., Digital Discovery 2025, 10.1039/d5dd00441a"

CHECKS: tuple[Check, ...] = (
    Check(
        "composition.unparsable", E, "The formula cannot be read",
        "Everything that is known of an entry stands on its composition; one that cannot be read cannot be used.",
        "Reduced and true composition are formulas of one compound: element symbols, brackets, numbers, crystal water after a dot or star.",
        "none", "Formula grammar of pipeline.chemistry.formula.",
        "Write the formula of one compound, variables replaced by numbers: Li1.3Al0.3Ti1.7(PO4)3.",
    ),
    Check(
        "composition.no-lithium", E, "No lithium",
        "The dataset is one of lithium conductors; a formula without lithium lost it on the way.",
        "Lithium is present in the reduced and in the true composition.", "none", _PAPER,
        "Put the lithium back, or withdraw the row.",
    ),
    Check(
        "composition.z-mismatch", E, "Z times the reduced composition is not the true composition",
        "Density, volume per atom and every descriptor of the cell follow from the true composition.",
        "For each element, the true composition holds Z times the amount of the reduced one. The finding names the cell of the three (Z or one of the compositions) that the volume, the charges or the structure file contradict.",
        f"{formula.ROUNDING} per element: the workbook writes the true composition with two decimals.",
        f"Definition of the columns ({_PAPER}, section 3.2).",
        "Recompute the true composition, or mend whichever of the three cells is wrong; the cell volume tells which.",
    ),
    Check(
        "composition.not-reduced", W, "The reduced composition holds several formula units",
        "Two rows of one compound with different formula units are not recognised as one, and Z means something else in each.",
        "The amounts of the reduced composition have a common divisor above one. Beside fractional amounts the largest divisor of the whole "
        "ones counts that leaves every amount with two decimals; an ion that holds atoms in pairs (P2S6) is not halved.",
        f"Beside fractional amounts a divisor counts from {composition.LEAST_UNITS} on: La3 and O12 stand in every garnet.", "Definition of a formula unit.",
        "Divide the composition and multiply Z.",
    ),
    Check(
        "composition.charge", EW, "The formula cannot be neutral",
        "A slip in one subscript makes another compound of it, and models train on compositions.",
        "Each element takes any mixture of its common oxidation states; the charge of the formula can then be every value between two "
        "sums, and zero must be among them.",
        f"{composition.CHARGE_TOLERANCE} charges per formula unit, more than a rounded third and less than a doping step of 0.1; where coefficients are no whole numbers, "
        f"{formula.ROUNDING} of each (their second decimal) times its charge is added. An error from {composition.CHARGE_ERROR} charges on: what refinements and nominal formulas leave unstated stays "
        "below (0.8 at most in the release), a slip in a subscript leaves a charge or more.",
        "Oxidation states: Greenwood and Earnshaw, Chemistry of the Elements, 2nd ed., 1997.",
        "Compare the formula with the paper. Nominal compositions that are truly not neutral (loss of lithium, unstated vacancies) get a waiver with that reason.",
    ),
    Check(
        "spacegroup.unknown-symbol", E, "No such space group symbol",
        "A symbol that nobody knows cannot be compared with the structure.",
        "White space, underscores and overlines apart, and after removal of a setting letter glued on by ICSD (H, R, S, Z), the symbol is "
        "one of the Hermann-Mauguin symbols of the 230 groups in any setting.",
        "none", f"{_TABLES}; settings as tabulated by gemmi and sgtbx.",
        "Write the symbol as International Tables do: P21/c, R-3c, Fd-3m.",
    ),
    Check(
        "spacegroup.symbol-number", E, "Symbol and number are different space groups",
        "The number is a model feature; with a wrong one an entry is filed under another crystal system.",
        "The group that the symbol names has the number of the row. The finding names the symbol or the number, whichever the structure file, the records or the crystal system of the cell contradict.", "none", _TABLES,
        "Decide by the structure or the paper which of the two is right, and mend the other.",
    ),
    Check(
        "lattice.range", E, "Impossible cell",
        "A shifted decimal point or an angle among the lengths spoils volume and density.",
        f"Lengths from {lattice.LENGTHS[0]:g} to {lattice.LENGTHS[1]:g} angstrom, angles from {lattice.ANGLES[0]:g} to {lattice.ANGLES[1]:g} "
        "degrees, and three angles that enclose a volume.",
        "Touching oxide ions are 2.6 angstrom apart and the shortest axis of the release is 3.3; its angles run from 62 to 134 degrees.",
        f"{_TABLES}, 1.5 (volume of a cell).", "Copy the six numbers from the paper again.",
    ),
    Check(
        "lattice.metric", E, "The cell breaks its crystal system",
        "Space group and cell contradict one another, so one of them is wrong.",
        "The cell obeys the metric of its space group's crystal system in some setting: monoclinic with unique axis b, c or a, "
        "rhombohedral groups on hexagonal or rhombohedral axes. The message names the axes that came nearest.",
        f"{lattice.EQUAL_LENGTHS:g} relative on equal lengths, ten times what the fourth decimal rounds away; {lattice.EQUAL_ANGLES:g} degrees on fixed angles.",
        f"{_TABLES}, 2.1.2.", "Compare cell and space group with the paper.",
    ),
    Check(
        "lattice.volume", EW, "The cell is too large or too small for its atoms",
        "Z, cell or composition is wrong, and with it density and every volumetric descriptor.",
        "Volume of the cell over the sum of the volumes of its ions. The volumes were fitted to the release by a robust fit drawn towards Shannon "
        "radii (benchmarks/fit_volumes.py); phosphide, nitride, hydride and lone-pair ions have volumes of their own. Where the row's structure holds the true composition in the row's volume, "
        "both within 5 %, an error becomes a warning and a warning is left out.",
        f"Warning beyond a factor of {lattice.VOLUME_WARNING}, error beyond {lattice.VOLUME_ERROR}: papers that the fit has not seen depart by 9 % at the 90th "
        "percentile, 21 % at the 97th, and the rest are wrong rows; the smallest mistake in Z, 3 for 4, is a factor of 1.33. Rare species add their uncertainty. The finding names the one length that differs from the structure file or from rows with this space group and number of anions; if there is none, Z where a simple multiple of it fits; otherwise the cell.",
        "Additivity of ionic volumes: Biltz, Raumchemie der festen Stoffe, 1934; radii: Shannon, Acta Cryst. A32 (1976) 751.",
        "Find which of Z, cell and composition is wrong; the structure's content per cell decides.",
    ),
    Check(
        "lattice.digits", EW, "One cell in two spellings of its digits", "A digit that differs was mistyped, and the difference is too small for any window to see.",
        "Lengths and angles that the space group makes equal are one number; and a row that is not a close match has, on the file's axes in any order that leaves the symbol as it is, the numbers of its file in the digits that both print.",
        f"None for equal lengths. Row and file: {digits.UNITS:g} unit in the last digit of the shorter number, which a cut or a double rounding makes; beyond {cell.LENGTH_ROUNDING:.1%} or {cell.ANGLE_ROUNDING:g} degrees the finding is cif.lattice. "
        f"Nine in ten of the shared cells of 1.2.0 agree to seven millionths. It is an error where the difference is clearly a slip: lengths that must be equal differ; or one keystroke explains the difference in a number of {digits.TELLING} digits or more, and no other row of the paper differs from its file by more than that; or at most half of the numbers differ, while the rest are those of the file to the last digit, with {digits.TELLING} digits or more in each. Otherwise the cell may be that of another refinement, which is a warning.", f"{_TABLES}, 2.1.2.", "Copy the number from the paper again; the file's is offered.",
    ),
    Check(
        "lattice.series", EW, "A cell that leaves its kin", "A cell of another sample, copied or mistyped within a few per cent, spoils every descriptor and passes every check of the row alone.",
        "One compound in one space group has one cell. The volume follows the composition in its structure type (space group and number of anions in the cell, "
        f"{series.LEAST_KIN} rows or more): the logarithm of volume over ionic volumes is regressed on what each element takes of them, the row itself left out. And a member of a series of one paper ({series.LEAST_SERIES} rows or more on one line of composition) is on the line of the others, which may bend. Of two different cells of one compound the finding names the one that no third row has, or the one that is farther from the law of its structure type; otherwise it names both. Rows with the same symbol and number of anions and cells of the same shape have their axes in the same order ({series.LEAST_ORDER} other rows or more must agree on it).",
        f"{series.SAME_COMPOUND:.1%} in a length between cells of one compound; {series.OUTSIDE:g} standard deviations in the type, of {series.SCATTER:.1%} at least, as garnets scatter; {series.OFF_LINE:g} in a series, of {series.LEAST_SPREAD:.1%} at least. It is an error beyond {series.WRONG:g} standard deviations in the type: of 431 right rows of 1.2.0 none is beyond 3.9. Beyond a factor of {lattice.VOLUME_ERROR} the finding is lattice.volume.",
        "Vegard, Z. Phys. 5 (1921) 17; additivity of ionic volumes: Biltz, Raumchemie der festen Stoffe, 1934.", "Compare the cell with the paper, and with the rows around it in the sheet.",
    ),
    Check(
        "lattice.setting", W, "Axes in another setting than the symbol",
        "Whoever builds the structure from symbol and cell gets another structure.",
        "The symbol names a setting; a monoclinic cell has its free angle at that unique axis, a rhombohedral one the axes of its letter, "
        "and where the structure's file writes the same axes, its operations are those of the symbol.",
        "as lattice.metric", f"{_TABLES}, 1.5.4.", "Write the symbol of the setting used (Pmnb for Pnma with other axes), or transform the cell.",
    ),
    Check(
        "lattice.pseudosymmetry", W, "The metric is higher than the symbol",
        "Equal numbers where symmetry asks for none point to a cell of another phase, or to a group that was guessed.",
        "An orthorhombic or tetragonal cell with axes equal to the last digit, a monoclinic or triclinic one with three angles of 90.",
        "Equal to one part in a million: the same number was written twice. Near equality is common and says nothing.",
        f"{_TABLES}, 3.1.", "Compare with the paper; accept it in a waiver when the paper says so.",
    ),
    Check(
        "conductivity.unparsable", E, "Not a number or bound",
        "The headline conductivity is what models learn.",
        "A positive number in S/cm, or an upper or lower bound written <1E-10.", "none", "Definition of the columns.",
        "Write 1.2e-4, or <1e-10 for a bound.",
    ),
    Check(
        "conductivity.total-bulk", E, "Total above bulk",
        "The two were exchanged, or one is of another sample.",
        "The total conductivity is not above the bulk one: grain boundaries are in series with the grains.",
        f"{conductivity.SAME:g} relative, the rounding of four digits.", "Brick-layer model: Irvine, Sinclair and West, Adv. Mater. 2 (1990) 132.",
        "Exchange them back after a look at the paper.",
    ),
    Check(
        "conductivity.label", E, "The headline value is not the total one",
        "Total and bulk differ by factors; a column that mixes them misleads.",
        "The headline conductivity equals the total one where that is given, else the bulk one where that is.",
        f"{conductivity.SAME:g} relative.", f"{_PAPER}, section 3.2.", "Copy the total conductivity into the headline column.",
    ),
    Check(
        "conductivity.implausible", E, "A conductivity that cannot be",
        "A value in mS/cm under a heading in S/cm is a thousand times too large, and one such value spoils a model.",
        f"The headline, total and bulk conductivity, value or bound, is at most {conductivity.IMPOSSIBLE:g} S/cm.",
        f"{conductivity.IMPOSSIBLE:g} S/cm, three times the best lithium conductors known (0.032 S/cm); slips of a unit are larger.",
        "Li et al., Science 381 (2023) 50 (0.032 S/cm); Kato et al., Nature Energy 1 (2016) 16030 (0.025 S/cm).",
        "Compare unit, exponent and temperature with the paper.",
    ),
    Check(
        "conductivity.range", W, "Implausible conductivity",
        "A slip of the unit or the exponent moves a value by a thousand.",
        f"From {conductivity.PLAUSIBLE[0]:g} to {conductivity.PLAUSIBLE[1]:g} S/cm at room temperature; bounds may be lower.",
        "The best lithium conductors reach 0.03 S/cm; impedance spectroscopy ends near 1e-14, and what is lower was extrapolated.",
        "Kato et al., Nature Energy 1 (2016) 16030 (0.025 S/cm); Kamaya et al., Nature Mater. 10 (2011) 682 (0.012 S/cm).",
        "Compare unit, exponent and temperature with the paper; a bound is better than an extrapolated value.",
    ),
    Check(
        "conductivity.temperature", E, "Not measured at room temperature",
        "Conductivities grow tenfold over some fifty degrees; one measured at 60 °C is not a value at room temperature.",
        "A temperature that a contributed table states (in a heading, a row of units, a column, the cell itself, a title above the header, "
        "the name of the sheet or the row's note) lies in 15 to 35 °C, its whole range. °C, K and °F are read; a number without a unit "
        "counts as degrees Celsius from 15 to 35, where kelvins make no sense, and is asked about elsewhere.",
        "A whole number of kelvins counts as the whole degree that it is rounded from: 298 K is 25 °C.", _PAPER,
        "Give the conductivity at room temperature, or leave the row out; state the unit of the temperature.",
    ),
    Check(
        "conductivity.source", EWI, "Conductivity differs from the linked source record",
        "Entry and source give different values of one measurement.",
        "Headline, total or bulk agrees with one of the records that the entry is linked to (docs/sources.md). A table that copied "
        "another counts as one witness with it where both give the same value. A bound agrees with a value that keeps it. An entry is flagged when no witness agrees with it, and when "
        f"some agree while another differs by a factor of more than {links.TOLD:g}. It is an error "
        "in three cases: none agrees, and two witnesses have the same other value, a decade or more away; none agrees, and one witness has the entry's digits with another exponent; the entry gives as a value what a record gives as a bound. It is information when more witnesses agree than differ, "
        f"when one agrees and the others differ by at most a decade, and when none agrees and all differ by a factor of at most {links.SLIPPED:g} that a single mistyped digit of three, or two digits exchanged, does not explain. Otherwise it is a warning.",
        "Equal in the digits of the shorter number, or within 5 %, as one point of a figure is read twice; a decade is more than two readings, two "
        "samples, or bulk and total explain.", _PAPER,
        "Look the value up in the paper; correct the entry, or note why it differs.",
    ),
    Check(
        "conductivity.extrapolated", W, "A value at room temperature that was not measured there",
        "A value extrapolated from above, or taken at another temperature, is not a measurement at room temperature.",
        "No record found for the entry calls its value extrapolated, and no record of its paper and composition has this value at another temperature "
        "(unless its source has it at room temperature too).",
        "As for conductivity.source with an extrapolated value; two printed digits with a value of another temperature.", _PAPER,
        "Look the temperature up in the paper; correct the entry, or note that the value is extrapolated.",
    ),
    Check(
        "reference.doi-syntax", E, "Not a DOI",
        "Without its paper an entry cannot be verified, nor kept on one side of the split.",
        "Each part of the cell, parts separated by a vertical bar, is 10., a registrant's number, a slash and a name without white space.",
        "none", "DOI Handbook, section 2.2; ISO 26324.", "Copy the DOI from the paper.",
    ),
    Check(
        "reference.doi-form", EW, "A DOI that is not the paper's, or has an unusual form",
        "One paper with two spellings is two papers to a program, and leaks from the training set into the test set.",
        "Lower case, no address before it, no German edition in place of the international one, and the form that the publisher gives its DOIs, check characters included. It is an error "
        "when the DOI is that of a supplement, of an abstract in ChemInform, or of a cover or other front matter: it is not the paper's. It is also an error when the check character of an ISSN in the DOI is wrong.",
        "none", "Publishers' systems of identifiers (PII of Elsevier; manuscript numbers of ACS and RSC; article numbers of Wiley and Springer); ISO 3297.",
        "Write the DOI of the paper itself in lower case.",
    ),
    Check(
        "reference.icsd", E, "Two ICSD numbers for one file",
        "Whoever fetches the structure gets another one.",
        "The ICSD number of a row and the one that its reference to the file names are the same. The reference of a close match may name another structure.",
        "none: all 119 rows of 1.2.0 that give both numbers, close matches apart, give the same number twice.", "Collection codes of the ICSD", "Look both numbers up, and mend the one that is mistyped.",
    ),
    Check(
        "id.format", E, "The ID has another form", "IDs name files and must not depend on the file system.",
        "Three characters, or six as accept gives them: letters in lower case and digits (a contributor's own IDs: letters, digits, dots, hyphens and underscores).", "none",
        "Definition of the columns.", "Rename the row; read IDs as text (1e9 and 019 are IDs).",
    ),
    Check(
        "id.duplicate", E, "Two rows have one ID", "Structure and split are found by ID.",
        "No two IDs are equal, letter case ignored.", "none", "Definition of the columns.",
        "Rename one of the rows. Rows that were accepted on two branches and got one ID: 'obelix-curate accept --renumber FOLDER' gives those of a folder others.",
    ),
    Check(
        "table.changed-cell", INFO, "A cell differs from the entry that the row replaces",
        "Whoever edits the workbook, or reviews the edit, sees what changed and nothing else.",
        "With check --replaces, a row whose ID is an entry's is compared with it cell by cell: a cell that reads neither like the published one "
        "nor like the corrected one has changed.",
        "none", "raw/corrections.yaml and the pinned workbook.", "Compare the change with the paper; in the release it belongs into raw/corrections.yaml.",
    ),
    Check(
        "table.row-shape", E, "A row of a contributed table has too many cells",
        "The cells behind the surplus one stand under the wrong headings.",
        "No row has more cells than the header (blank cells at its end do not count).", "none", "Definition of a table.",
        "Put quotation marks around a cell that holds the separator, or save the table with semicolons or as .xlsx.",
    ),
    Check(
        "table.unknown-column", W, "A column of a contributed table that the release does not have", "What it holds would be lost without a word.",
        "Every heading is a column of the release, in its published name or in one of the variants that are known.", "none", "Definition of the columns.",
        "Rename it if it is one of ours; otherwise leave it, or move what matters into the column note.",
    ),
    Check(
        "table.unread-cell", E, "A cell of a contributed table holds what its column cannot", "The value would be lost without a word.",
        "Each cell is of its column's type. Columns that have a check of their own are reported under its name.", "none", "Definition of the columns.",
        "Correct the cell or empty it.",
    ),
    Check(
        "family.vocabulary", W, "Unknown spelling of a family", "Statistics by family count each spelling as a family.",
        "The family is one of the vocabulary in pipeline.checks.families.",
        "A near spelling is one with other case or number, or 85 % similar.", "The release's own spellings.",
        "Use the spelling offered, or add a new family to the vocabulary.",
    ),
    Check(
        "family.composition", W, "Family at odds with the elements", "The entry is filed under another chemistry.",
        "The composition holds the elements that the family's name asks for (phosphates phosphorus and oxygen, thio-LISICON a chalcogen).",
        "none", "Meaning of the names.", "Correct the family (a compound of P3- is a phosphide) or the formula.",
    ),
    Check(
        "duplicate.exact", E, "The same row twice", "A measurement that is counted twice weighs double, and leaks when the copies are split.",
        "Two rows of one paper have the same composition, space group number and cell, in any setting, whatever their conductivities.",
        f"{pairs.SAME_CELL:g} relative and {pairs.NEAR_ANGLE} degrees on the cell: less than a unit of the fifth digit; {formula.ROUNDING} on a coefficient, half of its second decimal.", _PAPER, "Remove one of the rows.",
    ),
    Check(
        "duplicate.near", W, "Near duplicate", "May be one sample reported twice.",
        "One compound (compositions equal within the rounding of both) under two papers with cells, in any setting, too alike for two refinements "
        "(a second paper that measured the material again and cites the cell is welcome); or one compound twice in one paper with one conductivity; or one compound with one cell under two space groups. Clusters are named.",
        f"{pairs.NEAR_CELL:.2%} on the cell: independent refinements of one compound differ by 0.1 to 0.6 % in the release, and below 0.02 % stand the pairs that curators' notes call duplicates.", _PAPER, "Compare the papers; keep the row whose paper made the measurement.",
    ),
    Check(
        "duplicate.paper", EW, "Another value of a paper that is there already",
        "The paper has two samples, which the note should tell apart, or one of the two values is a slip.",
        "Two rows have one paper, one composition and one space group number, and different conductivities (a cell that is equal too is duplicate.exact). "
        f"An error when the values differ by a factor {pairs.SLIP:g} or more.",
        f"A factor {pairs.SLIP:g} is a slip of the unit; samples of one paper differ by less. One pair among the 599 entries agrees in all three and differs in the value.",
        _PAPER, "Compare both values with the paper; say in the note what tells the samples apart.",
    ),
    Check(
        "duplicate.structure", EW, "One set of coordinates under two IDs",
        "One refinement stands for one sample: a copy under another ID counts it twice, and leaks when the copies are split.",
        "Two files hold the same sites: element, coordinates, occupancy, in any order and with any representative of an orbit, in the same cell. An error "
        "when the rows have one composition; a warning when a structure stands for another composition (a close match of the series). A warning too when two compounds of one space group, no close matches, "
        f"share all coordinates that symmetry leaves free ({equal.COORDINATES} or more) or all occupancies of three digits ({equal.OCCUPANCIES} or more): one model stands for both. A contributed structure that "
        "the dataset has is an error for any composition, and is found though elements, occupancies or further atoms were edited.",
        f"{equal.SAME_FRACT:g} on a fractional coordinate and on an occupancy, {equal.SAME_LENGTH:g} angstrom on a cell length: less than the last digit that files are printed to.",
        "Two refinements never agree in every digit.", "Send the structure of the row's own sample, or none; name a close match as such.",
    ),
    Check(
        "duplicate.same-cell", EW, "Identical cell under another composition", "A cell was copied from the row above.",
        "All six cell parameters are the same numbers as those of a row of another composition. An error when conductivity and paper agree too.",
        f"The independent lengths must have {pairs.DIGITS_ONE_PAPER} digits in one paper and {pairs.DIGITS_TWO_PAPERS} in two: a hundred cubic garnets between 12.5 and 13.1 A share five digits by chance.", "Two refinements never agree in every digit.", "Look the cell up in the paper.",
    ),
    Check(
        "duplicate.same-conductivity", W, "One value reported twice", "Papers cite conductivities measured elsewhere; only one sample was measured.",
        "Two papers give one compound the same conductivity.", f"{pairs.SAME_VALUE:g} relative: the same digits. Bounds do not count, everybody writes <1e-10.", f"{_PAPER}, section 3.2.",
        "Find the paper that measured it; drop the other row.",
    ),
    Check(
        "cif.missing-file", E, "The structure's file is missing", "The row says that its structure is there.",
        "A row whose Cif ID is done has a file of its name.", "none", "Definition of the columns.", "Add the file, or say not available.",
    ),
    Check(
        "cif.orphan-file", E, "A structure without a row", "Nobody can tell what the file belongs to.",
        "Every file has the ID of a row.", "none", "Definition of the columns.", "Name the file after its row.",
    ),
    Check(
        "cif.unreadable", E, "The structure cannot be read", "Nobody can use a structure that programs cannot read.",
        "The file is a CIF with a cell and atoms, each with an element and coordinates, whose symmetry operations are a group of space. Items that "
        "are not read may be damaged. Operations of superspace, a list of operations that is no group, and a label that may be of two elements are refused.",
        "none", "Hall, Allen and Brown, Acta Cryst. A47 (1991) 655.",
        "Mend the line named.",
    ),
    Check(
        "cif.read-as", INFO, "What the reader had to assume", "A structure that was completed, or read in part, may not be the one that was meant.",
        "One finding for each thing that the reader assumed, completed or left out: dummies and atoms without a position, sites put on a special "
        "position, blocks not read, symmetry taken from a symbol, P 1 for want of any, what the label of an atom was taken for.",
        "A full site within " + f"{special.NEAR:g} angstrom of its own image is taken to stand on the special position.",
        "Brown and McMahon, Acta Cryst. B58 (2002) 317 (the CIF core dictionary).",
        "Nothing, if it is as meant; else give what is missing in the file.",
    ),
    Check(
        "cif.spacegroup", E, "Row and file have different space groups", "One of the two describes another phase.",
        "The group that the file's operations generate has the number of the row.", "none", _TABLES, "Compare with the paper.",
    ),
    Check(
        "cif.symmetry", EW, "The file's header and its atoms disagree", "The operations do not fit the atoms, so that programs build another structure.",
        "Every name of the group in the header (number, Hermann-Mauguin symbol, Hall symbol) is the one that the operations generate, these fit the cell, "
        "and declared multiplicities are those that they give, or on every site the order of the site symmetry, as SHELXL-97 wrote it; "
        "as a warning, spglib finds in the atoms the group of the operations, no higher one. Mirror-image groups count as one.",
        f"spglib's 0.01 angstrom; products of two axes may change by {header.MISFIT:.1%} under an operation, twice the digit that lengths are printed to.", "spglib: Togo, Shinohara and Tanaka, Sci. Technol. Adv. Mater. Meth. 4 (2024) 2384822.",
        "Export the file again from its source.",
    ),
    Check(
        "cif.lattice", EW, "Row and file have different cells", "The structure belongs to another sample or phase.",
        "The cell of the file equals that of the row in some setting, for a close match within the published window.",
        f"Rounding: {cell.LENGTH_ROUNDING:.1%} and {cell.ANGLE_ROUNDING:g} degrees. An error beyond {structures.OTHER_LENGTH:.0%} or {structures.OTHER_ANGLE:g} degree: heat moves a cell by a few "
        "thousandths. A close match has 3 % and 3 degrees.", f"{_PAPER}, section 3.2.",
        "Compare both with the paper; a close match must be declared.",
    ),
    Check(
        "cif.missing-element", E, "An element of the row is absent from the file", "Structures without lithium or hydrogen are not those of the compound.",
        "Every element of the row occurs in the file and the reverse.",
        f"Dopants up to {window.COMPOSITION_WINDOW} per formula unit may be left out, as the published window allows.", "Definition of a structure.",
        "Add the missing sites, or declare a close match.",
    ),
    Check(
        "cif.composition", EWI, "Row and file have different compositions", "Row and structure describe different samples.",
        "The amounts of all elements in a formula unit agree.",
        f"{window.COMPOSITION_ROUNDING} and what the digits of occupancies hide ({window.COMPOSITION_WINDOW} for a close match). An error beyond {structures.OTHER} per formula unit, or beyond "
        f"{window.COMPOSITION_WINDOW} when the file has lost {structures.BROKEN:.0%} of the charge of its anions: refinements of a nominal composition stay below. A refinement that leaves a full position at {structures.NEARLY_FULL} is no error. "
        "Else a warning when the file is neutral and the row is not, or the reverse, and information when both are: the one is refined and the other nominal.", f"{_PAPER}, section 3.2.",
        "Correct occupancies or composition.",
    ),
    Check(
        "cif.cell-content", EW, "The file's content is a multiple of the row's", "Z is wrong, or the file writes another cell.",
        "The file's cell holds the formula units that Z puts into it; a row's cell that is a multiple of the file's is allowed for.",
        f"Another whole number is reported when it makes all amounts agree to {structures.FITS} per formula unit and the row's does not.", "Definition of Z.",
        "Correct Z, when volume and content agree on it.",
    ),
    Check(
        "cif.charge", WINFO, "The structure is not neutral", "An occupancy is wrong.",
        "As composition.charge, for the content of the file.", f"{structures.UNBALANCED:.1%} of the charge of the anions, which no rounding of occupancies explains; information up to {structures.BROKEN:.0%}, which the refinement of lithium explains, and where the row's own formula is as charged (composition.charge).", "as composition.charge", "Compare occupancies with the paper.",
    ),
    Check(
        "cif.occupancy", EW, "A position is more than full", "Two atoms cannot be in one place.",
        "Occupancies on one position add up to at most one.",
        f"{pymatgen_view.OVERFULL}: three occupancies rounded to two digits; an error beyond {structures.SPILLING}, twice that.", "Definition of an occupancy.",
        "Compare occupancies with the paper.",
    ),
    Check(
        "cif.distance", EW, "Two sites are too close", "Atoms that overlap, and anions that touch, make a structure useless for simulation.",
        "Two positions that must sometimes both be filled are no nearer than a part of the sum of their covalent radii. Two anions are no nearer than a larger part of it where the content is "
        "neutral with all of them at full charge, so that none is joined to another (S2, O2 and N3 have less charge); anions of tellurium are not judged, and those of selenium, bromine and iodine are taken for 7 % smaller.",
        f"{contacts.TOO_CLOSE:.0%} of the sum of radii ({geometry.OVERLAP:.0%} in a file with noise, which moves atoms by 0.1 angstrom); an error below {geometry.OVERLAP:.0%} when both are filled to "
        f"{geometry.FULL:.0%}. Anions: {geometry.TOUCHING:g} times the sum of radii, 2.9 angstrom for sulfide and 1.85 for oxide, less {geometry.GRANTED:g} standard deviations of the noise, both filled to {geometry.MOSTLY:.0%}; an error when both are filled to {geometry.FULL:.0%}.",
        "Radii: see pipeline.structures.contacts.", "Compare coordinates and origin with the source.",
    ),
    Check(
        "cif.valence", WINFO, "Bond valences that no such ion has", "A metal on the site of another, or without neighbours, makes the structure wrong although cell, space group and composition agree.",
        "At each position that is full of cations, by one or by several together, the valences exp((R - d) / 0.37) of the bonds to anions add up to the charge that the cations may have beside the others of a neutral "
        "content. Positions that are mostly lithium, hydrogen and carbon are not judged, and nothing is where the content keeps more than a tenth of its anions' charge; structures with other anions than O, S, Se, Te, F, Cl, Br, I and N (phosphides, hydrides) are named by an info, and so are cells that hold too many atoms to be looked at. "
        "Where a shift of the anions or of one element between two origins of the group, or the coordinates on the other origin or on other axes, restores all sums, the message says so: that is the cause.",
        f"The logarithm of sum over charge is beyond {geometry.OUTSIDE:g} standard deviations, {geometry.SCATTER:g} of such ions and what the noise of the file makes of this very position: without noise a factor of 2.2 either way. "
        "Of 522 positions in the 321 published files those of four are beyond (0.14 to 0.34 of the charge), the next is at 3.3 standard deviations.",
        "Bond valence: Brown and Altermatt, Acta Cryst. B41 (1985) 244. Parameters: O'Keeffe and Brese, J. Am. Chem. Soc. 113 (1991) 3226, as in pymatgen 2026.10.24 (BV_PARAMS).", "Compare the origin and the sites of the metals with the source; export the file again.",
    ),
    Check(
        "cif.coordination", W, "A cation off its shell of anions", "A coordinate with a wrong digit, or an anion that is not there, changes every energy and every path of the lithium.",
        f"A full cation of charge two or more stands in the centre of its shell: of up to {valence.LARGEST_SHELL} full anions, the next of which is farther by a quarter. Cations with a lone pair or a bond to their like are left out.",
        f"The distance from the centre, along what the site symmetry leaves free, exceeds what it does once in a thousand ({geometry.OFF_CENTRE[1]:g}, {geometry.OFF_CENTRE[2]:g} or {geometry.OFF_CENTRE[3]:g} standard deviations for 1, 2 or 3 free coordinates): of {valence.OWN_OFFSET:g} angstrom in shells of "
        f"four anions, {valence.OWN_OFFSET_LARGE:g} in larger ones ({valence.OWN_OFFSET_D0:g} of Ti, V, Nb, Mo, W), and of the noise.",
        "Second-order Jahn-Teller effect: Kunz and Brown, J. Solid State Chem. 115 (1995) 395.", "Compare the coordinates of the site and of its neighbours with the source.",
    ),
    Check(
        "cif.prototype", W, "A site off its prototype", "A coordinate that was mistyped, or a sublattice on another origin, makes another structure, and the neighbours need not show it.",
        "Structures in one space group and setting, with similar cells and with their fully occupied cation sites at the same places, have one prototype. Each fully occupied site of such a structure, apart from lithium and hydrogen, lies at the median position of that site in the others. Another origin and the inverted structure are tried first.",
        f"There must be {prototypes.LEAST} other structures or more; the {prototypes.MOST} with the most similar cells are taken, with lengths within {prototypes.ALIKE:.0%}. A site is flagged when its distance is one that noise and the scatter of the others ({prototypes.OWN:g} angstrom at least) would give by chance to one structure in {1 / prototypes.CHANCE:.0f}.",
        "Robust statistics: Huber, Robust Estimation of a Location Parameter, Ann. Math. Stat. 35 (1964) 73; normalisers: International Tables for Crystallography A, 3.5.",
        "Compare the coordinates of the site with the paper or the database, and with another structure of the prototype.",
    ),
    Check(
        "cif.header", W, "The header's formula sum and Z are not what the cell holds", "Whoever multiplies the sum by Z, as the dictionary says, gets a cell of several times the atoms.",
        "Z times the formula sum is the content of the cell: multiplicities times occupancies. A missing author, journal or DOI is not reported.",
        f"{header.SUM_ROUNDING:.0%} and {header.SUM_DIGIT:g} atoms of a unit: sums are printed to two decimals, occupancies to two or three.",
        "CIF core dictionary: _chemical_formula_sum, _cell_formula_units_Z.", "Write the sum of one formula unit, or Z = 1; 'build --conforming' writes files that agree.",
    ),
    Check(
        "cif.close-match", E, "A close match outside the published window", "The structure is further from the row than the dataset promises.",
        "A close match has the space group, composition within 0.05 per formula unit and cell within 3 % and 3 degrees.",
        "the published window", f"{_PAPER}, section 3.2.", "Detach the structure.",
    ),
    Check(
        "cif.licence", E, "A proprietary structure without noise",
        "Coordinates of the ICSD, and of other databases that sell what they hold, may not be published as they are.",
        "A file is proprietary when a database code, the name of a data block, a copyright line or its row says so (an ICSD number in 'ICSD ID' or in "
        "'Cif ref_1' and 'Cif ref_2'), or when it holds the same structure as one of which this is known, or that of an entry with noise but for the noise (the same cell and occupancies, each coordinate within five sigma). It carries noise from its pinned source, or its SHA-256 stands in "
        "contribution.yaml as verified under the key; what the file says of itself proves nothing.", "none", f"{_PAPER}, section 3.2.",
        "Run perturb with the key, and accept with --key-file.",
    ),
    Check(
        "link.laskowski", EW, "The published link to Laskowski is not the record found", "Whoever follows the link finds another compound.",
        "The citation number published is that of a record found for the entry, and one that Ref names. An entry without a record has a paper that does not list its compound.",
        "A record is found when it is likelier than not to be the entry's measurement (docs/sources.md, Links). It is an error where Ref and the citation number differ and the table lists the paper of the row under one of them.", _PAPER,
        "The release bears the right number; correct the workbook, or the entry when it is the entry that is wrong.",
    ),
    Check(
        "link.liion", W, "The published link to Liverpool Ionics is not the record found", "Whoever follows the link finds another compound.",
        "The number published names a record found for the entry, by its place in the dataset counted from 0 or by its ID. An entry without a record has a paper that does not list its compound.",
        "A record is found when it is likelier than not to be the entry's measurement (docs/sources.md, Links).", _PAPER,
        "The release bears the right ID; correct the workbook, or the entry when it is the entry that is wrong.",
    ),
    Check(
        "link.paper", EWI, "The linked record names another paper", "Either the paper of the row or the link is wrong; a wrong paper can tear a group of the split apart.",
        "The DOI of the row and that of a record found for it are of one paper (supplements, editions and spellings count as one; an abstract, a cover or a preprint names no other paper).",
        "It is information where all entries of the paper, two at least, have their records under one other DOI, because these are two names of one paper; and where record and row differ in composition or conductivity, because then the link is more likely wrong. Of several records of one source one must agree. It is an error where one keystroke turns one DOI into the other, where records of two independent sources name the other paper, and where the row has the citation number of the record although the source lists the row's DOI under another number.", _PAPER, "Compare both with the paper; correct the DOI, or note that the source errs.",
    ),
    Check(
        "link.spacegroup", EINFO, "The linked record has another space group", "A model is given the space group of the row.",
        "The space group of the row is that of a record found for it. It is information where the row's own structure file has the group of the row, because then two witnesses contradict the record; and, without a file, where one group is a subgroup of the other, because both may describe one structure. Otherwise it is an error: of the 463 groups that records of 1.2.0 give, 448 are those of the row, 13 are such information, and in the last two cases the row is wrong.",
        "none", _PAPER, "Compare with the paper; correct the row, or note that the source errs.",
    ),
    Check(
        "link.icsd", EWI, "The linked record has another ICSD number", "Whoever fetches the structure gets another one.",
        "The collection code of the row is that of a record found for it. The code of a close match is that of another sample; there only a neighbouring code is reported.",
        f"It is a warning when the codes are within {link_records.NEIGHBOURS} of each other, because codes of one paper follow one another, so the row has its neighbour's code or a slip; and when one keystroke turns one code into the other. It is an error where the file of the row's code has another cell than the row or lacks one of its elements. Codes that differ more belong to two refinements of one compound, which is information.",
        "Collection codes of the ICSD", "Look both codes up; correct the code, and fetch the right structure.",
    ),
    Check(
        "split.leak", E, "A paper or composition on both sides", "A model that has seen the paper is tested on it.",
        "No paper and no composition has entries both in the training and the test set.", "none: compositions are compared as written, DOIs without case, address and supplement suffix.",
        f"{_PAPER}, section 3.3.", "Move the smaller group to the side of the other.",
    ),
    Check(
        "split.near-leak", W, "The same stoichiometry on both sides", "Nearly a leak: the formulas differ in how they are written.",
        "No two entries of different sides have the same proportions of elements.", "none: the ratios in lowest whole numbers are equal.", f"{_PAPER}, section 3.3.",
        "Consider moving one group in the next split.",
    ),
    Check(
        "note.open", INFO, "A curator's note still asks for work", "Work that was noted and not done.",
        "The note holds a word that asks for work (check, should, incorrect, refer, duplicate with).", "none", "Curators' notes.",
        "Do what the note says and remove it.",
    ),
    Check(
        "waiver.unused", W, "A waiver that matches nothing", "The finding that it decides is gone, or its ID or check is mistyped.",
        "Every waiver of raw/waivers.yaml that is accepted or awaiting matches a finding.", "none", "raw/waivers.yaml", "Remove or mend the waiver.",
    ),
)  # fmt: skip
