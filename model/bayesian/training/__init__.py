"""From a data set to the default preset's θ."""
