"""Texts that differ in one value and in nothing else: pairs, dilemmas, and the linter of both."""

from causalvalues.contrasts.dilemmas import Dilemma, dilemmas
from causalvalues.contrasts.lint import lint
from causalvalues.contrasts.pairs import ContrastPair, ContrastSet, contrast_set, uncontrolled

__all__ = [
    "ContrastPair",
    "ContrastSet",
    "Dilemma",
    "contrast_set",
    "dilemmas",
    "lint",
    "uncontrolled",
]
