"""`/guide`: the documentation as a site; `/llms.txt`: where a language model finds it."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.middleware.security_headers import PAGE_HEADERS
from app.routes.site_files import GUIDE_FOLDER, require_guide, site_file

router = APIRouter(include_in_schema=False)


@router.get("/guide")
async def guide() -> RedirectResponse:
    """Lead to the guide's folder, below which its relative links hold."""
    # A relative address: a proxy may serve the service under a path.
    return RedirectResponse("guide/", headers=PAGE_HEADERS)


@router.get("/llms.txt")
async def llms(request: Request) -> Response:
    """Tell what this is, and name every page of the guide as Markdown."""
    require_guide(GUIDE_FOLDER)
    return site_file(request, GUIDE_FOLDER / "llms.txt")
