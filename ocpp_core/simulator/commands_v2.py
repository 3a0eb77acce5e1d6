"""The commands an OCPP 2.0.1 or 2.1 station obeys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocpp_core import clock
from ocpp_core.simulator.commands import Commands, Reply, obeys, status
from ocpp_core.simulator.messages_v2 import Messages2
from ocpp_core.simulator.outbox import Message, Payload
from ocpp_core.simulator.profiles import Profile, Selection
from ocpp_core.simulator.sessions import Ending, RemoteStart, Token
from ocpp_core.simulator.settings import Setting

if TYPE_CHECKING:
    from ocpp_core.simulator.connectors import Connector

_RESETS = frozenset({"Immediate", "OnIdle"})  # 2.1's ImmediateAndResume is not simulated


class Commands2(Commands):
    """OCPP 2.x: EVSEs with one connector each, 0 or none is the station."""

    bad_payload: ClassVar[str] = "FormatViolation"

    @obeys("Reset")
    def reset(self, payload: Payload) -> Reply:
        station, evse = self.station, payload.get("evseId")
        connectors = station.named(evse or None)
        if payload["type"] not in _RESETS or not connectors or station.rebooting:
            return status("Rejected")
        busy = any(connector.transaction for connector in connectors)
        if busy and payload["type"] == "OnIdle":
            return status("Scheduled", None if evse else station.reboot_when_idle)
        if evse:
            return status("Accepted", lambda: _end_all(connectors))
        return status("Accepted", lambda: station.reboot(Ending.HARD_RESET))

    @obeys("UnlockConnector")
    def unlock_connector(self, payload: Payload) -> Reply:
        connector = self.station.connector(payload["evseId"])
        if connector is None or payload["connectorId"] != 1:
            return status("UnknownConnector")
        if connector.transaction is not None:  # 2.x F05.FR.02
            return status("OngoingAuthorizedTransaction")
        connector.end(Ending.UNLOCKED)
        return status("Unlocked")

    @obeys("SetChargingProfile")
    def set_charging_profile(self, payload: Payload) -> Reply:
        accepted = self._install(payload["evseId"], payload["chargingProfile"])
        return status("Accepted" if accepted else "Rejected")

    @obeys("ClearChargingProfile")
    def clear_charging_profile(self, payload: Payload) -> Reply:
        criteria = payload.get("chargingProfileCriteria") or {}
        selection = Selection(
            number=payload.get("chargingProfileId"),
            connector=criteria.get("evseId"),
            purpose=criteria.get("chargingProfilePurpose"),
            stack_level=criteria.get("stackLevel"),
        )
        return status("Accepted" if self.station.charging.clear(selection) else "Unknown")

    @obeys("RequestStartTransaction")
    def request_start(self, payload: Payload) -> Reply:
        token = Token(payload["idToken"]["idToken"], payload["idToken"]["type"])
        remote = RemoteStart(token, payload["remoteStartId"])
        number = self.station.start_remotely(payload.get("evseId"), remote)
        profile = payload.get("chargingProfile")
        if number is not None and profile is not None:
            self._install(number, profile, starting=True)
        return status("Rejected" if number is None else "Accepted")

    @obeys("RequestStopTransaction")
    def request_stop(self, payload: Payload) -> Reply:
        stopped = self.station.stop_remotely(payload["transactionId"])
        return status("Accepted" if stopped else "Rejected")

    @obeys("ChangeAvailability")
    def change_availability(self, payload: Payload) -> Reply:
        evse = (payload.get("evse") or {}).get("id", 0)
        operative = payload["operationalStatus"] == "Operative"
        return status(self.station.change_availability(evse, operative))

    @obeys("TriggerMessage")
    def trigger_message(self, payload: Payload) -> Reply:
        evse = (payload.get("evse") or {}).get("id", 0)
        return self.trigger(payload["requestedMessage"], self.station.named(evse or None))

    def triggered(self, name: str, connectors: list[Connector]) -> list[Message] | None:
        messages = self.station.messages
        if name == "TransactionEvent" and isinstance(messages, Messages2):
            busy = [(c.transaction, c) for c in connectors if c.transaction is not None]
            return [messages.triggered(transaction, c.state, c.read()) for transaction, c in busy]
        return super().triggered(name, connectors)

    @obeys("GetTransactionStatus")
    def get_transaction_status(self, payload: Payload) -> Reply:
        waiting = {"messagesInQueue": self.station.outbox.backlog > 0}
        if "transactionId" not in payload:
            return Reply(waiting)
        ongoing = self.station.in_transaction(payload["transactionId"]) is not None
        return Reply({"ongoingIndicator": ongoing, **waiting})

    @obeys("GetVariables")
    def get_variables(self, payload: Payload) -> Reply:
        return Reply({"getVariableResult": [self._get(v) for v in payload["getVariableData"]]})

    @obeys("SetVariables")
    def set_variables(self, payload: Payload) -> Reply:
        return Reply({"setVariableResult": [self._set(v) for v in payload["setVariableData"]]})

    def _get(self, item: Payload) -> Payload:
        setting, word = self._find(item)
        if setting is None:
            return _result(item, word)
        return _result(item, "Accepted", attributeValue=self.station.settings.value(setting))

    def _set(self, item: Payload) -> Payload:
        setting, word = self._find(item)
        if setting is not None:
            accepted = self.station.change_setting(setting, item["attributeValue"])
            word = "Accepted" if accepted else "Rejected"
        return _result(item, word)

    def _find(self, item: Payload) -> tuple[Setting | None, str]:
        component, variable = item["component"]["name"], item["variable"]
        table = self.station.settings
        setting = table.of_variable(component, variable["name"], variable.get("instance"))
        if not table.has_component(component):
            return None, "UnknownComponent"
        if setting is None:
            return None, "UnknownVariable"
        if item.get("attributeType", "Actual") != "Actual":
            return None, "NotSupportedAttributeType"
        return setting, "Accepted"

    def _install(self, number: int, wire: Payload, *, starting: bool = False) -> bool:
        profile = Profile.read(
            number, wire["id"], wire, wire["chargingSchedule"][0], clock.utcnow()
        )
        return self.station.charging.install(profile, starting=starting)


def _end_all(connectors: list[Connector]) -> None:
    for connector in connectors:
        connector.end(Ending.HARD_RESET)


def _result(item: Payload, word: str, **more: str) -> Payload:
    named = {"component": item["component"], "variable": item["variable"]}
    kind = {"attributeType": item["attributeType"]} if "attributeType" in item else {}
    return {**kind, **named, "attributeStatus": word, **more}
