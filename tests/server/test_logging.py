"""No secret reaches a log, by whatever way it is tried."""

from __future__ import annotations

import io
import logging
import logging.config

import pytest

from server.logging import Redaction, log_config, redact
from sync.tokens import new_token


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(stream: io.StringIO) -> logging.Logger:
    logger = logging.Logger("canary")
    handler = logging.StreamHandler(stream)
    handler.addFilter(Redaction())
    logger.addHandler(handler)
    return logger


def test_canaries_do_not_get_through(log: logging.Logger, stream: io.StringIO) -> None:
    token = new_token("app").text
    secret = token.split("_")[3]
    log.info(
        '%s - "%s %s HTTP/%s" %d', "10.0.0.1:9", "GET", f"/v1/key/{token}/projects/1/formList?x=1", "1.1", 200
    )
    log.info("cut: %s and %s", token[:-20], token[:30])
    log.warning("header %s", {"authorization": f"Bearer {token}"})
    log.warning("Authorization: Bearer canary-opaque")
    log.error("/v1/key/canary-old-style!$/projects/1 and postgresql://waypost:canary-word@db/waypost")
    try:
        raise ValueError(f"no such token {token}")
    except ValueError:
        log.exception("failed for %r", token)
    written = stream.getvalue()
    assert secret not in written
    assert secret[:8] not in written
    assert "canary" not in written
    assert written.count(token[:15]) >= 5  # kind and public id stay: a line can be traced to a tablet
    assert "Traceback" in written
    assert "/projects/1/formList?x=1" in written


def test_ordinary_lines_stay_as_they_are() -> None:
    for line in ("GET /v1/projects/1/figures/flow.csv 200", "keyed /keys/ wp_settings", "12:30:01 done"):
        assert redact(line) == line


def test_configuration_filters_every_handler(capfd: pytest.CaptureFixture[str]) -> None:
    config = log_config("info")
    assert all(handler["filters"] == ["redaction"] for handler in config["handlers"].values())
    assert all(logger["handlers"] == [] for logger in config["loggers"].values())
