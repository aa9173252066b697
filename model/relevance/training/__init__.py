"""From a data set to θ of the relevance objective."""
