"""`python -m scripts.guide`: build the guide into the folder that the service serves."""

import sys
from pathlib import Path

from scripts.guide.errors import GuideError
from scripts.guide.site import build

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Build the guide.

    Returns:
        1 if something of it is broken, which is said.
    """
    out = ROOT / "app" / "guide"
    try:
        pages = build(ROOT, out)
    except GuideError as error:
        print(f"The guide was not built: {error}", file=sys.stderr)
        return 1
    print(f"The guide: {pages} pages.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
