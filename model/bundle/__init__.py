"""Bundles: one versioned folder with everything that serving needs."""
