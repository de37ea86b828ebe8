"""From a table of scores to a causal value graph with honest uncertainty."""
