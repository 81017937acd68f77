"""Forms of other people: XLSForms with what pyxform knows, and XForms written by hand before it.

Each comes with what an enumerator answers (as tests/forms/Enumerator.java reads it) and the answers a server
has to have afterwards, by table and path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Rows = dict[str, list[dict[str, Any]]]
"""By table path ("" is the form level): the answers of each row, in the order they were given."""


@dataclass(frozen=True)
class Foreign:
    source: str
    script: dict[str, object]
    rows: Rows
    media: dict[str, bytes] = field(default_factory=dict)
    name: str = "form.md"


def old(instance: str, binds: str, body: str, root_attributes: str = "", itext: str = "") -> str:
    """An XForm as tools wrote it by hand."""
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" '
        'xmlns:jr="http://openrosa.org/javarosa" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f"<h:head><h:title>By hand</h:title><model>{itext}<instance>{instance}</instance>{binds}</model>"
        f"</h:head><h:body>{body}</h:body></h:html>"
    )


NESTED = Foreign(
    """
| survey |
| | type | name | label | calculation | repeat_count |
| | integer | children | Children | | |
| | begin_repeat | child | Child | | ${children} |
| | text | called | Name | | |
| | begin_group | school | School | | |
| | begin_repeat | year | Year | | |
| | integer | mark | Mark | | |
| | begin_repeat | trip | Trip | | |
| | text | to | To | | |
| | end_repeat | | | | |
| | end_repeat | | | | |
| | end_group | | | | |
| | end_repeat | | | | |
| | calculate | total | | count(${child}) | |
| settings |
| | form_id | form_title | version |
| | nested | Nested | 1 |
""",
    {
        "children": 2,
        "child/called": "Awa",
        "child/school/year": 2,
        "child/school/year/mark": 12,
        "child/school/year/trip": 1,
        "child/school/year/trip/to": "Kano",
        "child/school/year[2]/mark": -3,
        "child[2]/called": "Léa & <Bo>",
    },
    {
        "": [{"children": 2, "total": "2"}],
        "child": [{"called": "Awa"}, {"called": "Léa & <Bo>"}],
        "child/school/year": [{"mark": 12}, {"mark": -3}, {}],  # the last asked and left
        "child/school/year/trip": [{"to": "Kano"}, {}],
    },
)

KINDS = Foreign(
    """
| survey |
| | type | name | label | appearance | parameters | calculation |
| | start | start | | | | |
| | today | today | | | | |
| | deviceid | deviceid | | | | |
| | username | username | | | | |
| | simserial | simserial | | | | |
| | subscriberid | subscriberid | | | | |
| | phonenumber | phonenumber | | | | |
| | decimal | weight | Weight | | | |
| | decimal | tiny | Tiny | | | |
| | range | scale | Scale | | start=0 end=10 step=1 | |
| | range | fine | Fine | | start=0 end=1 step=0.25 | |
| | date | day | Day | | | |
| | time | hour | Hour | | | |
| | dateTime | at | At | | | |
| | geopoint | here | Here | | | |
| | geotrace | way | Way | | | |
| | geoshape | field | Field | | | |
| | select_one yn | one | One | | | |
| | select_multiple yn | many | Many | | | |
| | rank yn | order | Order | | | |
| | acknowledge | ok | OK | | | |
| | barcode | code | Code | | | |
| | note | said | Thanks | | | |
| | calculate | half | | | | ${weight} div 2 |
| choices |
| | list_name | name | label |
| | yn | y | Yes |
| | yn | n | No |
| settings |
| | form_id | form_title | version |
| | kinds | Kinds | 1 |
""",
    {
        "weight": 123456789.123,
        "tiny": "0.00001",
        "scale": 7,
        "fine": 0.25,
        "day": "2026-11-03",
        "hour": "14:05:00.000",
        "at": "2026-11-03T14:05:00.000",
        "here": "12.1 15.05 300 4.5",
        "way": "12.1 15.0 0 0; 12.2 15.1 0 0",
        "field": "12.1 15.0 0 0; 12.2 15.1 0 0; 12.3 15.0 0 0; 12.1 15.0 0 0",
        "one": "y",
        "many": "y n",
        "order": "n y",
        "ok": "OK",
        "code": "40 12345",
    },
    {
        "": [
            {
                "username": "EN-04",
                "weight": 123456789.123,
                "tiny": 1e-5,
                "scale": 7,
                "fine": 0.25,
                "day": "2026-11-03",
                "hour": "14:05:00.000Z",
                "at": "2026-11-03T14:05:00.000Z",
                "here": [15.05, 12.1, 300.0],
                "way": [[15.0, 12.1, 0.0], [15.1, 12.2, 0.0]],
                "field": [[15.0, 12.1, 0.0], [15.1, 12.2, 0.0], [15.0, 12.3, 0.0], [15.0, 12.1, 0.0]],
                "one": "y",
                "many": ["y", "n"],
                "order": ["n", "y"],
                "ok": "OK",
                "code": "40 12345",
                "half": "6.17283945615E7",
            }
        ]
    },
)

LISTS = Foreign(
    """
