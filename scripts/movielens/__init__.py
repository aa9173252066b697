"""MovieLens: where it is to be had, how its files are read, and how its tables are described."""
