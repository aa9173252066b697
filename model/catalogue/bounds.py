"""How much of what an item or a user may have: in data sets and in requests alike.

What was learnt of a data set can be shown, and what is shown can be put again.
"""

MAX_TITLE = 1_000
"""Characters of a title."""
MAX_TEXT = 10_000
"""Characters of a value that is text."""
MAX_LIST = 1_000
"""Values of an attribute that has several."""
MAX_ATTRIBUTES = 100
"""Attributes of an item or a user."""