| survey |
| | type | name | label | choice_filter |
| | select_one_from_file towns.csv | town | Town | |
| | select_multiple_from_file towns.csv | towns | Towns | |
| | begin_group | g1 | Group | |
| | text | name | Name | |
| | end_group | | | |
| | begin_group | g2 | Group | |
| | text | name | Name | |
| | select_one area or_other | area | Area | |
| | end_group | | | |
| choices |
| | list_name | name | label |
| | area | north | North |
| settings |
| | form_id | form_title | version | instance_name |
| | lists | Lists | 1 | concat(${town}, ' ') |
""",
    {
        "town": "nd",
        "towns": "nd ab",
        "g1/name": "one",
        "g2/name": "two",
        "g2/area": "other",
        "g2/area_other": "élsewhere",
    },
    {
        "": [
            {
                "town": "nd",
                "towns": ["nd", "ab"],
                "g1/name": "one",
                "g2/name": "two",
                "g2/area": "other",
                "g2/area_other": "élsewhere",
                "meta/instanceName": "nd",  # no question of this form identifies anybody
            }
        ]
    },
    {"towns.csv": "name,label\nnd,N'Djamena\nab,Abéché\n".encode()},
)

UNNAMED = Foreign(
    old(
        '<visit id="old-visit"><site/><n/><who><name/></who></visit>',
        '<bind nodeset="/visit/n" type="xsd:int"/><bind nodeset="/visit/site" type="xsd:string"/>',
        '<input ref="/visit/site"><label>Site</label></input><input ref="/visit/n"><label>N</label></input>'
        '<group><label>W</label><input ref="/visit/who/name"><label>Name</label></input></group>',
    ),
    {"site": "Koubri", "n": 4, "who/name": "Issa"},
    {"": [{"site": "Koubri", "n": 4, "who/name": "Issa"}]},
    name="form.xml",
)

NAMESPACED = Foreign(
    old(
        '<household xmlns="http://example.org/xforms/household" xmlns:orx="http://openrosa.org/xforms" '
        'id="household" version="2"><head/><member jr:template=""><age/></member>'
        "<orx:meta><orx:instanceID/><orx:instanceName/></orx:meta></household>",
        '<bind nodeset="/household/member/age" type="int"/>'
        '<bind nodeset="/household/meta/instanceID" jr:preload="uid" type="string"/>'
        '<bind nodeset="/household/orx:meta/orx:instanceName" calculate="/household/head" type="string"/>',
        '<input ref="/household/head"><label>Head</label></input><group ref="/household/member">'
        '<label>M</label><repeat nodeset="/household/member">'
        '<input ref="/household/member/age"><label>Age</label></input>'
        "</repeat></group>",
    ),
    {"head": "Fatimé", "member": 2, "member/age": 30, "member[2]/age": 4},
    {"": [{"head": "Fatimé"}], "member": [{"age": 30}, {"age": 4}]},
    name="form.xml",
)

WITHOUT_ID = Foreign(
    old(
        '<census xmlns="http://example.org/census" uiVersion="1" version="20100304"><persons/></census>',
        '<bind nodeset="/census/persons" type="int"/>',
        '<input ref="/census/persons"><label>Persons</label></input>',
    ),
    {"persons": 9},
    {"": [{"persons": 9}]},
    name="form.xml",
)

NAMES = Foreign(
    """
| survey |
| | type | name | label | choice_filter | relevant |
| | text | été | Été | | |
| | text | a.b | Dot | | |
| | text | c-d | Dash | | |
| | begin_group | same | Same | | |
| | begin_group | same | Same | | |
| | text | same | Same | | |
| | end_group | | | | |
| | end_group | | | | |
| | select_one codes | code | Code | | |
| | select_one_external towns | town | Town | region = ${code} | |
| | text | never | Never asked | | ${code} = 'none' |
| choices |
| | list_name | name | label |
| | codes | 1 | One |
| | codes | a-b.c | Two |
| | codes | é | Three |
| external_choices |
| | list_name | name | label | region |
| | towns | nd | N'Djamena | é |
| settings |
| | form_id | form_title | version |
| | names é/ü | Names | 1.0-β |
""",
    {"été": "chaud", "a.b": "1", "c-d": "2", "same/same/same": "3", "code": "é", "town": "nd"},
    {"": [{"été": "chaud", "a.b": "1", "c-d": "2", "same/same/same": "3", "code": "é", "town": "nd"}]},
)

ALL = {
    "names é/ü": NAMES,
    "nested": NESTED,
    "kinds": KINDS,
    "lists": LISTS,
    "old-visit": UNNAMED,
    "household": NAMESPACED,
    "http://example.org/census": WITHOUT_ID,
}
"""By the id each has on the form list."""
