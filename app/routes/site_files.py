"""Folders that the service serves to browsers: its pages' files, and the guide."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from app.middleware.security_headers import PAGE_HEADERS
from app.problems import GuideNotBuilt

GUIDE_FOLDER = Path(__file__).parent.parent / "guide"


class RevalidatedFiles(StaticFiles):
    """Static files that a browser checks again, so that no release meets another's modules."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - passed on
        """Add the headers of pages to the file or to the 304."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(PAGE_HEADERS)
        return response


def site_file(request: Request, path: Path) -> Response:
    """Answer with one file that has an address of its own, or with 304.

    Args:
        request: The request.
        path: The file.

    Returns:
        What folders answer with.
    """
    return _FILES.file_response(path, path.stat(), request.scope)


_FILES = RevalidatedFiles()


class GuideFiles(RevalidatedFiles):
    """The guide, where it has been built; it may be built while the service runs.

    Args:
        folder: Where it is built.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a path of the guide."""
        require_guide(self._folder)
        await super().__call__(scope, receive, send)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Lead to a folder by a relative address.

        The framework's names the host that the request did, and `http`: behind a proxy that serves
        the service under another name, or under a path, it leads nowhere, or where a stranger says.
        """
        response = await super().get_response(path, scope)
        if isinstance(response, RedirectResponse):
            last = scope["path"].rpartition("/")[2]
            return RedirectResponse(f"./{quote(last)}/", headers=PAGE_HEADERS)
        return response


def require_guide(folder: Path) -> None:
    """Refuse where there is no guide.

    Args:
        folder: Where it is built.

    Raises:
        GuideNotBuilt: If it has not been built.
    """
    if not (folder / "index.html").is_file():
        raise GuideNotBuilt(
            "The guide has not been built: run `make guide` in the repository. `make serve` and "
            "the wheel do so by themselves."
        )
