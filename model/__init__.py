"""MeLU: a preference estimator whose decision layers adapt to each user by a local update."""
