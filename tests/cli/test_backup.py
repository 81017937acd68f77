"""`waypost backup`: made, verified, restored into another folder."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Said, Shell


def test_a_server_moves_to_another_folder(
    shell: Shell, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*words: object, passphrase: str = "a boat on the Chari", at: Path = data) -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(passphrase + "\n"))
        return shell("backup", *words, "--passphrase-stdin", "--data", at, "--json")

    file, new = tmp_path / "b.zip", tmp_path / "new"
    for words in (("init",), ("project", "create", "Lake")):
        assert shell(*words, "--data", data).status == 0
    assert said("create", file, passphrase="").status == 1
    made = said("create", file)
    assert (made.status, made.json["files"], made.json["gone"]) == (0, 0, 0)
    assert file.stat().st_mode & 0o077 == 0
    assert said("create", file).status == 1
    assert said("verify", file, passphrase="wrong").status == 1
    assert said("verify", file).json["rows"] == made.json["rows"]
    assert said("restore", file).status == 1  # a server is there
    assert said("restore", file, at=new).status == 1  # no key is there
    assert not (new / "waypost.sqlite").exists()
    (new / "keys").mkdir(parents=True)
    shutil.copy(data / "keys" / "master.key", new / "keys")
    assert said("restore", file, at=new).json["rows"] == made.json["rows"]
    assert [row["name"] for row in shell("project", "list", "--data", new, "--json").json] == ["Lake"]
