"""A user's own ranking: adapt, rank, explain, freeze, and keep the answer at hand."""
