"""`/`: the demo page; `/openapi.json`: the API's description; `/docs`: to read and try it."""

from pathlib import Path

from fastapi import APIRouter, Request, Response

from app.dependencies import DescriptionDep, PageDep
from app.middleware.security_headers import page_headers
from app.routes.conditional_requests import not_modified
from app.routes.site_files import site_file

router = APIRouter(include_in_schema=False)

_DOCS = Path(__file__).parent.parent / "static" / "docs.html"


@router.get("/")
async def page(request: Request, files: PageDep) -> Response:
    """Answer a few questions and watch the recommendations change."""
    return _answer(request, *files.page.parts)


@router.get("/static/page.js")
async def page_script(request: Request, files: PageDep) -> Response:
    """All modules of the page in one."""
    return _answer(request, *files.script.parts)


@router.get("/static/page.css")
async def page_style(request: Request, files: PageDep) -> Response:
    """All styles of the page in one."""
    return _answer(request, *files.style.parts)


@router.get("/openapi.json")
async def description(request: Request, described: DescriptionDep) -> Response:
    """The API's description for machines."""
    return _answer(request, *(await described.file()).parts)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Swagger UI on the OpenAPI description."""
    return site_file(request, _DOCS)


def _answer(request: Request, content: bytes, etag: str, media_type: str) -> Response:
    headers = page_headers(request.app.state.image_origins) | {"ETag": etag}
    if not_modified(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)
