"""What the paper prints of its benchmark (Therrien et al., Digital Discovery 2025), beside which ours stand.

Figure 4 is a drawing and Table S1 is in the supplement: only what the text of section 4 prints is here. The paper's predictions are not
published, so no difference between its models and ours can be tested; only ours have intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.prediction.task import TrainingSet
from schemas.predictions import RANDOM_FOLDS, TEST

#: ``printed``: in the paper's own text. ``second-hand``: told by another source, which is named.
Kind = Literal["printed", "second-hand"]


@dataclass(frozen=True)
class Printed:
    """One error that somebody prints.

    Attributes
    ----------
    model
        Our model that stands beside it.
    title
        The paper's model, in words.
    trained_on, protocol
        What it was trained on and how it was tested; the test entries are those with a structure.
    mae, over_folds
        Mean absolute error in decades as it is printed, and its deviation over the folds.
    kind, where
        Who prints it, and where.
    """

    model: str
    title: str
    trained_on: TrainingSet
    protocol: str
    mae: str
    over_folds: str = ""
    kind: Kind = "printed"
    where: str = "section 4.3"


_TUNED = "pretrained on band gaps of the Materials Project, all weights fine-tuned"
PRINTED: tuple[Printed, ...] = (
    Printed("forest", "random forest", "all", TEST, "1.87"),
    Printed("forest-structures", "random forest", "structures", TEST, "1.87"),
    Printed("mlp-structures", "multilayer perceptron", "structures", TEST, "3.15"),
    Printed("painn", f"PaiNN, {_TUNED}", "structures", TEST, "2.60"),
    Printed("painn", f"PaiNN, {_TUNED}", "structures", RANDOM_FOLDS, "1.66", "0.21"),
    Printed("schnet", f"SchNet, {_TUNED}", "structures", TEST, "2.81"),
    Printed("schnet", f"SchNet, {_TUNED}", "structures", RANDOM_FOLDS, "1.81", "0.31"),
)
