"""What the service logs: structured lines without any personal data."""

from app.logs.configuration import logging_configuration
from app.logs.requests import PROBES, RequestLog

__all__ = ["PROBES", "RequestLog", "logging_configuration"]
