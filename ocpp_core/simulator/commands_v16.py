"""The commands an OCPP 1.6 station obeys."""

from __future__ import annotations

from ocpp_core import clock
from ocpp_core.simulator.commands import Commands, Reply, obeys, status
from ocpp_core.simulator.outbox import Payload
from ocpp_core.simulator.profiles import Profile, Selection
from ocpp_core.simulator.sessions import Ending, RemoteStart, Token

_ENDINGS = {"Soft": Ending.SOFT_RESET, "Hard": Ending.HARD_RESET}


class Commands16(Commands):
    """OCPP 1.6: connectors by number, 0 is the station."""

    @obeys("Reset")
    def reset(self, payload: Payload) -> Reply:
        ending = _ENDINGS[payload["type"]]
        if self.station.rebooting:
            return status("Rejected")
        return status("Accepted", lambda: self.station.reboot(ending))

    @obeys("UnlockConnector")
    def unlock_connector(self, payload: Payload) -> Reply:
        connector = self.station.connector(payload["connectorId"])
        if connector is None:
            return status("NotSupported")
        connector.end(Ending.UNLOCKED)
        return status("Unlocked")

    @obeys("SetChargingProfile")
    def set_charging_profile(self, payload: Payload) -> Reply:
        accepted = self._install(payload["connectorId"], payload["csChargingProfiles"])
        return status("Accepted" if accepted else "Rejected")

    @obeys("ClearChargingProfile")
    def clear_charging_profile(self, payload: Payload) -> Reply:
        selection = Selection(
            number=payload.get("id"),
            connector=payload.get("connectorId"),
            purpose=payload.get("chargingProfilePurpose"),
            stack_level=payload.get("stackLevel"),
        )
        return status("Accepted" if self.station.charging.clear(selection) else "Unknown")

    @obeys("RemoteStartTransaction")
    def remote_start(self, payload: Payload) -> Reply:
        remote = RemoteStart(Token(payload["idTag"]))
        number = self.station.start_remotely(payload.get("connectorId"), remote)
        profile = payload.get("chargingProfile")
        if number is not None and profile is not None:
            self._install(number, profile, starting=True)
        return status("Rejected" if number is None else "Accepted")

    @obeys("RemoteStopTransaction")
    def remote_stop(self, payload: Payload) -> Reply:
        stopped = self.station.stop_remotely(payload["transactionId"])
        return status("Accepted" if stopped else "Rejected")

    @obeys("ChangeAvailability")
    def change_availability(self, payload: Payload) -> Reply:
        operative = payload["type"] == "Operative"
        return status(self.station.change_availability(payload["connectorId"], operative))

    @obeys("TriggerMessage")
    def trigger_message(self, payload: Payload) -> Reply:
        number = payload.get("connectorId")
        return self.trigger(payload["requestedMessage"], self.station.named(number or None))

    @obeys("GetConfiguration")
    def get_configuration(self, payload: Payload) -> Reply:
        table = self.station.settings
        wanted = payload.get("key") or [setting.key for setting in table.keyed()]
        found = [table.of_key(key) for key in wanted]
        known = [
            {"key": s.key, "readonly": s.read_only, "value": table.value(s)} for s in found if s
        ]
        unknown = [key for key, s in zip(wanted, found, strict=True) if s is None]
        return Reply({"configurationKey": known, "unknownKey": unknown})

    @obeys("ChangeConfiguration")
    def change_configuration(self, payload: Payload) -> Reply:
        setting = self.station.settings.of_key(payload["key"])
        if setting is None:
            return status("NotSupported")
        accepted = self.station.change_setting(setting, payload["value"])
        return status("Accepted" if accepted else "Rejected")

    def _install(self, number: int, wire: Payload, *, starting: bool = False) -> bool:
        profile = Profile.read(
            number, wire["chargingProfileId"], wire, wire["chargingSchedule"], clock.utcnow()
        )
        return self.station.charging.install(profile, starting=starting)
