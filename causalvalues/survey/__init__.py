"""Scores by row and value: what a survey of a model, or of people, comes down to."""

from causalvalues.survey.scores import ScoreTable

__all__ = ["ScoreTable"]
