"""``predictions.csv`` of a recorded model: one row a model, seed, protocol and entry (:mod:`pipeline.prediction.recorded`)."""

from __future__ import annotations

from schemas.columns import ID_PATTERN, Column

TEST, RANDOM_FOLDS, GROUP_FOLDS = "test", "random-folds", "group-folds"
#: Ways of holding entries out.
PROTOCOLS: tuple[str, ...] = (TEST, RANDOM_FOLDS, GROUP_FOLDS)
#: What the models of ``test`` say of the entries that they learned from: no score, and optional, but the paper's figure 4 shows it.
TRAIN = "train"
FOLDS = 5

MODEL = Column("model", "text", "Name of the model, which is that of its folder.", required=True, pattern="[a-z0-9]+(?:-[a-z0-9]+)*")
SEED = Column("seed", "integer", "Number that the model's random choices started from.", required=True, minimum=0)
PROTOCOL = Column(
    "protocol",
    "text",
    "What was held out: the test set (the model saw all its training entries), or one of five folds of the training set; train: nothing.",
    required=True,
    categories=(*PROTOCOLS, TRAIN),
)
FOLD = Column("fold", "integer", "Fold that the entry was held out in; blank for test and train.", minimum=0, maximum=FOLDS - 1)
ENTRY = Column(
    "ID", "text", "Entry that is predicted; the model did not see its label, except with train.", required=True, pattern=ID_PATTERN
)
PREDICTION = Column("prediction", "number", "Predicted log10 of the ionic conductivity at room temperature in S cm-1.", required=True)

#: One row a prediction, by seed, protocol, fold and ID.
COLUMNS: tuple[Column, ...] = (MODEL, SEED, PROTOCOL, FOLD, ENTRY, PREDICTION)
#: What names a row.
KEY: tuple[Column, ...] = (SEED, PROTOCOL, ENTRY)

CANDIDATE = Column("candidate", "integer", "Place of the candidate among those of its model, from 0.", required=True, minimum=0)
SETTINGS = Column("settings", "text", "Settings that were tried, as JSON.", required=True)
ERROR = Column("error", "number", "Mean absolute error in decades, on folds that keep groups.", required=True, minimum=0)
FOLD_ERRORS = Column("folds", "text", "Mean absolute error of each fold in decades, parted by blanks.", required=True)

#: ``search.csv``: one row a model and candidate.
SEARCH: tuple[Column, ...] = (MODEL, CANDIDATE, SETTINGS, ERROR, FOLD_ERRORS)

PAPER = Column("paper", "text", "Paper that was held out: the first DOI of those that entries tie together.", required=True)
PAPERS = Column("papers", "integer", "Papers learned from.", required=True, minimum=1)
DRAW = Column("draw", "integer", "Number of the draw of the papers, and the seed.", required=True, minimum=0)
ENTRIES = Column("entries", "number", "Entries learned from, the mean over the folds.", required=True, minimum=0)

APART = Column("apart", "number", "Absolute error of the prediction in decades; blank where the label does not count.", minimum=0)

#: ``papers.csv``: one row a model and training entry, predicted by the model that saw no entry of its paper.
LEFT_OUT: tuple[Column, ...] = (MODEL, PAPER, ENTRY, PREDICTION, APART)
#: ``learning_curve.csv``: one row a model, number of papers and draw.
CURVE: tuple[Column, ...] = (MODEL, PAPERS, DRAW, ENTRIES, ERROR)
