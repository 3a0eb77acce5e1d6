"""Commands from pages: their forms, what is asked first, what became of them."""

import json
from datetime import timedelta

import pytest

from ocpp_core import clock
from ocpp_core.commands.base import find
from ocpp_core.domain.connectors import ConnectorRef, StatusReport
from ocpp_core.domain.moments import Reported
from ocpp_core.domain.roles import Role
from ocpp_core.errors import CallRefused, CallTimeout, Disconnected, StorageUnavailable
from ocpp_core.services import command_log, station_records, stations, tags
from ocpp_core.services.station_records import StationChanges
from ocpp_core.services.tags import TagChanges
from ocpp_core.web.localization import DASH
from tests.support.fake_connection import Hall

NOW = clock.utcnow()
VERSIONS = ("1.6", "2.0.1", "2.1")


@pytest.fixture
def hall():
    return Hall()


@pytest.fixture
def dispatcher(hall):
    return hall.dispatcher


@pytest.fixture
def place(site):
    """The pages of the commands of CP1."""
    station_records.add("CP1", StationChanges(name="One"), NOW)
    return "/stations/CP1/commands"


@pytest.fixture
def online(hall, place):
    """Let CP1 be online; returns the station."""

    def connect(version="1.6"):
        stations.connected("CP1", version, NOW)
        return hall.connect("CP1", version)

    return connect


def test_the_commands_of_the_stations_version_are_offered(site, place, online):
    online()
    page = site.get(place)
    assert page.title == "Commands · One"
    assert "Restart station" in page.links()
    assert page.links()["Unlock connector"] == f"{place}/unlock-connector"
    assert "No commands yet" in page.text
    assert "offline" not in page.text


def test_an_offline_station_is_said_to_be_offline(site, place):
    for path in ("", "/reset", "/unlock-connector"):
        assert "The station is offline." in site.get(place + path).text


@pytest.mark.parametrize("version", VERSIONS)
def test_a_command_is_sent_and_its_outcome_shown(site, place, online, version):
    station = online(version)
    form = site.get(f"{place}/trigger-message?message=Heartbeat")
    answer = form.submit({}, button="Send")
    assert [action for action, _ in station.calls] == ["TriggerMessage"]
    page = answer.follow()
    assert page.title == "Outcome: Trigger message · One"
    assert "The station will send the message." in page.text
    assert json.loads(page.texts("pre")[0]) == {"status": "Accepted"}
    (row,) = site.get(place).rows()
    assert row[1:4] == [
        "administrator",
        "Trigger message Message: Heartbeat",
        "Done The station will send the message.",
    ]


def test_a_reload_does_not_send_it_again(site, place, online):
    station = online()
    answer = site.post(f"{place}/trigger-message", {"message": "Heartbeat"})
    assert answer.status == 303
    answer.follow()
    answer.follow()
    assert len(station.calls) == 1


@pytest.mark.parametrize(
    ("name", "values", "reply", "word", "text"),
    [
        ("trigger-message", {"message": "Heartbeat"}, "Rejected", "Not done", "rejected the"),
        ("trigger-message", {"message": "Heartbeat"}, "NotImplemented", "Not done", "cannot send"),
        ("unlock-connector", {"connector": "1"}, "Unlocked", "Done", "The connector is unlocked."),
        ("unlock-connector", {"connector": "1"}, "UnlockFailed", "Not done", "not be unlocked."),
        ("unlock-connector", {"connector": "1"}, "NotSupported", "Not done", "not support this."),
        ("change-availability", {"operative": "true"}, "Scheduled", "Done", "as soon as nothing"),
        ("reset", {}, "Accepted", "Done", "The station restarts."),
        ("clear-charging-limit", {}, "Unknown", "Not done", "has no such limit"),
        ("set-charging-limit", {"value": "16", "unit": "A"}, "NotSupported", "Not done", "support"),
    ],
)
def test_each_answer_is_put_into_words(site, place, online, name, values, reply, word, text):
    online().reply = {"status": reply}
    page = site.post(f"{place}/{name}", {**values, "confirmed": "yes"}).follow()
    (heading,) = page.texts("h2", "command-outcome")
    assert heading.startswith(word)
    assert text in heading
    assert f'"{reply}"' in page.texts("pre")[0]


