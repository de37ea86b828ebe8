"""The published steering methods, each fitted to a value and then an intervention like any other."""
