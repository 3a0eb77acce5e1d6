"""Whatever is registered can be called by, in every spelling of its path; nothing else crashes."""

from urllib.parse import quote

import pytest

from ocpp_core.domain import station_ids
from ocpp_core.errors import InvalidInput, NotFound

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import given  # noqa: E402  # only where the package is there
from hypothesis import strategies as st  # noqa: E402

SLASHES = st.sampled_from(["/", "//", "///"])
PREFIXES = st.sampled_from(["OCPP", "ocpp", "Ocpp", "oCPp", "%4FCPP"])
TAILS = st.sampled_from(["", "/", "//", "?a=/b", "#/x", "/?q", "/#?/"])
HOSTS = st.sampled_from(["", "http://csms.example:8081", "wss://[::1]"])
SEGMENTS = st.lists(st.text(max_size=8).map(lambda text: quote(text, safe="")), max_size=3)
IDS = st.text(min_size=1, max_size=260) | st.text("ab.;:%/?# äÄ\u0308é\x00", min_size=1, max_size=9)


@given(IDS, st.tuples(HOSTS, SLASHES, PREFIXES, SEGMENTS, TAILS))
def test_every_id_that_can_be_registered_is_found_in_its_path(text, spelling):
    host, slash, prefix, segments, tail = spelling
    try:
        station_id = station_ids.check(text)
    except InvalidInput:
        return
    parts = [prefix, *segments, quote(station_id, safe="")]
    target = host + slash + slash.join(parts) + tail
    assert station_ids.from_path(target) == station_id


@given(IDS)
def test_what_was_registered_may_be_registered_again(text):
    try:
        station_id = station_ids.check(text)
    except InvalidInput:
        return
    assert station_ids.check(station_id) == station_id


@given(st.text() | st.text("/OCPocp%20\x00?#.:", max_size=40).map("/OCPP/".__add__))
def test_any_text_names_a_station_or_is_not_found(raw):
    try:
        station_id = station_ids.from_path(raw)
    except NotFound:
        return
    assert 1 <= len(station_id) <= 255


@given(st.text(max_size=30))
def test_every_spelling_of_an_id_leads_to_one_id(text):
    target = "/OCPP/" + quote(text.replace("/", ""), safe="")
    try:
        station_id = station_ids.from_path(target)
    except NotFound:
        return
    assert station_ids.from_path("/ocpp/x/" + quote(station_id, safe="") + "/?y") == station_id
