"""The OpenAPI document, and the page that shows it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from openapi_spec_validator import OpenAPIV31SpecValidator

from ocpp_core.domain.roles import Role
from ocpp_core.web import api
from tests.support.server import ROOT


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_is_openapi_3_1(rest):
    assert rest.document["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(rest.document).iter_errors()) == []


def test_the_document_is_open_to_everybody(anonymous):
    assert anonymous.client.get("/api/v1/openapi.json").status_code == 200


def test_every_route_is_documented_and_every_documented_route_is_served(application, rest):
    served = {
        (re.sub(r"<(?:[^<>:]+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in application.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and not rule.rule.endswith("openapi.json")
    }
    documented = {(path, method) for path, method, _ in operations(rest.document)}
    assert served == documented


def test_every_operation_has_its_own_name_a_summary_and_its_role(rest):
    found = [operation for _, _, operation in operations(rest.document)]
    names = [operation["operationId"] for operation in found]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] for operation in found)
    assert all("Needs role" in operation["description"] for operation in found)


def test_every_failure_is_a_problem_document(rest):
    for path, method, operation in operations(rest.document):
        failures = {s: r for s, r in operation["responses"].items() if int(s) >= 400}
        assert {"401", "429", "500", "503"} <= failures.keys(), (method, path)
        for failure in failures.values():
            schema = failure["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


def test_forbidden_is_documented_where_a_viewer_may_not(rest):
    for endpoint in api.endpoints():
        operation = rest.document["paths"][f"/api/v1{endpoint.path}"][endpoint.method.lower()]
        assert ("403" in operation["responses"]) == (endpoint.role is not Role.VIEWER)


def test_each_way_to_send_a_key_is_named(rest):
    schemes = rest.document["components"]["securitySchemes"]
    assert schemes["ApiKey"] == {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    assert (schemes["Bearer"]["type"], schemes["Bearer"]["scheme"]) == ("http", "bearer")
    assert rest.document["security"] == [{"ApiKey": []}, {"Bearer": []}]


def test_every_schema_is_used_and_a_password_is_only_written(rest):
    schemas = rest.document["components"]["schemas"]
    text = str(rest.document)
    for name in schemas:
        assert f"#/components/schemas/{name}'" in text, name
    assert schemas["NewStation"]["properties"]["password"]["writeOnly"]
    assert "password" not in schemas["Station"]["properties"]


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.inline = ""
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self._open = tag
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        self._open = ""

    def handle_data(self, data):
        if self._open in ("script", "style"):
            self.inline += data.strip()


def test_the_page_takes_everything_from_here_and_has_nothing_inline(anonymous):
    response = anonymous.client.get("/api/docs")
    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = Page(response.text)
    assert page.inline == ""
    for tag, attributes in page.elements:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        place = attributes.get("src") or (attributes.get("href", "") if tag == "link" else "")
        assert place.startswith("/static/") or place in ("", "data:,")


def test_the_page_shows_the_document(anonymous):
    page = Page(anonymous.client.get("/api/docs").text)
    (place,) = [attributes for _, attributes in page.elements if "data-document" in attributes]
    assert place["data-document"] == "/api/v1/openapi.json"
    script = (ROOT / "static" / "js" / "api-docs.js").read_text()
    assert f'"{place["id"]}"' in script
