"""Methods in a study: fitted to its model, tuned and judged on its values, guided by its graph."""
