"""`/`: the demo page; `/docs`: the API's description to read and try."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from app.middleware.security_headers import PAGE_HEADERS

router = APIRouter(include_in_schema=False)

_STATIC = Path(__file__).parent.parent / "static"


@router.get("/")
async def page() -> FileResponse:
    """Rate a handful of items and watch the recommendations change."""
    return FileResponse(_STATIC / "index.html", media_type="text/html", headers=PAGE_HEADERS)


@router.get("/docs")
async def docs() -> FileResponse:
    """Swagger UI on the OpenAPI description."""
    return FileResponse(_STATIC / "docs.html", media_type="text/html", headers=PAGE_HEADERS)
