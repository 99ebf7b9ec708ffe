"""``models/leaderboard.csv`` and ``models/hard.csv``: scores of recorded models, and the entries that all of them miss."""

from __future__ import annotations

from schemas.columns import ID as ID
from schemas.columns import Column
from schemas.predictions import MODEL as MODEL
from schemas.predictions import PROTOCOLS

_SIGN = "below zero the model is better"

PROTOCOL = Column(
    "protocol", "text", "What was held out: the test set, or five folds of the training set.", required=True, categories=PROTOCOLS
)
SUBSET = Column(
    "subset", "text", "Entries that are scored: all, or those with a structure.", required=True, categories=("all", "structures")
)
BOUNDS = Column(
    "bounds",
    "text",
    "What an upper bound counts: 1e-15 S cm-1 as published; nothing, left out; or what it says, so that a prediction below it is right.",
    required=True,
    categories=("as-published", "left-out", "censored"),
)
ENTRIES = Column("entries", "integer", "Entries that are scored.", required=True, minimum=1)
GROUPS = Column(
    "groups", "integer", "Groups that they form, by papers and compositions: what the intervals rest on.", required=True, minimum=1
)
SEEDS = Column("seeds", "integer", "Models trained, each from another seed.", required=True, minimum=1)
MAE = Column("mae", "number", "Mean absolute error over entries and seeds.", unit="decades", required=True, minimum=0)
MAE_LOWER = Column("mae_lower", "number", "Lower limit of the error, with 95 % confidence.", unit="decades")
MAE_UPPER = Column("mae_upper", "number", "Upper limit of the error, with 95 % confidence.", unit="decades")
SEED_SPREAD = Column(
    "seed_spread", "number", "Standard deviation of the error over the seeds; blank for one seed.", unit="decades", minimum=0
)
FOLD_SPREAD = Column(
    "fold_spread", "number", "Standard deviation of the error over the folds; blank for the test set.", unit="decades", minimum=0
)
FOREST = Column("forest", "text", "The random forest that the model is compared with: trained on the same entries where there is one.")
FOREST_DIFFERENCE = Column("forest_difference", "number", f"Error less that of the forest on the same entries; {_SIGN}.", unit="decades")
FOREST_LOWER = Column("forest_lower", "number", "Lower limit of that difference, with 95 % confidence.", unit="decades")
FOREST_UPPER = Column("forest_upper", "number", "Upper limit of that difference, with 95 % confidence.", unit="decades")
FOREST_VERDICT = Column(
    "forest_verdict", "text", "Better or worse than the forest, where both limits lie on one side of zero.",
    categories=("better", "worse", "no difference shown"),
)  # fmt: skip
MEDIAN_DIFFERENCE = Column("median_difference", "number", f"Error less that of the median of the training labels; {_SIGN}.", unit="decades")
MEDIAN_LOWER = Column("median_lower", "number", "Lower limit of that difference, with 95 % confidence.", unit="decades")
MEDIAN_UPPER = Column("median_upper", "number", "Upper limit of that difference, with 95 % confidence.", unit="decades")
MEDIAN_VERDICT = Column(
    "median_verdict", "text", "Better or worse than the median, where both limits lie on one side of zero.",
    categories=("better", "worse", "no difference shown"),
)  # fmt: skip
GAP = Column("gap", "number", "Error on folds that keep groups together less that on random folds: how much these flatter.", unit="decades")
GAP_LOWER = Column("gap_lower", "number", "Lower limit of the gap, with 95 % confidence.", unit="decades")
GAP_UPPER = Column("gap_upper", "number", "Upper limit of the gap, with 95 % confidence.", unit="decades")

#: One row a model, protocol, subset and way of taking bounds.
COLUMNS: tuple[Column, ...] = (
    MODEL, PROTOCOL, SUBSET, BOUNDS, ENTRIES, GROUPS, SEEDS, MAE, MAE_LOWER, MAE_UPPER, SEED_SPREAD, FOLD_SPREAD, FOREST, FOREST_DIFFERENCE,
    FOREST_LOWER, FOREST_UPPER, FOREST_VERDICT, MEDIAN_DIFFERENCE, MEDIAN_LOWER, MEDIAN_UPPER, MEDIAN_VERDICT, GAP, GAP_LOWER, GAP_UPPER,
)  # fmt: skip
#: What names a row.
KEY: tuple[Column, ...] = (MODEL, PROTOCOL, SUBSET, BOUNDS)

# --- hard.csv -------------------------------------------------------------------------------------------------------------
SIDE = Column(
    "set", "text", "Side of the split: the test set, or the training set, predicted in folds that keep groups together.", required=True
)
COMPOSITION = Column("Reduced Composition", "text", "Reduced composition as the release has it.", required=True)
LABEL = Column("label", "number", "log10 of the conductivity in S cm-1; a bound where it stands.", required=True)
IS_BOUND = Column("bound", "text", "The sign of a bound, blank for a value.")
MODELS = Column(
    "models", "integer", "Models that predict the entry, each of which is wrong by two decades or more, in one direction.", required=True
)
NEAREST = Column("nearest_prediction", "number", "The prediction that comes nearest to the label.", required=True)
MIDDLE = Column("median_prediction", "number", "The median of the models' predictions.", required=True)
NEIGHBOURS = Column(
    "neighbours", "text", "Up to five measured entries of the same space group within 5 % of the atoms, nearest first, separated by spaces."
)
NEIGHBOUR_MEDIAN = Column("neighbours_median", "number", "Median of their labels.")
NEIGHBOUR_SPREAD = Column("neighbours_spread", "number", "Largest deviation of their labels from it.", unit="decades")
IS_CANDIDATE = Column(
    "candidate_error",
    "boolean",
    "Whether two neighbours or more agree within a decade and contradict the label by two, on the side on which the models do.",
    required=True,
)
FINDINGS = Column("findings", "text", "What the checks say of the entry in the present release, with the status of each.")
#: One row an entry, candidates first.
HARD_COLUMNS: tuple[Column, ...] = (
    ID, SIDE, COMPOSITION, LABEL, IS_BOUND, MODELS, NEAREST, MIDDLE, NEIGHBOURS, NEIGHBOUR_MEDIAN, NEIGHBOUR_SPREAD, IS_CANDIDATE, FINDINGS,
)  # fmt: skip

# --- families.csv ---------------------------------------------------------------------------------------------------------
FAMILY = Column(
    "family", "text", "Structural or chemical family, in the curators' words; ten entries in four groups at least.", required=True
)
BIAS = Column("bias", "number", "Mean of prediction less label over the entries that are no bounds.", unit="decades")
MEDIAN_MAE = Column("median_mae", "number", "Error of the median of the training labels on the same entries.", unit="decades")
#: One row a model and family: test entries, and training entries in folds that keep groups together, bounds as they say.
FAMILY_COLUMNS: tuple[Column, ...] = (MODEL, FAMILY, ENTRIES, GROUPS, MAE, MAE_LOWER, MAE_UPPER, BIAS, MEDIAN_MAE)
