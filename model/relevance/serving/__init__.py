"""θ of the relevance objective and the catalogue, laid out for fast answers."""
