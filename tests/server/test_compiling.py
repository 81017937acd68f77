"""Compiling in the sandbox: whatever the bytes do, an answer comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync import compiling
from sync.compiling import compile_in_sandbox
from tests.server.office import xform


def test_result_is_kept_under_its_content(tmp_path: Path) -> None:
    first = compile_in_sandbox(xform("fmr", "1"), "fmr.xml", tmp_path)
    assert first.form is not None
    assert first.form.xml_form_id == "fmr"
    (kept,) = tmp_path.iterdir()
    assert compile_in_sandbox(xform("fmr", "1"), "fmr.xml", tmp_path) == first
    assert list(tmp_path.iterdir()) == [kept]
    compile_in_sandbox(xform("fmr", "2"), "fmr.xml", tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_cut_cache_file_is_compiled_again(tmp_path: Path) -> None:
    first = compile_in_sandbox(xform("fmr", "1"), "fmr.xml", tmp_path)
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    for size in (0, 10, len(whole) // 2):
        kept.write_bytes(whole[:size])
        assert compile_in_sandbox(xform("fmr", "1"), "fmr.xml", tmp_path) == first
    assert kept.read_bytes() == whole


def test_form_that_takes_too_long_is_a_problem_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "SECONDS", 0.01)
    compilation = compile_in_sandbox(xform("fmr", "1"), "fmr.xml", tmp_path)
    assert compilation.form is None
    assert [problem.code for problem in compilation.problems] == ["hostile-file"]
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(compiling, "SECONDS", 60.0)
    assert compile_in_sandbox(xform("fmr", "1"), "fmr.xml", tmp_path).form is not None


@pytest.mark.parametrize("data", [b"", b"\x00" * 100, b"PK\x03\x04 not a zip", b"<unclosed", b"\xff\xfe"])
def test_bytes_that_are_no_form_are_a_problem(data: bytes) -> None:
    compilation = compile_in_sandbox(data, "form.xlsx")
    assert compilation.form is None
    assert compilation.problems
