"""The application: `uvicorn app.main:create_app --factory`."""

from functools import partial
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from fastapi import Depends, FastAPI

from app.access.tokens import UserTokens
from app.dependencies import check_parameter_names
from app.lifespan import running
from app.middleware import add_middleware
from app.middleware.head_options import answer_wrong_method
from app.openapi import describe, describe_access, name_operation
from app.page_files import STATIC_FOLDER, read_page
from app.problem_handlers import install_problem_handlers
from app.problems import ProblemBody
from app.routes import routers
from app.routes.site_files import GUIDE_FOLDER, GuideFiles, RevalidatedFiles
from app.served_description import ServedDescription
from app.settings import Settings
from app.traces import RequestTraces

SWAGGER_FOLDER = Path(str(files("fastapi_swagger") / "resources"))
DESCRIPTION = """
Cold-start recommendations by meta-learning (MeLU): a new user rates a handful of items, and the
very next request is personal.

1. `GET /onboarding/items`: what to ask a new user.
2. `POST /users/{id}/feedback`: the answers.
3. `GET /users/{id}/recommendations`: items ranked by the user's own adapted copy of the model.

`POST /recommendations` ranks for feedback that is kept elsewhere, and stores nothing.

Errors are `application/problem+json` with a stable `code`.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application.

    Args:
        settings: How it runs; read from the environment if None.

    Returns:
        An ASGI application that loads the bundle and connects to the store when it starts.
    """
    settings = settings or Settings()

    app = FastAPI(
        title="MeLU Online",
        summary="Personal from the first rating.",
        description=DESCRIPTION,
        version=version("melu-online"),
        lifespan=partial(running, settings=settings),
        docs_url=None,  # ours is in routes/page.py: it loads nothing from elsewhere
        redoc_url=None,
        openapi_url=None,  # so is this: the framework's makes the document on the event loop
        redirect_slashes=False,
        generate_unique_id_function=name_operation,
        dependencies=[Depends(check_parameter_names)],
        responses={"default": {"model": ProblemBody, "description": "Any other problem."}},
    )
    app.state.tokens = UserTokens(settings.token_secrets, settings.token_seconds)
    app.state.traces = RequestTraces() if settings.tracing else None
    app.state.has_demo = has_demo = settings.demo and bool(settings.api_keys)
    app.state.has_admin = settings.admin
    app.state.image_origins = settings.image_origins
    app.state.page_files = read_page(
        has_demo_tokens=has_demo,
        image_origins=settings.image_origins,
        public_url=settings.public_url,
    )
    for router in routers:
        app.include_router(router)
    app.mount("/static/swagger", RevalidatedFiles(directory=SWAGGER_FOLDER), name="swagger")
    app.mount("/guide", GuideFiles(GUIDE_FOLDER), name="guide")
    app.mount("/static", RevalidatedFiles(directory=STATIC_FOLDER), name="static")
    app.state.description = ServedDescription(app)
    app.openapi = partial(describe, app)  # type: ignore[method-assign] # as FastAPI documents it
    if settings.api_keys:
        describe_access(app)
    install_problem_handlers(app)
    app.add_exception_handler(405, answer_wrong_method)
    add_middleware(app, settings, app.state.tokens, app.state.traces)
    return app
