"""Logs: one JSON object a line on standard error, without the values of local variables.

Tracebacks are plain text: a formatter that prints local variables would print
keys, prices and payloads with them.
"""

import logging
import sys

import structlog


def configure(level: int = logging.INFO) -> None:
    """Set this process's logs up; what was set up first stays."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
