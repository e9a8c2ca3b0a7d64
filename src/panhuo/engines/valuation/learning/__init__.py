"""Models trained on a lender's own history: a specification as data, one way to fit, answer, evaluate and keep them."""

from panhuo.engines.valuation.learning.artefact import load, save
from panhuo.engines.valuation.learning.card import card_data, card_text
from panhuo.engines.valuation.learning.classes import ClassModel
from panhuo.engines.valuation.learning.comparing import compare
from panhuo.engines.valuation.learning.drift import drift
from panhuo.engines.valuation.learning.evaluation import evaluate
from panhuo.engines.valuation.learning.history import read_rows
from panhuo.engines.valuation.learning.model import Model, fit
from panhuo.engines.valuation.learning.specification import Specification, load_specification, shipped

__all__ = [
    "ClassModel",
    "Model",
    "Specification",
    "card_data",
    "card_text",
    "compare",
    "drift",
    "evaluate",
    "fit",
    "load",
    "load_specification",
    "read_rows",
    "save",
    "shipped",
]
