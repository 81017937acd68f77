"""The XForm is all that is kept: what is read back from it is what was written, and its bytes are final."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from forms.compile import compile_form
from forms.mapping import format_codes, format_mapping, parse_codes, parse_mapping
from forms.model import Choice, CompiledForm, Field
from forms.outline import draft_fields, read_outline
from forms.rewrite import read_annotations
from forms.workbook import read_workbook
from forms.xform import read_xform
from tests.forms.authors import GOOD, codes, compiles

EVERYTHING = """
| survey |
| | type | name | label::English (en) | label::French (fr) | image::English (en) | calculation | sensitivity |
| | select_one sex or_other | sex | Sex | Sexe | sex.png | | |
| | select_multiple sex | both | Both | Tous | | | |
| | rank sex | order | Order | Ordre | | | |
| | select_one_from_file places.csv | place | Place | Lieu | | | |
| | csv-external | herds | | | | | |
| | begin_group | who | Who | Qui | | | confidential |
| | text | name | Name | Nom | | | direct_identifier |
| | barcode | card | Card of ${name} | Carte | | | |
| | end_group | | | | | | |
| | begin_repeat | trip | Trip | Voyage | | | |
| | begin_repeat | leg | Leg | Étape | | | |
| | dateTime | at | When? | Quand ? | | | |
| | geotrace | way | Way | Chemin | | | |
| | end_repeat | | | | | | |
| | image | photo | Photo | Photo | | | |
| | end_repeat | | | | | | |
| | range | scale | Scale | Échelle | | | |
| | acknowledge | ok | OK | OK | | | |
| | calculate | twice | | | | 2 * 2 | |
| | start-geopoint | begun | | | | | |
| | background-audio | sound | | | | | |
| | audit | | | | | | |
| choices |
| | list_name | name | label::English (en) | label::French (fr) | audio::French (fr) | harmonise |
| | sex | m | Male | Homme | homme.mp3 | |
| | sex | f | Female | Femme | | x |
| settings |
| | form_id | version | form_title | default_language | public_key |
| | all | 2 | All | English (en) | MIIB |
"""


def good() -> CompiledForm:
    form = compiles(GOOD).form
    assert form is not None
    return form


def test_the_bytes_are_final():
    form = good()
    assert form.xform.startswith(b"<?xml")
    assert form.xform.decode("utf-8").count("Où ?") == 1
    assert form.hash == hashlib.md5(form.xform).hexdigest()
    assert compiles(GOOD).form == form


def test_the_same_form_gives_the_same_bytes_in_another_process(tmp_path: Path):
    """pyxform goes through sets here and there; their order changes with the process."""
    file = tmp_path / "form.md"
    file.write_text(EVERYTHING, encoding="utf-8")
    program = (
        "import sys; from pathlib import Path; from forms.compile import compile_form;"
        "print(compile_form(Path(sys.argv[1]).read_bytes(), 'form.md').form.hash)"
    )
    root = Path(__file__).parents[2]
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program, str(file)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert len(hashes) == 1


@pytest.mark.parametrize("markdown", [GOOD, EVERYTHING], ids=["mapped", "unmapped"])
def test_an_uploaded_xform_gives_the_same_form(markdown: str):
    form = compiles(markdown).form
    assert form is not None
    upload = compile_form(form.xform, "form.xml")
    assert (upload.form, upload.problems) == (form, ())
    assert read_xform(form.xform) == form


def test_the_mapping_stands_in_the_binds_and_nowhere_else():
    form = good()
    html = etree.fromstring(form.xform)
    wp = "{urn:waypost:harmonise:1}"
    found = {
        bind.get("nodeset"): {
            name.removeprefix(wp): text for name, text in bind.items() if name.startswith(wp)
        }
        for bind in html.iter("{http://www.w3.org/2002/xforms}bind")
        if any(name.startswith(wp) for name in bind.keys())  # noqa: SIM118 - lxml's own mapping
    }
    assert found == {
        "/data": {"harmonise": "flow{flow_tool=FMR}; observation"},
        "/data/today": {"harmonise": "observation.obs_date; flow.reporting_date"},
        "/data/day": {"harmonise": "observation.outcome", "codes": "moved=movement quiet=no_movement"},
        "/data/informant": {"sensitivity": "direct_identifier"},
        "/data/here": {"harmonise": "flow.location", "sensitivity": "restricted"},
        "/data/group": {"harmonise": "flow"},
        "/data/group/way": {"harmonise": "flow.direction", "codes": "unclear=-"},
        "/data/group/men": {"harmonise": "flow.men"},
        "/data/group/women": {"harmonise": "flow.women"},
        "/data/group/all": {"harmonise": "flow.n_ind"},
        "/data/group/split": {"harmonise": "flow_split{dimension=nationality}"},
        "/data/group/split/nation": {"harmonise": "flow_split.code"},
        "/data/group/split/people": {"harmonise": "flow_split.n"},
    }
    assert b"<harmonise>" not in form.xform


def test_all_kinds_of_fields_are_read_in_depth_first_order():
    form = compiles(EVERYTHING).form
    assert form is not None
    male = Choice("m", (("English (en)", "Male"), ("French (fr)", "Homme")))
    female = Choice("f", (("English (en)", "Female"), ("French (fr)", "Femme")))
    other = Choice("other", (("English (en)", "Other"), ("French (fr)", "Other")))
    sex = {"choice_list": "sex", "choices": (male, female, other)}
    trip, leg = "/data/trip", "/data/trip/leg"
    assert form.fields == (
        Field("/data/sex", "sex", "select1", label="Sex", **sex),
        Field("/data/sex_other", "sex_other", "string", label="Specify other."),
        Field("/data/both", "both", "select", label="Both", **sex),
        Field("/data/order", "order", "rank", label="Order", **sex),
        Field("/data/place", "place", "select1", choice_list="places", label="Place"),
        Field("/data/who", "who", "group", sensitivity="confidential", label="Who"),
        Field("/data/who/name", "name", "string", sensitivity="direct_identifier", label="Name"),
        Field("/data/who/card", "card", "string", sensitivity="confidential", label="Card of ${name}"),
        Field(trip, "trip", "repeat", label="Trip"),
        Field(leg, "leg", "repeat", repeat=trip, label="Leg"),
        Field(f"{leg}/at", "at", "dateTime", repeat=leg, label="When?"),
        Field(f"{leg}/way", "way", "geotrace", repeat=leg, label="Way"),
        Field(f"{trip}/photo", "photo", "binary", repeat=trip, label="Photo"),
        Field("/data/scale", "scale", "int", label="Scale"),
        Field("/data/ok", "ok", "string", label="OK"),
        Field("/data/twice", "twice", "string", calculated=True),
        Field("/data/begun", "begun", "geopoint"),
        Field("/data/sound", "sound", "binary"),
        Field("/data/meta", "meta", "group"),
        Field("/data/meta/audit", "audit", "binary"),
        Field("/data/meta/instanceID", "instanceID", "string"),
    )
    assert form.media == ("sex.png", "homme.mp3", "places.csv", "herds.csv")
    assert (form.languages, form.encrypted) == (("English (en)", "French (fr)"), True)
    assert (form.xml_form_id, form.version, form.title, form.root_path) == ("all", "2", "All", "/data")


@pytest.mark.parametrize("markdown", [GOOD, EVERYTHING], ids=["mapped", "everything"])
def test_the_sheets_alone_show_the_same_fields_to_the_mapping_checks(markdown: str):
    """When pyxform refuses a form, its mapping is checked on what the sheets say."""
    form = compiles(markdown).form
    assert form is not None
    outline = read_outline(read_workbook(markdown.encode(), "form.md"))
    draft = draft_fields(outline, read_annotations(outline))

    def seen(field: Field) -> tuple[object, ...]:
        names = None if field.choices is None else [choice.name for choice in field.choices]
        return field.path, field.type, field.repeat, names, field.sensitivity, field.calculated

    added = {"sex_other", "meta", "instanceID"}  # by pyxform, and never mapped
    assert [seen(f) for f in draft] == [seen(f) for f in form.fields if f.name not in added]


FOREIGN = """<?xml version='1.0' encoding='ISO-8859-1'?>
<h:html xmlns:h="http://www.w3.org/1999/xhtml" xmlns="http://www.w3.org/2002/xforms"
 xmlns:orx="http://openrosa.org/xforms" xmlns:jr="http://openrosa.org/javarosa">
