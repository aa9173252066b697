"""Search as you type over titles."""

from app.services.search.index import Found, TitleSearch

__all__ = ["Found", "TitleSearch"]
