"""Measurements of the project on the machine it runs on."""
