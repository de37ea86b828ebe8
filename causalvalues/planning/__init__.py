"""Planning: what an intervention will do by the graph, which to choose, and whether it did so."""
