"""Whatever is sent to the REST API is answered as documented, and never as an error of ours."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocpp_core.web import api
from tests.support.rest import FakeDispatcher, Rest, make_app

ENDPOINTS = [each for each in api.endpoints() if each.media_type == "application/json"]
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", "CP1", "\0", "9" * 30, "-1", "2027-01-31", "true", "a/b", "%", "\u00df"]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def shared_application():
    app, live_events = make_app(FakeDispatcher())
    yield app
    live_events.end()


def fields(model):
    """Return the names by which the members of a model are sent."""
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def members(model):
    """Return objects with some of the members of a model, and now and then another."""
    names = st.one_of(st.sampled_from(fields(model) or ["x"]), TEXTS)
    return st.dictionaries(names, VALUES, max_size=6)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_request_is_answered_as_documented(store, shared_application, endpoint, data):
    rest = Rest(shared_application.test_client())
    segment = TEXTS.filter(lambda text: text and "/" not in text)
    path = endpoint.path
    while "{" in path:
        head, _, rest_of_it = path.partition("{")
        path = head + quote(data.draw(segment), safe="") + rest_of_it.partition("}")[2]
    options = {}
    if endpoint.query:
        names = st.one_of(st.sampled_from(fields(endpoint.query)), TEXTS)
        options["query_string"] = data.draw(st.dictionaries(names, TEXTS, max_size=4))
    if endpoint.body:
        options["body"] = data.draw(st.one_of(members(endpoint.body), VALUES))
    response = rest.call(endpoint.method, path, **options)
    response.close()
    assert response.status_code < 500
