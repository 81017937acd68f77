"""An office sets tablets up: codes through the API, and the sheets that are handed out."""

from __future__ import annotations

import struct
import zlib

import segno
from lxml import html

from server.qr import png, read_payload
from tests.contract.people import Person, comes
from tests.server.office import Office


def modules(picture: bytes, scale: int) -> list[list[bool]]:
    """The dark squares of a code's picture, read from its pixels; the quiet border is taken off."""
    width = struct.unpack(">I", picture[16:20])[0]
    depth, data, at = picture[24], b"", 8
    while at < len(picture):
        length, kind = struct.unpack(">I4s", picture[at : at + 8])
        data += picture[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    raw, stride = zlib.decompress(data), (width * depth + 7) // 8 + 1
    assert depth == 1
    rows = [bytes(stride - 1)]
    for line in range(width):
        how, *row = raw[line * stride : (line + 1) * stride]
        assert how in (0, 2)  # as it is, or as the difference to the line above
        above = rows[-1] if how else bytes(stride - 1)
        rows.append(bytes((one + other) % 256 for one, other in zip(row, above, strict=True)))
    rows = rows[1:]
    border, middle = 4, scale // 2

    def dark(x: int, y: int) -> bool:
        bit = x * scale + middle
        return not rows[y * scale + middle][bit // 8] >> (7 - bit % 8) & 1

    side = width // scale - border
    return [[dark(x, y) for x in range(border, side)] for y in range(border, side)]


def test_code_holds_the_settings_and_opens_the_project(office: Office, admin: Person) -> None:
    office.publishes("fmr")
    users = f"/projects/{office.project_id}/app-users"
    made = admin.does("POST", users, {"displayName": "Gate"})
    admin.does("POST", f"/projects/{office.project_id}/forms/fmr/assignments/2/{made['id']}")
    here = f"{users}/{made['id']}"
    told = admin.gets(f"{here}/qr.json?app_language=fr&delete_send=true&image_size=small")
    assert told["settings"] == read_payload(told["payload"])
    general = told["settings"]["general"]
    assert general == {
        "server_url": f"http://127.0.0.1:8080/v1/key/{made['token']}/projects/{office.project_id}",
        "form_update_mode": "match_exactly",
        "periodic_form_updates_check": "every_fifteen_minutes",
        "automatic_update": True,
        "hide_old_form_versions": True,
        "autosend": "wifi_and_cellular",
        "app_language": "fr",
        "delete_send": True,
        "image_size": "small",
    }
    assert (told["settings"]["admin"], told["settings"]["project"]) == ({}, {"name": "Flow monitoring"})
    picture = admin.asks("GET", f"{here}/qr.png?scale=3")
    assert (picture.headers["content-type"], picture.headers["cache-control"]) == ("image/png", "no-store")
    plain = admin.gets(f"{here}/qr.json")["payload"]
    assert picture.content == png(plain, 3)
    matrix = segno.make(plain, error="l", micro=False).matrix
    assert modules(picture.content, 3) == [[bool(module) for module in row] for row in matrix]
    tablet = office.sets_up_tablet()
    tablet.base = general["server_url"]
    assert [entry["formID"] for entry in tablet.lists()] == ["fmr"]
    wrong = ("qr.json?colour=red", "qr.json?delete_send=yes", "qr.png?scale=0", "sheet.html?language=xx")
    assert [admin.is_refused("GET", f"{here}/{each}") for each in wrong] == [400.8] * 4


def test_sheets_are_handed_out_to_those_with_a_good_key(office: Office, admin: Person) -> None:
    users = f"/projects/{office.project_id}/app-users"
    names = ["Zaki <b>", "بوابة الشمال", "Gate {name}"]
    ids = {name: admin.does("POST", users, {"displayName": name}) for name in names}
    office.sets_up_tablet("Made on the command line")
    ended = admin.does("POST", users, {"displayName": "Lost"})
    admin.does("DELETE", f"/sessions/{ended['token']}")
    page = admin.asks("GET", f"{users}/sheets.html?language=ar")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert page.headers["cache-control"] == "no-store"
    document = html.fromstring(page.content.decode())
    assert (document.get("lang"), document.get("dir")) == ("ar", "rtl")
    assert [heading.text_content() for heading in document.iter("h1")] == sorted(names, key=str.casefold)
    sheets = document.findall(".//section")
    assert [len(sheet.findall(".//li")) for sheet in sheets] == [3, 3, 3]
    assert [len(sheet.findall(".//svg")) for sheet in sheets] == [1, 1, 1]
    one = html.fromstring(
        admin.asks("GET", f"{users}/{ids['Zaki <b>']['id']}/sheet.html?language=fr").content.decode()
    )
    assert [heading.text_content() for heading in one.iter("h1")] == ["Zaki <b>"]
    assert "Zaki <b>" in one.findtext(".//p[@class='key']/bdi", "")
    lost = admin.asks("GET", f"{users}/{ended['id']}/qr.png")
    assert (lost.status_code, lost.json()["code"]) == (404, 404.1)
    assert comes(office, "Paul", "viewer").is_refused("GET", f"{users}/sheets.html") == 403.1
