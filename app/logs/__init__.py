"""What the service logs: structured, and nothing that a user told it."""

from app.logs.configuration import logging_configuration
from app.logs.requests import RequestLog

__all__ = ["RequestLog", "logging_configuration"]
