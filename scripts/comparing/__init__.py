"""What became of the lists of two arms: counts out of a store, and what they tell."""
