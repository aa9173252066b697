"""The HTTP paths, one file a resource."""

from fastapi import APIRouter

from app.routes import feedback, items, onboarding, operations, page, recommendations, users

routers: tuple[APIRouter, ...] = (
    users.router,
    feedback.router,
    recommendations.router,
    onboarding.router,
    items.router,
    operations.router,
    page.router,
)
