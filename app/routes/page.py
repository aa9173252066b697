"""`/`: the demo page."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

router = APIRouter(include_in_schema=False)

_PAGE = Path(__file__).parent.parent / "static" / "index.html"


@router.get("/")
async def page() -> FileResponse:
    """Rate a handful of items and watch the recommendations change."""
    return FileResponse(_PAGE, media_type="text/html", headers={"Cache-Control": "no-cache"})
