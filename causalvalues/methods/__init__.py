"""The published steering methods, each fitted to a value: interventions like any other."""
