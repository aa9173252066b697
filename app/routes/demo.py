"""`/demo/visitor`: lets the demo page of a guarded service have a visitor of its own."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from app.dependencies import DemoVisitorsDep
from app.routes.json_bodies import NamedOnceRoute
from app.schemas.users import DemoVisitor

router = APIRouter(prefix="/demo/visitor", include_in_schema=False, route_class=NamedOnceRoute)


class VisitorRequest(BaseModel):
    """What the page says of itself."""

    token: str | None = Field(default=None, max_length=4096)
    """An earlier token of a visitor who comes back."""


@router.post("")
async def post_visitor(
    visitor: VisitorRequest, request: Request, response: Response, visitors: DemoVisitorsDep
) -> DemoVisitor:
    """Make a random visitor and a short-lived token; or another token of the same visitor."""
    admitted = await visitors.admit(request.headers, visitor.token)
    response.headers["Cache-Control"] = "no-store"
    return DemoVisitor(**vars(admitted))
