"""The items: those of the bundle, and those put or deleted since."""
