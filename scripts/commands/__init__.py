"""Commands of `melu` that belong together, and what several of them take."""