@pytest.mark.parametrize(
    ("reply", "text", "shown"),
    [
        (CallTimeout("no answer"), "did not answer in time", "Noted by the server: no answer"),
        (Disconnected("lost"), "connection was lost", "Noted by the server: lost"),
        (CallRefused("GenericError", "no way", {"a": 1}), "error GenericError", '"no way"'),
        (CallRefused("NotImplemented"), "does not support this command", '"NotImplemented"'),
        ({"nonsense": 1}, "breaks the rules of OCPP", "answer to TriggerMessage"),
    ],
)
def test_each_failure_is_put_into_words(site, place, online, reply, text, shown):
    online().reply = reply
    page = site.post(f"{place}/trigger-message", {"message": "Heartbeat"}).follow()
    assert text in page.texts("h2", "command-outcome")[0]
    assert shown in page.text


def test_what_else_the_station_answers_is_shown(site, place, online):
    info = {"reasonCode": "Busy", "additionalInfo": "<script>\u00e4"}
    online("2.1").reply = {"status": "Rejected", "statusInfo": info}
    page = site.post(f"{place}/trigger-message", {"message": "Heartbeat"}).follow()
    told = json.loads(page.texts("pre")[0])
    assert told["status_info"] == {"reason_code": "Busy", "additional_info": info["additionalInfo"]}


def test_an_offline_station_gets_nothing_and_that_is_said(site, place):
    page = site.post(f"{place}/trigger-message", {"message": "Heartbeat"}).follow()
    assert "The station is offline. Nothing was sent." in page.text


def test_what_the_version_lacks_is_neither_offered_nor_sent(site, place, online):
    station = online("1.6")
    assert "evse" not in site.get(f"{place}/reset").html
    assert "TransactionEvent" not in site.get(f"{place}/trigger-message").html
    answer = site.post(f"{place}/trigger-message", {"message": "TransactionEvent"})
    assert "has no such command" in answer.follow().text
    assert station.calls == []


def test_wrong_values_are_said_beside_their_fields_and_kept(site, place, online):
    station = online()
    form = site.get(f"{place}/set-charging-limit")
    page = form.submit({"value": "16.25", "unit": "A"}, button="Send")
    assert page.status == 422
    assert page.texts("div", "invalid-feedback") == ["must be a multiple of 0.1"]
    assert page.form(button="Send").values()["value"] == ["16.25"]
    page = page.submit({"value": "16"}, button="Send")
    assert page.status == 303
    assert len(station.calls) == 1


def test_what_concerns_several_fields_is_said_on_top(site, place, online):
    online()
    page = site.post(f"{place}/stop-transaction")
    assert page.status == 422
    assert "Either transaction or connector is needed" in page.texts("div", "alert-danger")[0]


def test_what_interrupts_is_asked_first(site, place, online):
    station = online()
    asked = site.get(f"{place}/unlock-connector?connector=2").submit({}, button="Send")
    assert asked.status == 200
    assert "Send this command?" in asked.text
    assert (asked.texts("dt")[-1], asked.texts("dd")[-1]) == ("Connector", "2")
    assert asked.links()["Back"] == f"{place}/unlock-connector?connector=2"
    assert station.calls == []
    assert "Outcome: Unlock connector" in asked.submit({}, button="Send").follow().title
    assert station.calls == [("UnlockConnector", {"connectorId": 2})]


def test_a_hard_reset_wants_the_id_of_the_station(site, place, online):
    station = online()
    asked = site.get(f"{place}/reset").submit({"kind": "hard"}, button="Send")
    assert "type the id of the station: CP1" in asked.text
    for wrong in ("", "cp1", "One"):
        again = asked.submit({"typed_id": wrong}, button="Send")
        assert again.status == 422
        assert "This is not the id." in again.text
    forged = site.post(f"{place}/reset", {"kind": "hard", "confirmed": "yes"})
    assert forged.status == 422
    assert station.calls == []
    assert again.submit({"typed_id": "CP1"}, button="Send").status == 303
    assert station.calls == [("Reset", {"type": "Hard"})]


def test_connectors_and_tags_are_offered_with_their_names(site, place, online):
    station = online()
    tags.add("T1", TagChanges(name="Ann"), NOW)
    tags.add("T2", TagChanges(blocked=True), NOW)
    for evse in (1, 2):
        add_connector(evse)
    station_records.rename_connector("CP1", 2, 1, "Left", NOW)
    form = site.get(f"{place}/start-transaction?connector=2")
    assert form.texts("option") == [DASH, "1", "2 · Left", "Ann"]
    form.submit({"tag": "T1"}, button="Send")
    assert station.calls == [("RemoteStartTransaction", {"idTag": "T1", "connectorId": 2})]


