"""The model that answers now: loaded, replaced, kept up with the catalogue, and run on threads."""
