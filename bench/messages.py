"""The messages that measured stations send, as texts: cheap to make, valid in every version."""

from __future__ import annotations

from datetime import UTC, datetime

TAG = "BENCH"
MIX = ("MeterValues", "MeterValues", "Heartbeat", "MeterValues", "StatusNotification")
_STATES = ("Charging", "SuspendedEV")


def now_text() -> str:
    """Return the present moment as stations write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def boot(station_id: str) -> str:
    """Return the payload of BootNotification (OCPP 1.6)."""
    return (
        '{"chargePointVendor":"Bench","chargePointModel":"One",'
        f'"chargePointSerialNumber":"{station_id}","firmwareVersion":"1.0.0"}}'
    )


def start() -> str:
    """Return the payload of StartTransaction (OCPP 1.6)."""
    return f'{{"connectorId":1,"idTag":"{TAG}","meterStart":0,"timestamp":"{now_text()}"}}'


def stop(transaction: int, count: int) -> str:
    """Return the payload of StopTransaction (OCPP 1.6)."""
    return (
        f'{{"transactionId":{transaction},"idTag":"{TAG}","meterStop":{count * 10},'
        f'"timestamp":"{now_text()}","reason":"Local"}}'
    )


def status(count: int) -> str:
    """Return the payload of StatusNotification (OCPP 1.6); the state changes each time."""
    return (
        f'{{"connectorId":1,"errorCode":"NoError","status":"{_STATES[count & 1]}",'
        f'"timestamp":"{now_text()}"}}'
    )


def meter_values(transaction: int, count: int) -> str:
    """Return the payload of MeterValues (OCPP 1.6): four values that grow with `count`."""
    return (
        f'{{"connectorId":1,"transactionId":{transaction},"meterValue":['
        f'{{"timestamp":"{now_text()}","sampledValue":['
        f'{{"value":"{count * 10}","measurand":"Energy.Active.Import.Register","unit":"Wh"}},'
        f'{{"value":"{7000 + count % 400}","measurand":"Power.Active.Import","unit":"W"}},'
        f'{{"value":"{31 + count % 9 / 10}","measurand":"Current.Import","phase":"L1",'
        '"unit":"A"},'
        f'{{"value":"{count % 100}","measurand":"SoC","unit":"Percent"}}]}}]}}'
    )


def mix_of_v16() -> list[str]:
    """Return the mix as whole CALLs of OCPP 1.6."""
    payloads = {
        "MeterValues": meter_values(4711, 12),
        "Heartbeat": "{}",
        "StatusNotification": status(0),
    }
    return _calls(payloads)


def mix_of_v201() -> list[str]:
    """Return the mix as whole CALLs of OCPP 2.0.1."""
    wh, watt, ampere = (f'"unitOfMeasure":{{"unit":"{unit}"}}' for unit in ("Wh", "W", "A"))
    payloads = {
        "MeterValues": (
            f'{{"evseId":1,"meterValue":[{{"timestamp":"{now_text()}","sampledValue":['
            f'{{"value":120.0,"measurand":"Energy.Active.Import.Register",{wh}}},'
            f'{{"value":7012.0,"measurand":"Power.Active.Import",{watt}}},'
            f'{{"value":31.2,"measurand":"Current.Import","phase":"L1",{ampere}}},'
            '{"value":12.0,"measurand":"SoC"}]}]}'
        ),
        "Heartbeat": "{}",
        "StatusNotification": (
            f'{{"timestamp":"{now_text()}","connectorStatus":"Occupied",'
            '"evseId":1,"connectorId":1}'
        ),
    }
    return _calls(payloads)


def _calls(payloads: dict[str, str]) -> list[str]:
    return [
        f'[2,"bench-{number}","{action}",{payloads[action]}]' for number, action in enumerate(MIX)
    ]