<h:head><h:title>Marché</h:title><model><instance><survey id="market">
 <price/><kind/><item><name/></item><item><name/></item><orx:meta><orx:instanceID/></orx:meta>
</survey></instance>
<bind nodeset="/survey/price" type="xsd:decimal"/>
<bind nodeset="/survey/orx:meta/orx:instanceID" type="string"/>
</model></h:head>
<h:body><input ref="/survey/price"><label>Prix</label></input>
<select1 ref="/survey/kind"><label>Sorte</label><item><label>Mil</label><value>millet</value></item>
</select1><group ref="/survey/item"><repeat nodeset="/survey/item">
<input ref="/survey/item/name"><label>Nom</label></input></repeat></group></h:body></h:html>"""


def test_a_foreign_xform_is_read_and_served_as_utf_8():
    compilation = compile_form(FOREIGN.encode("iso-8859-1"), "market.xml")
    form = compilation.form
    assert form is not None
    assert codes(compilation) == [("not-mapped", "")]
    millet = Choice("millet", (("default", "Mil"),))
    assert form.fields == (
        Field("/survey/price", "price", "decimal", label="Prix"),
        Field("/survey/kind", "kind", "select1", choices=(millet,), label="Sorte"),
        Field("/survey/item", "item", "repeat"),
        Field("/survey/item/name", "name", "string", repeat="/survey/item", label="Nom"),
        Field("/survey/orx:meta", "orx:meta", "group"),
        Field("/survey/orx:meta/orx:instanceID", "orx:instanceID", "string"),
    )
    assert (form.title, form.version, form.root_path, form.languages) == ("Marché", "", "/survey", ())
    assert "Marché".encode() in form.xform
    assert (
        form.xform.startswith(b"<?xml version='1.0' encoding='UTF-8'?>") or b'encoding="UTF-8"' in form.xform
    )


def test_a_byte_order_mark_is_taken_off_and_nothing_else_is_changed():
    form = good()
    marked = compile_form(b"\xef\xbb\xbf" + form.xform, "form.xml").form
    assert marked == form


def test_an_xform_without_a_title_is_refused_because_tablets_refuse_it():
    form = good()
    titleless = form.xform.replace(b"<h:title>Flows</h:title>", b"<h:title/>")
    assert codes(compile_form(titleless, "form.xml")) == [("bad-xform", "")]


def test_an_author_s_own_prefix_and_namespaces_are_kept():
    own = GOOD.replace("| form_title |", "| namespaces |").replace(
        "| Flows |", '| wp="http://example.org/w" esri="http://esri.com/xforms" |'
    )
    form = compiles(own).form
    assert form is not None
    assert b'xmlns:wp="http://example.org/w"' in form.xform
    assert b'xmlns:wp1="urn:waypost:harmonise:1"' in form.xform
    assert (form.bindings, form.makers) == (good().bindings, good().makers)


def test_binds_written_by_hand_mean_the_same_as_the_columns():
    by_hand = (
        GOOD.replace("| harmonise | sensitivity |", "| bind::hm:harmonise | bind::hm:sensitivity |")
        .replace("| form_title |", "| namespaces |")
        .replace("| Flows |", '| hm="urn:waypost:harmonise:1" |')
    )
    compilation = compiles(by_hand)
    assert codes(compilation) == []
    assert compilation.form is not None
    assert (compilation.form.bindings, compilation.form.makers) == (good().bindings, good().makers)


def test_single_colon_headers_keep_their_meaning_beside_a_mapping():
    old_style = GOOD.replace("::", ":")
    form = compiles(old_style).form
    assert form is not None
    assert replace(form, xform=b"", hash="") == replace(good(), xform=b"", hash="")


@pytest.mark.parametrize(
    "text",
    [
        "flow.men",
        "flow",
        "baseline.ind{breakdown=total, population_category=idp}; flow.n_ind",
        "flow{round=R 5}",
    ],
)
def test_a_mapping_is_written_as_it_is_read(text: str):
    assert format_mapping(parse_mapping(text)) == text


def test_codes_with_blanks_and_signs_survive():
    pairs = (("ne sait pas", "dnk"), ("50%", "half"), ("a=b", "-"), ("é\u3000ü", "x"))
    assert format_codes(pairs).split() == format_codes(pairs).split(" ")
    assert parse_codes(format_codes(pairs)) == pairs


@pytest.mark.skipif(shutil.which("java") is None, reason="ODK Validate needs Java")
@pytest.mark.parametrize("markdown", [GOOD, EVERYTHING], ids=["mapped", "everything"])
def test_odk_validate_accepts_it(markdown: str, tmp_path: Path):
    from pyxform.validators.odk_validate import ODKValidateError, check_xform

    form = compiles(markdown).form
    assert form is not None
    file = tmp_path / "form.xml"
    file.write_bytes(form.xform)
    assert not any("error" in line.lower() for line in check_xform(str(file)))
    file.write_bytes(form.xform.replace(b"<bind ", b'<bind constraint="((" ', 1))
    with pytest.raises(ODKValidateError):
        check_xform(str(file))
