"""Evaluation: what an intervention did to every value, and whether the model is still healthy."""
