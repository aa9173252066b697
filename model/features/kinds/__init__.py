"""The kinds of features, one class each; other code asks a kind and never which one it is.

A new kind is a class beside these, and its line here.
"""

from model.features.kind import FeatureKind
from model.features.kinds.categories import Categories
from model.features.kinds.category import Category
from model.features.kinds.number import Number
from model.features.kinds.text import Text
from model.features.registry import KINDS, Kind

CATEGORY = Category()
CATEGORIES = Categories()
NUMBER = Number()
TEXT = Text()

KINDS.update({kind.name: kind for kind in (CATEGORY, CATEGORIES, NUMBER, TEXT)})

__all__ = [
    "CATEGORIES",
    "CATEGORY",
    "KINDS",
    "NUMBER",
    "TEXT",
    "FeatureKind",
    "Kind",
]
