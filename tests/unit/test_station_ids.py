"""The station's id: what a path names, and what may be registered."""

import pytest

from ocpp_core.domain import station_ids
from ocpp_core.errors import InvalidInput, NotFound


@pytest.mark.parametrize(
    ("target", "station_id"),
    [
        ("/OCPP/box7", "box7"),
        ("/OCPP/box7/", "box7"),
        ("/OCPP/site-a/box7", "box7"),
        ("/ocpp/box7", "box7"),
        ("/oCpP/Box7", "Box7"),
        ("/%4fCPP/box7", "box7"),
        ("//OCPP//box7//", "box7"),
        ("/OCPP/box7?x=/OCPP/other", "box7"),
        ("/OCPP/box7#/OCPP/other", "box7"),
        ("/OCPP/box7#a?b", "box7"),
        ("/OCPP/OCPP", "OCPP"),
        ("http://csms.example:8081/OCPP/box7", "box7"),
        ("wss://csms.example/OCPP/box7/", "box7"),
        ("/OCPP/a;b=c", "a;b=c"),
        ("/OCPP/a:b", "a:b"),
        ("/OCPP/a+b", "a+b"),
        ("/OCPP/two%20words", "two words"),
        ("/OCPP/once%2525", "once%25"),
        ("/OCPP/100%", "100%"),
        ("/OCPP/site%2Fbox7", "site/box7"),
        ("/OCPP/a/..", ".."),
        ("/OCPP/../box7", "box7"),
        ("/OCPP/./box7", "box7"),
        ("/OCPP/S%C3%A4ule", "Säule"),
        ("/OCPP/Sa%CC%88ule", "Säule"),
        ("/OCPP/S\xc3\xa4ule", "Säule"),  # bytes of UTF-8 as a server hands them on
        ("/OCPP/" + "x" * 255, "x" * 255),
        ("/OCPP/" + "%C3%A4" * 255, "ä" * 255),
    ],
)
def test_the_last_segment_of_the_path_is_the_id(target, station_id):
    assert station_ids.from_path(target) == station_id


@pytest.mark.parametrize(
    "target",
    [
        "",
        "*",
        "/",
        "/OCPP",
        "/OCPP/",
        "//OCPP//",
        "/OCPP?/box7",
        "/OCPPX/box7",
        "/API/OCPP/box7",
        "/OCPP%2Fbox7",
        "OCPP/box7",
        "http://OCPP/box7",
        "http://host?/OCPP/box7",
        "/OCPP/%FF",
        "/OCPP/\xff",
        "/%FF/box7",
        "/OCPP/box%007",
        "/OCPP/box%0A7",
        "/OCPP/box%7F",
        "/OCPP/box%C2%85",
        "/OCPP/%ED%A0%80",  # a lone surrogate is no UTF-8
        "/OCPP/" + "x" * 256,
        "/OCPP/\u20ac",  # no byte
    ],
)
def test_a_path_that_names_no_station_is_not_found(target):
    with pytest.raises(NotFound):
        station_ids.from_path(target)


@pytest.mark.parametrize(
    "station_id", ["box7", "Box 7", "a;b", "a:b", "Säule", "100%", "...", "ä" * 255]
)
def test_an_ordinary_id_is_registered_as_it_is(station_id):
    assert station_ids.check(station_id) == station_id


def test_an_id_is_registered_in_its_composed_form():
    assert station_ids.check("Sa\u0308ule") == "S\u00e4ule"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        " box",
        "box\u00a0",
        "a/b",
        ".",
        "..",
        "a\x00b",
        "a\nb",
        "a\x85b",
        "\ud800",
        "x" * 256,
    ],
)
def test_an_id_that_no_station_could_present_is_refused(text):
    with pytest.raises(InvalidInput) as refused:
        station_ids.check(text)
    assert set(refused.value.fields) == {"id"}
