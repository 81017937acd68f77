"""Logs without secrets: tokens stand in key URLs, so they would stand in every access log.

A filter on the handlers rewrites each record, its arguments and its traceback, whoever wrote it. `wp_app_`
and the public id stay, so that a line can be traced to a tablet; the secret does not.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from sync.tokens import TOKEN_LIKE

_KEY_URL = re.compile(r"(/key/)(?!(?:wp_[a-z]+_|wayp[a-z]{3})[0-9A-Za-z]{8}_\*)[^/\s\"'?]+")
_BEARER = re.compile(r"(?i)(authorization['\":, ]+(?:b?['\"])?(?:bearer|basic) )[^\s'\"]+")
_PASSWORD = re.compile(r"(\w+://[^:/@\s]+:)[^@/\s]+@")  # in a database URL


def redact(text: str) -> str:
    """The text without tokens, whole or cut, in URLs, headers or anywhere else."""
    text = TOKEN_LIKE.sub(r"\1_***", text)
    text = _KEY_URL.sub(r"\1***", text)
    return _PASSWORD.sub(r"\1***@", _BEARER.sub(r"\1***", text))


class Redaction(logging.Filter):
    """Rewrites a record in place; lets every record through."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


def log_config(level: str = "info") -> dict[str, Any]:
    """A `logging.config` dictionary: everything goes to stderr, through the filter."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"redaction": {"()": Redaction}},
        "formatters": {
            "line": {
                "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
                "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "filters": ["redaction"],
                "formatter": "line",
            }
        },
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        "loggers": {
            name: {"level": level.upper(), "handlers": [], "propagate": True}
            for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "waypost")
        },
    }
