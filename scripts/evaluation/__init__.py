"""How `melu evaluate` shows what it found: tables, JSON, a page."""
