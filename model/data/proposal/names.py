"""What names of columns tell."""

from __future__ import annotations

import re

_WORDS = {
    "user": "user customer reader member visitor account person client uid userid usr buyer "
    "listener viewer subscriber profile cust session reviewer rater guest player person people "
    "student kunde nutzer benutzer usuario cliente utilisateur",
    "item": "item product movie film book isbn article song track artist sku game offer asin "
    "business content video recipe course job show series album place restaurant hotel beer anime "
    "iid itemid prod news doc document listing app artikel produkt articulo producto produit",
    "rating": "rating ratings score stars star grade rate note mark review_score overall "
    "bewertung nota",
    "weight": "plays play count quantity qty weight listens listen seconds duration times "
    "playcount purchases clicks views number amount minutes hours",
    "event": "event type action kind behavior behaviour interaction event_type "
    "like liked thumb thumbs vote reaction verdict",
    "time": "time date at ts timestamp created datetime day when moment unix",
    "title": "title name label headline caption",
    "private": "email mail phone telephone address street surname lastname firstname fullname "
    "password iban ip ssn birthdate username",
    "link": "url link href image img picture poster thumbnail cover uri photo",
    "other": "id key code no number index row order price cost age zip year month total revenue "
    "discount tax lat lon latitude longitude version",
}
_OF_IDS = frozenset({"id", "ids", "key", "no", "isbn", "sku", "ean", "upc", "uuid", "guid"})
_PARTS = re.compile(r"[a-z]+|\d+")


def parts_of(name: str) -> list[str]:
    """Part a name into words: `userId`, `user_id` and `User-ID` are all user, id."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return _PARTS.findall(spaced.lower())


def tells(name: str, what: str) -> int:
    """Tell how surely a name stands for something.

    Args:
        name: Of a column.
        what: `user`, `item`, `rating`, `weight`, `event`, `time`, `title`, `private`, `link`, or
            `other` for numbers that are no rating.

    Returns:
        3 for a word of that meaning with `id`, 2 for one alone, 1 for one among others, 0 for none.
    """
    words, parts = set(_WORDS[what].split()), parts_of(name)
    if what in ("user", "item") and parts and parts[-1] not in words:
        # visitorid is visitor, id.
        head = parts[-1].removesuffix("id")
        parts = [*parts[:-1], head, "id"] if head in words else parts
    hits = [part for part in parts if part in words or part.removesuffix("s") in words]
    if not hits and "".join(parts) not in words:
        return 0
    if what in ("user", "item") and parts[-1] in ("id", "ids", "key", "code", "no"):
        return 3
    return 2 if len(parts) == len(hits) or not hits else 1


def names_a_row(name: str) -> bool:
    """Tell whether a column's name is that of ids, of whatever."""
    last = (parts_of(name) or [""])[-1]
    return last in _OF_IDS or (last.endswith("id") and len(last) > len("id"))
