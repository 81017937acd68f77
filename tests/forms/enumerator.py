"""An enumerator at work: fills in a form with JavaRosa, the engine of ODK Collect, that comes with pyxform.

Answers by path -> what an enumerator would have met: questions not asked, answers refused, and the submission
as Collect would send it. Needs a Java development kit (17 or later); stories that use it skip without one.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import pyxform
from lxml import etree

from forms.compile import compile_form
from forms.library_index import ListedArea, ListedPlace, library, media_for

JAR = Path(pyxform.__file__).parent / "validators" / "odk_validate" / "bin" / "ODK_Validate.jar"

PLACES = (
    ListedPlace("FMP-01", "Koubri", "fmp"),
    ListedPlace("FMP-02", "Dakola", "fmp"),
    ListedPlace("POE-01", "Pont", "poe_land"),
    ListedPlace("POE-02", "Aéroport", "poe_airport"),
    ListedPlace("CP-01", "Mare", "counting_point"),
    ListedPlace("CP-02", "Puits", "counting_point"),
    ListedPlace("SITE-01", "Camp", "site"),
)
AREAS = (
    ListedArea("NE001", "Agadez", 1, "NER"),
    ListedArea("NE001001", "Aderbissinat", 2, "NE001"),
)


@dataclass(frozen=True)
class Filled:
    findings: list[
        str
    ]  # "constraint day/men", "required ...", "not-asked ...", "no-choice ...", "unfinished ..."
    answers: dict[str, str]  # every non-empty answer of the submission by path, calculated ones included
    met: tuple[str, ...]  # the questions that were shown for an answer, in order; notes are not among them
    xml: bytes = b""  # the submission as it is sent


class Enumerator:
    """folder  XForms and the files they refer to"""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = Path(__file__).with_name("Enumerator.java")
        self.java = subprocess.Popen(
            ["java", "-Duser.timezone=UTC", "-cp", str(JAR), str(program), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "errors.txt").open("w"),
            text=True,
            encoding="utf-8",
        )

    def fills(self, form: str, answers: Mapping[str, object]) -> Filled:
        script = self.folder / "script.txt"
        script.write_text("".join(f"{path}={answer}\n" for path, answer in answers.items()), encoding="utf-8")
        assert self.java.stdin
        assert self.java.stdout
        self.java.stdin.write(f"{self.folder / form}.xml {script}\n")
        self.java.stdin.flush()
        lines: list[str] = []
        while (line := self.java.stdout.readline()) != ".\n":
            assert line, (self.folder / "errors.txt").read_text()
            lines.append(line.rstrip("\n"))
        *findings, met, submission = lines
        xml = submission.encode()
        leaves = _leaves(etree.fromstring(xml))
        return Filled(findings, leaves, tuple(met.removeprefix("met ").split()), xml)

    def leaves(self) -> None:
        self.java.terminate()
        self.java.wait()


def _leaves(root: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}

    def walk(element: etree._Element, path: str) -> None:
        times: dict[str, int] = {}
        for child in element:
            name = etree.QName(child).localname
            times[name] = times.get(name, 0) + 1
            own = f"{path}{name}" + (f"[{times[name]}]" if times[name] > 1 else "")
            if child.text and child.text.strip():
                found[own] = child.text
            walk(child, f"{own}/")

    walk(root, "")
    return {path: text for path, text in found.items() if path.split("/")[0] not in _MADE_BY_THE_DEVICE}


_MADE_BY_THE_DEVICE = frozenset({"start", "end", "today", "deviceid", "meta"})


def needs_java() -> None:
    """Skip where JavaRosa cannot run."""
    if not shutil.which("java"):
        pytest.skip("no Java: forms are not filled in with the engine of ODK Collect")
    modules = subprocess.run(["java", "--list-modules"], capture_output=True, text=True, check=False).stdout
    if "jdk.compiler" not in modules:
        pytest.skip("Java without its compiler: forms are not filled in with the engine of ODK Collect")


@pytest.fixture(scope="session")
def enumerator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enumerator]:
    needs_java()
    folder = tmp_path_factory.mktemp("enumerator")
    for form, source in library().items():
        compiled = compile_form(source, f"{form}.md").form
        assert compiled is not None
        (folder / f"{form}.xml").write_bytes(compiled.xform)
        for name, content in media_for(form, PLACES, AREAS).items():
            (folder / name).write_bytes(content)
    person = Enumerator(folder)
    yield person
    person.leaves()
