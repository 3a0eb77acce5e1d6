"""Every message of every OCPP version: who sends it, and what here handles or sends it."""

from __future__ import annotations

from collections.abc import Iterator

from ..commands.base import Command, all_commands
from ..protocol.base import Handlers
from ..protocol.versions import ALL

FROM_STATION, TO_STATION = "from station", "to station"
NOT_HANDLED, RAW_ONLY = "- (answered NotSupported)", "- (raw call only)"

BOTH_WAYS = frozenset({"DataTransfer"})
# What the schemas do not tell: the messages that stations send, of all versions.
STATIONS_SEND = frozenset(
    {
        "Authorize",
        "BatterySwap",
        "BootNotification",
        "ClearedChargingLimit",
        "ClosePeriodicEventStream",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Get15118EVCertificate",
        "GetCertificateChainStatus",
        "GetCertificateStatus",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "NotifyChargingLimit",
        "NotifyCustomerInformation",
        "NotifyDERAlarm",
        "NotifyDERStartStop",
        "NotifyDisplayMessages",
        "NotifyEVChargingNeeds",
        "NotifyEVChargingSchedule",
        "NotifyEvent",
        "NotifyMonitoringReport",
        "NotifyPeriodicEventStream",
        "NotifyPriorityCharging",
        "NotifyReport",
        "NotifySettlement",
        "OpenPeriodicEventStream",
        "PublishFirmwareStatusNotification",
        "PullDynamicScheduleUpdate",
        "ReportChargingProfiles",
        "ReportDERControl",
        "ReservationStatusUpdate",
        "SecurityEventNotification",
        "SignCertificate",
        "SignedFirmwareStatusNotification",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
        "TransactionEvent",
        "VatNumberValidation",
    }
)


def listing() -> Iterator[tuple[str, str, str, str]]:
    """Yield version, direction, message, and the handler or the commands."""
    for handlers in ALL:
        actions = sorted(handlers.messages.actions)
        for action in actions:
            if action in STATIONS_SEND | BOTH_WAYS:
                yield handlers.version, FROM_STATION, action, _handler(handlers, action)
        for action in actions:
            if action not in STATIONS_SEND:
                yield handlers.version, TO_STATION, action, _senders(handlers, action)


def _handler(handlers: type[Handlers], action: str) -> str:
    name = handlers.routes.get(action)
    if name is None:
        return NOT_HANDLED
    method = getattr(handlers, name)
    return f"{method.__module__.removeprefix('ocpp_core.')}.{method.__name__}"


def _senders(handlers: type[Handlers], action: str) -> str:
    names = [each.name for each in all_commands() if _builds(each, handlers, action)]
    return ", ".join(names) or RAW_ONLY


def _builds(command: type[Command], handlers: type[Handlers], action: str) -> bool:
    """Tell whether the builder that is used for a version names the message's class."""
    for dialect in handlers.dialects:
        builder = getattr(command, dialect, None)
        if builder is not None:
            return action in builder.__code__.co_names
    return False
