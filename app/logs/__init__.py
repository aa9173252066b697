"""What the service logs: structured lines without any personal data."""

from app.logs.configuration import logging_configuration
from app.logs.requests import RequestLog

__all__ = ["RequestLog", "logging_configuration"]
