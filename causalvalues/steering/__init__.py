"""Steering: what can be done to a model, as data; hooks that do it; features worth trying."""
