"""Floors: simple predictors that stand beside every model, every time."""

from model.floors.choice import FLOORS, Floors
from model.floors.data import FloorData
from model.floors.floor import Floor

__all__ = ["FLOORS", "Floor", "FloorData", "Floors"]
