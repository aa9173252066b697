"""The default preset's catalogue and local update, laid out for fast answers."""
