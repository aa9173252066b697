"""`/guide`: the documentation as a site; `/llms.txt`: where a language model finds it."""

from fastapi import APIRouter
from fastapi.responses import FileResponse, RedirectResponse

from app.middleware.security_headers import PAGE_HEADERS
from app.routes.site_files import GUIDE_FOLDER, require_guide

router = APIRouter(include_in_schema=False)


@router.get("/guide")
async def guide() -> RedirectResponse:
    """Lead to the guide's folder, below which its relative links hold."""
    # A relative address: a proxy may serve the service under a path.
    return RedirectResponse("guide/", headers=PAGE_HEADERS)


@router.get("/llms.txt")
async def llms() -> FileResponse:
    """Tell what this is, and name every page of the guide as Markdown."""
    require_guide(GUIDE_FOLDER)
    return FileResponse(GUIDE_FOLDER / "llms.txt", media_type="text/plain", headers=PAGE_HEADERS)
