"""Logging set up for a service process."""

from typing import Any


def logging_configuration(level: str, style: str) -> dict[str, Any]:
    """Describe handlers and levels, as `logging.config.dictConfig` takes them.

    Args:
        level: Least level that is logged.
        style: `text` or `json`.

    Returns:
        The configuration.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"structured": {"()": "app.logs.format.StructuredFormatter", "style": style}},
        "handlers": {
            "standard error": {"class": "app.logs.output.OutputHandler", "formatter": "structured"}
        },
        "root": {"handlers": ["standard error"], "level": level.upper()},
        "loggers": {
            # It would name paths, and so users.
            "uvicorn.access": {"level": "CRITICAL", "propagate": False},
            # It warns of request ids that it replaces, and shows them as they came.
            "asgi_correlation_id": {"level": "ERROR"},
        },
    }
