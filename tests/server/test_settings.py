"""Settings: read once, wrong ones said all at once, documented from the same fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.settings import Settings, declared, documentation
from sync.problems import Invalid

DOCUMENT = Path(__file__).parents[2] / "docs" / "SETTINGS.md"


def test_document_says_what_the_code_does() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == documentation()
    for one in declared():
        assert f"`{one.metadata['variable']}`" in documentation()


def test_defaults_are_closed() -> None:
    settings = Settings.from_env({}, {})
    assert (settings.http.host, settings.http.behind_proxy, settings.http.plain_http) == (
        "127.0.0.1",
        False,
        False,
    )
    assert (settings.http.api_docs, settings.fault, settings.http.trusted_proxies) == (False, None, ())
    assert settings.database_url == "sqlite:///data/waypost.sqlite"
    assert settings.master_key == Path("data/keys/master.key")
    assert settings.base_url == "http://127.0.0.1:8080"


def test_options_go_before_the_environment() -> None:
    environ = {
        "WAYPOST_DATA": "/srv/waypost",
        "WAYPOST_PORT": "9000",
        "WAYPOST_ALLOWED_HOSTS": "a.org, b.org",
    }
    settings = Settings.from_env({"port": 0, "host": None}, environ)
    assert (settings.data, settings.http.port, settings.http.host) == (Path("/srv/waypost"), 0, "127.0.0.1")
    assert settings.http.allowed_hosts == ("a.org", "b.org")
    with pytest.raises(TypeError, match="prot"):
        Settings.from_env({"prot": 1}, {})


def test_everything_that_is_wrong_is_said_at_once() -> None:
    environ = {
        "WAYPOST_PORT": "eighty",
        "WAYPOST_BEHIND_PROXY": "perhaps",
        "WAYPOST_NO_PROGRESS_SECONDS": "-1",
        "WAYPOST_PUBLIC_URL": "waypost.example.org",
        "WAYPOST_DATABSE": "sqlite:///x",
        "WAYPOST_FAULT": "ack-before-commit",
        "PATH": "/bin",
    }
    with pytest.raises(Invalid) as refused:
        Settings.from_env({}, environ)
    said = {str(error["setting"]): error for error in refused.value.errors}
    assert set(said) == set(environ) - {"PATH"}
    assert said["WAYPOST_DATABSE"]["hint"] == "Did you mean WAYPOST_DATABASE?"
    assert said["WAYPOST_PORT"]["detail"] == "must be a whole number from 0 to 65535, not 'eighty'"


def test_secret_comes_from_a_file(tmp_path: Path) -> None:
    url = "postgresql://waypost:secret@db/waypost"
    file = tmp_path / "database"
    file.write_text(url + "\n")
    assert Settings.from_env({}, {"WAYPOST_DATABASE_FILE": str(file)}).database_url == url
    with pytest.raises(Invalid, match="given twice") as twice:
        Settings.from_env({}, {"WAYPOST_DATABASE_FILE": str(file), "WAYPOST_DATABASE": url})
    assert "secret" not in str(twice.value)
    with pytest.raises(Invalid, match="cannot be read"):
        Settings.from_env({}, {"WAYPOST_DATABASE_FILE": str(tmp_path / "missing")})


def test_fault_needs_to_be_allowed() -> None:
    environ = {"WAYPOST_FAULT": "ack-before-commit", "WAYPOST_ALLOW_FAULTS": "1"}
    assert Settings.from_env({}, environ).fault == "ack-before-commit"
    with pytest.raises(Invalid):
        Settings.from_env({}, {"WAYPOST_FAULT": "ack-before-commit"})
    with pytest.raises(Invalid):
        Settings.from_env({}, {"WAYPOST_FAULT": "something", "WAYPOST_ALLOW_FAULTS": "1"})


def test_child_processes_get_the_same_settings(tmp_path: Path) -> None:
    file = tmp_path / "database"
    file.write_text("postgresql://db/waypost")
    environ = {
        "WAYPOST_DATABASE_FILE": str(file),
        "WAYPOST_PORT": "9000",
        "WAYPOST_TRUSTED_PROXIES": "10.0.0.0/8",
    }
    settings = Settings.from_env({"port": 8080, "behind_proxy": True, "data": tmp_path}, environ)
    settings.pass_on(environ)
    assert Settings.from_env({}, environ) == settings


@pytest.mark.parametrize(
    ("mode", "dialect", "inside"),
    [
        ("auto", "sqlite", True),
        ("auto", "postgresql", False),
        ("inside", "postgresql", True),
        ("outside", "sqlite", False),
    ],
)
def test_worker_runs_where_it_should(mode: str, dialect: str, inside: bool) -> None:
    assert Settings.from_env({}, {"WAYPOST_WORKER": mode}).worker_inside(dialect) is inside
