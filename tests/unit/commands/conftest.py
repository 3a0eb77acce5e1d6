"""Commands and the stations they are for."""

from datetime import UTC, datetime

import pytest

from ocpp_core.commands.base import Target, find
from ocpp_core.protocol.versions import BY_VERSION
from ocpp_core.services import station_records
from ocpp_core.services.station_records import StationChanges
from tests.support.fake_connection import Hall

NOW = datetime(2026, 5, 2, 0, 30, tzinfo=UTC)
VERSIONS = ("1.6", "2.0.1", "2.1")


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture(params=VERSIONS[1:])
def version_2(request):
    return request.param


@pytest.fixture
def wire():
    """Return action and payload of a command, checked against the schema of the version."""

    def build(version, name, **values):
        return wired(version, find(name).from_values(values))

    return build


def wired(version, command):
    handlers = BY_VERSION[version]
    target = Target("CP1", version, handlers.dialects, handlers.call, True, NOW)
    request = command.request_for(target)
    schema = handlers.messages.request(type(request).__name__)
    payload = schema.to_wire(request)
    schema.check(payload)
    return type(request).__name__, payload


@pytest.fixture
def outcome():
    """Return what a command makes of an answer, which is checked against the schema."""

    def translate(version, name, reply, **values):
        command = find(name).from_values(values)
        action, _ = wired(version, command)
        schema = BY_VERSION[version].messages.response(action)
        schema.check(reply)
        return command.outcome(schema.to_python(reply))

    return translate


@pytest.fixture
def hall(sqlite_store):
    """A place where stations are online, with the record of CP1."""
    station_records.add("CP1", StationChanges(name="One"), NOW)
    return Hall()


@pytest.fixture
def any_hall(store):
    """The same on each kind of database."""
    station_records.add("CP1", StationChanges(name="One"), NOW)
    return Hall()
