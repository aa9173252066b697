"""The HTTP paths, one file a resource."""

from fastapi import APIRouter

from app.routes import (
    admin,
    demo,
    feedback,
    guide,
    items,
    onboarding,
    operations,
    page,
    recommendations,
    tokens,
    unstored_recommendations,
    users,
)

routers: tuple[APIRouter, ...] = (
    # First what is asked for most: routes are tried in turn.
    recommendations.router,
    users.router,
    tokens.router,
    feedback.router,
    unstored_recommendations.router,
    onboarding.router,
    items.router,
    operations.router,
    admin.router,
    page.router,
    demo.router,
    guide.router,
)
