"""A simulated tablet: downloads forms, fills them in and sends them the way ODK Collect does.

It checks what Collect checks (content types, headers, md5 of every download), asks HEAD before the first
POST, splits what is large, sends everything again from the first request when any fails, and keeps what was
not acknowledged. `syncs` can be told what goes wrong on the way.

    tablet = Tablet("http://127.0.0.1:8080/v1/key/TOKEN/projects/1")
    tablet.fills("fmr", point="FMP-03", direction="outgoing", men=21, women=20)
    tablet.syncs(losing_the_answer=True)
    tablet.syncs()
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from xml.etree import ElementTree

import httpx

from server.demo.chance import chance
from server.demo.filling import Answers, BlankForm, Circumstances
from server.demo.ledger import ACKNOWLEDGED, Ledger, digest
from server.demo.wire import (
    ANSWER_WAIT_S,
    Body,
    send_and_cut,
    send_and_leave,
    send_truncated,
    submission_bodies,
)

_LIST = "{http://openrosa.org/xforms/xformsList}"
_MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
DEFAULT_LIMIT = 10_000_000  # bytes a request may have where the server names no other number

ALIASES = {"point": "place_id"}
"""Words of the stories for harmonised variables."""


class WrongAnswer(Exception):
    """The server answered something Collect does not accept."""


@dataclass
class Filled:
    """A finalised form in the outbox, or one that was sent."""

    form: str
    version: str
    title: str
    instance_id: str
    xml: bytes
    files: list[tuple[str, bytes]]
    sent: bool = False
    statuses: list[int] = field(default_factory=list)

    @property
    def xml_name(self) -> str:
        return f"{self.title}_{self.instance_id[-12:]}.xml"


class Tablet:
    """One device with one key URL.

    base_url  the server URL a tablet is configured with: `.../v1/key/TOKEN/projects/ID`
    name      who carries it; seeds its randomness and names its ledger
    clock     what the tablet believes the time is, at the start of each form (aware); default an hour ago
    """

    def __init__(
        self,
        base_url: str,
        name: str = "tablet",
        ledger: Ledger | None = None,
        clock: datetime | None = None,
        seed: int = 0,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.name = name
        self.ledger = ledger or Ledger()
        self.random = chance(seed, name) if ledger else chance(uuid.uuid4())
        self.device_id = "collect:" + "".join(self.random.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=16))
        self.clock = clock or datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        self.forms: dict[str, BlankForm] = {}
        self.outbox: list[Filled] = []
        self.sent: list[Filled] = []
        self._limit: int | None = None

    # -- blank forms ---------------------------------------------------------------------------------------

    def downloads(self, only: Sequence[str] | None = None) -> list[str]:
        """Get the listed forms with their media, as a tapped "Get blank form". Returns their ids.

        Raises WrongAnswer where Collect would refuse the list, the manifest or a file.
        """
        with self._client() as client:
            listed = _parsed(self._get(client, f"{self.base_url}/formList"), f"{_LIST}xforms")
            for entry in listed.findall(f"{_LIST}xform"):
                form_id = _value(entry, f"{_LIST}formID")
                if only is not None and form_id not in only:
                    continue
                content = self._get(client, _value(entry, f"{_LIST}downloadUrl")).content
                _check_md5(form_id, content, _value(entry, f"{_LIST}hash"))
                manifest = entry.findtext(f"{_LIST}manifestUrl")
                media = self._media(client, manifest.strip()) if manifest else {}
                form = BlankForm(content, media)
                if (form.xml_form_id, form.version) != (form_id, (entry.findtext(f"{_LIST}version") or "")):
                    raise WrongAnswer(f"{form_id} is listed as another version than its XForm says.")
                self.forms[form_id] = form
            return [_value(entry, f"{_LIST}formID") for entry in listed.findall(f"{_LIST}xform")]

    def _media(self, client: httpx.Client, manifest_url: str) -> dict[str, bytes]:
        manifest = _parsed(self._get(client, manifest_url), f"{_MANIFEST}manifest")
        files: dict[str, bytes] = {}
        for entry in manifest.findall(f"{_MANIFEST}mediaFile"):
            name = _value(entry, f"{_MANIFEST}filename").rsplit("/", 1)[-1]
            files[name] = self._get(client, _value(entry, f"{_MANIFEST}downloadUrl")).content
            _check_md5(name, files[name], _value(entry, f"{_MANIFEST}hash"))
        return files

    # -- filling in ----------------------------------------------------------------------------------------

    def fills(
        self,
        form: str,
        *,
        photos: Mapping[str, bytes] | None = None,
        edits: Filled | None = None,
        again_as: Filled | None = None,
        minutes: int = 12,
        expects: Mapping[str, Any] | None = None,
        story: str | None = None,
        **answers: Any,
    ) -> Filled:
        """Fill in a form and finalise it; it waits in the outbox until `syncs`.

        form      its id; downloaded first when this tablet has never seen it
        photos    file name -> bytes; name the question they belong to in `answers`
        edits     the filled form this one corrects: a new instanceID that deprecates the old one
        again_as  reuse that form's instanceID with other answers, as an interrupted edit once did
        answers   by question name, by harmonised variable, or `point=` for the place
        Raises CannotFill when the form has no such question or choice.
        """
        if form not in self.forms:
            self.downloads(only=[form])
        blank = self.forms[form]
        instance_id = (
            again_as.instance_id
            if again_as
            else f"uuid:{uuid.UUID(int=self.random.getrandbits(128), version=4)}"
        )
        xml = blank.fill(
            _unaliased(answers),
            Circumstances(
                instance_id=instance_id,
                started=self.clock,
                ended=self.clock + timedelta(minutes=minutes),
                device_id=self.device_id,
                deprecated_id=edits.instance_id if edits else None,
            ),
        )
        files = (
            sorted((photos or {}).items())
            if edits is None
            else sorted({**dict(edits.files), **(photos or {})}.items())
        )
        filled = Filled(blank.xml_form_id, blank.version, blank.title, instance_id, xml, files)
        self.outbox.append(filled)
        self.ledger.note(
            "filled",
            instance_id=instance_id,
            form=filled.form,
            version=filled.version,
            sha256=digest(xml),
            files={name: digest(content) for name, content in files},
            deprecates=edits.instance_id if edits else None,
            expects=dict(expects or {}),
            story=story,
        )
        return filled

    # -- sending -------------------------------------------------------------------------------------------

    def syncs(
        self,
        *,
        losing_the_answer: bool = False,
        cut_at: float | None = None,
        truncated_at: float | None = None,
        limit: int | None = None,
        backwards: bool = False,
        only: Sequence[Filled] | None = None,
    ) -> list[int]:
        """Send the outbox, oldest first, and return the last status of each form (0: no answer heard).

        losing_the_answer  the last request arrives and is answered, and the answer is never heard
        cut_at             the link breaks after this share (0..1) of the last request's body
        truncated_at       the last request ends after this share of its body, with a length to match
        limit              bytes a request may have, instead of what the server's HEAD says
        backwards          requests of one form in the reverse order
        A form leaves the outbox only when every one of its requests was answered 201 or 202.
        """
        waiting = [f for f in self.outbox if only is None or f in only]
        with self._client() as client:
            ceiling = limit or self._accepted_length(client)
            for filled in waiting:
                bodies = submission_bodies(
                    filled.xml, filled.xml_name, filled.files, self.random, ceiling, backwards
                )
                for number, body in enumerate(bodies, start=1):
                    last = number == len(bodies)
                    fault = _Fault(losing_the_answer, cut_at, truncated_at) if last else _Fault()
                    status = self._post(client, filled, body, (number, len(bodies)), fault)
                    filled.statuses.append(status)
                    if status not in ACKNOWLEDGED:
                        break
                else:
                    filled.sent = True
                    self.outbox.remove(filled)
                    self.sent.append(filled)
        return [filled.statuses[-1] for filled in waiting]

    def _accepted_length(self, client: httpx.Client) -> int:
        """HEAD before the first POST. Anything but 204 (or an error Collect ignores) sticks the tablet."""
        if self._limit is None:
            try:
                answer = client.head(f"{self.base_url}/submission", params={"deviceID": self.device_id})
            except httpx.TransportError:
                return DEFAULT_LIMIT
            if answer.status_code in (401,) or (answer.is_success and answer.status_code != 204):
                raise WrongAnswer(f"HEAD submission answered {answer.status_code} where 204 is due.")
            if answer.status_code != 204:
                return DEFAULT_LIMIT
            length = answer.headers.get("X-OpenRosa-Accept-Content-Length", "")
            self._limit = int(length) if length.isdigit() else DEFAULT_LIMIT
        return self._limit

    def _post(
        self, client: httpx.Client, filled: Filled, body: Body, place: tuple[int, int], fault: _Fault
    ) -> int:
        about = {
            "instance_id": filled.instance_id,
            "sha256": digest(filled.xml),
            "request": place[0],
            "requests": place[1],
            "files": list(body.files),
        }
        self.ledger.note("attempt", **about, fault=fault.name)
        status = fault.send(client, f"{self.base_url}/submission", body, self.device_id)
        if status:
            self.ledger.note("answer", **about, status=status)
        return status

    def _client(self) -> httpx.Client:
        return httpx.Client(headers=_headers(), timeout=ANSWER_WAIT_S, trust_env=False)

    def _get(self, client: httpx.Client, url: str) -> httpx.Response:
        answer = client.get(url, params={"deviceID": self.device_id})
        if answer.status_code != 200:
            raise WrongAnswer(f"GET {httpx.URL(url).path} answered {answer.status_code}: {answer.text[:300]}")
        return answer


@dataclass(frozen=True)
class _Fault:
    """What goes wrong with one request."""

    losing_the_answer: bool = False
    cut_at: float | None = None
    truncated_at: float | None = None

    @property
    def name(self) -> str | None:
        if self.losing_the_answer:
            return "answer lost"
        if self.cut_at is not None:
            return "link cut"
        return "body truncated" if self.truncated_at is not None else None

    def send(self, client: httpx.Client, url: str, body: Body, device_id: str) -> int:
        """The status heard, or 0."""
        url = f"{url}?deviceID={device_id.replace(':', '%3A')}"
        try:
            if self.losing_the_answer:
                send_and_leave(url, body, _headers())
            elif self.cut_at is not None:
                send_and_cut(url, body, _headers(), int(len(body.content) * self.cut_at))
            elif self.truncated_at is not None:
                return send_truncated(url, body, _headers(), int(len(body.content) * self.truncated_at))
            else:
                headers = {"Content-Type": body.content_type}
                return client.post(url, content=body.content, headers=headers).status_code
        except (httpx.TransportError, OSError):
            return 0
        return 0


def _headers() -> dict[str, str]:
    """What Collect sends. Its Date has a 12-hour clock without am or pm: servers must not use it."""
    return {
        "User-Agent": "org.odk.collect.android/v2026.2.1 Dalvik/2.1.0 (Linux; U; Android 12; SM-T225)",
        "X-OpenRosa-Version": "1.0",
        "Date": datetime.now(UTC).strftime("%a, %d %b %Y %I:%M:%S GMT"),
    }


def _parsed(answer: httpx.Response, root: str) -> ElementTree.Element:
    if "text/xml" not in answer.headers.get("Content-Type", ""):
        raise WrongAnswer(f"{root} came as {answer.headers.get('Content-Type')}, not as text/xml.")
    if "X-OpenRosa-Version" not in answer.headers:
        raise WrongAnswer(f"{root} came without X-OpenRosa-Version.")
    element = ElementTree.fromstring(answer.content)  # noqa: S314 - our own server's, expat with its guards
    if element.tag != root:
        raise WrongAnswer(f"{root} was expected, {element.tag} came.")
    return element


def _value(element: ElementTree.Element, tag: str) -> str:
    text = (element.findtext(tag) or "").strip()
    if not text:
        raise WrongAnswer(f"An entry of the list has no {tag}: Collect drops the whole list.")
    return text


def _check_md5(name: str, content: bytes, promised: str) -> None:
    found = "md5:" + md5(content, usedforsecurity=False).hexdigest()
    if found != promised:
        raise WrongAnswer(f"{name} has {found}, the list promised {promised}: tablets would update for ever.")


def _unaliased(answers: Answers) -> dict[str, Any]:
    return {ALIASES.get(key, key): value for key, value in answers.items()}