def add_connector(evse):
    report = StatusReport("Available", "Available")
    stations.report_status("CP1", ConnectorRef(evse), report, Reported(NOW), NOW)


def test_a_tag_that_may_not_charge_is_refused_by_the_server(site, place, online):
    station = online()
    tags.add("T2", TagChanges(blocked=True), NOW)
    page = site.post(f"{place}/start-transaction", {"tag": "T2"}).follow()
    assert "The tag may not charge. The station was not asked." in page.text
    assert '"reason": "Blocked"' in page.text
    assert station.calls == []


def test_roles_decide_who_may_send(site, place, online):
    station = online()
    viewer = site.as_role(Role.VIEWER)
    assert "Restart station" not in viewer.get(place).links()
    assert viewer.get(f"{place}/reset").status == 403
    assert viewer.post(f"{place}/trigger-message", {"message": "Heartbeat"}).status == 403
    operator = site.as_role(Role.OPERATOR)
    operator.post(f"{place}/trigger-message", {"message": "Heartbeat"})
    assert len(station.calls) == 1
    (entry,) = command_log.page("CP1").items
    assert entry.user == "operator"
    assert viewer.get(f"{place}/history/{entry.id}").status == 200


def test_a_command_of_a_higher_role_is_refused(site, place, online, monkeypatch):
    monkeypatch.setattr(find("reset"), "permission", Role.ADMINISTRATOR)
    online()
    operator = site.as_role(Role.OPERATOR)
    assert "Restart station" not in operator.get(place).links()
    assert operator.get(f"{place}/reset").status == 403
    assert operator.post(f"{place}/reset", {"kind": "soft", "confirmed": "yes"}).status == 403


def test_what_does_not_exist_is_not_found(site, place):
    for path in ("/explode", "/history/1", "/history/99999999999999999999"):
        assert site.get(place + path).status == 404
    assert site.get("/stations/CP9/commands").status == 404
    assert site.post("/stations/CP9/commands/reset", {"confirmed": "yes"}).status == 404
    begun = command_log.begin("CP2", "reset", {}, "ann", NOW)
    assert site.get(f"{place}/history/{begun}").status == 404


def test_a_command_under_way_is_shown_as_waiting(site, place):
    entry = command_log.begin("CP1", "reset", {}, "ann", clock.utcnow())
    for page in (site.get(place), site.get(f"{place}/history/{entry}")):
        assert "Waiting for the station's answer." in page.text
        assert 'hx-trigger="every 2s"' in page.html
        assert 'http-equiv="refresh"' in page.html


def test_a_command_that_ended_with_the_server_is_not_waited_for(site, place):
    entry = command_log.begin("CP1", "reset", {}, "ann", clock.utcnow() - timedelta(hours=1))
    page = site.get(f"{place}/history/{entry}")
    assert "The server stopped before the outcome was known." in page.text
    assert 'hx-trigger="every 2s"' not in page.html


def test_the_history_shows_any_command_page_by_page(site, place):
    for number in range(30):
        entry = command_log.begin("CP1", "call Reset", {}, "billing", NOW)
        command_log.finish(entry, f"S{number}", number % 2 == 0, "", NOW, refused=number == 29)
    page = site.get(place)
    assert len(page.rows()) == 25
    assert page.rows()[0][2:4] == ["call Reset", "Error The station answered with the error S29."]
    rest = site.get(page.links()["Next"])
    assert [row[3] for row in rest.rows()][-1] == 'Done The station answered "S0".'
    entry = command_log.page("CP1").items[0]
    assert "Once more" not in site.get(f"{place}/history/{entry.id}").links()


def test_a_command_can_be_repeated_with_its_values(site, place, online):
    online()
    page = site.post(f"{place}/set-charging-limit", {"value": "16.5", "unit": "A"}).follow()
    again = site.get(page.links()["Once more"])
    assert again.form(button="Send").values()["value"] == ["16.5"]


def test_without_a_database_nothing_is_claimed_to_be_sent(site, place, online, hall, monkeypatch):
    def fail(*_):
        raise StorageUnavailable("down")

    online()
    monkeypatch.setattr(hall.dispatcher, "note", fail)
    page = site.post(f"{place}/trigger-message", {"message": "Heartbeat"})
    assert page.status == 503


def test_an_answer_of_any_text_is_quoted(site, place):
    entry = command_log.begin("CP1", "reset", {}, "ann", NOW)
    command_log.finish(entry, "<b>Maybe", False, "", NOW, data={"x": "\ud800"})
    assert 'The station answered "<b>Maybe".' in site.get(f"{place}/history/{entry}").text
