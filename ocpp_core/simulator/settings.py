"""What a station lets the server configure: keys of 1.6 and variables of 2.x, one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _flag(text: str) -> bool:
    return text.lower() in {"true", "false"}


def _any(text: str) -> bool:
    return True


Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its key in 1.6, its component and variable in 2.x; None where it has none."""

    default: str
    key: str | None
    component: str | None = None
    variable: str | None = None
    instance: str | None = None
    read_only: bool = False
    valid: Check = _any


HEARTBEAT = Setting("300", "HeartbeatInterval", "OCPPCommCtrlr", "HeartbeatInterval", valid=_number)
SAMPLE = Setting(
    "10", "MeterValueSampleInterval", "SampledDataCtrlr", "TxUpdatedInterval", valid=_number
)
REMOTE_AUTHORIZE = Setting(
    "false", "AuthorizeRemoteTxRequests", "AuthCtrlr", "AuthorizeRemoteStart", valid=_flag
)
ATTEMPTS = Setting(
    "3",
    "TransactionMessageAttempts",
    "OCPPCommCtrlr",
    "MessageAttempts",
    "TransactionEvent",
    valid=_number,
)
RETRY_S = Setting(
    "10",
    "TransactionMessageRetryInterval",
    "OCPPCommCtrlr",
    "MessageAttemptInterval",
    "TransactionEvent",
    valid=_number,
)
CONNECTORS = Setting("2", "NumberOfConnectors", read_only=True)
_MEASURANDS = (
    "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"  # fixed
)

TABLE: tuple[Setting, ...] = (
    HEARTBEAT,
    SAMPLE,
    REMOTE_AUTHORIZE,
    ATTEMPTS,
    RETRY_S,
    CONNECTORS,
    Setting(_MEASURANDS, "MeterValuesSampledData", read_only=True),
    Setting(_MEASURANDS, None, "SampledDataCtrlr", "TxUpdatedMeasurands", read_only=True),
    Setting("true", "LocalAuthorizeOffline", "AuthCtrlr", "LocalAuthorizeOffline", valid=_flag),
    Setting("true", "StopTransactionOnInvalidId", "TxCtrlr", "StopTxOnInvalidId", valid=_flag),
    Setting("120", "ConnectionTimeOut", "TxCtrlr", "EVConnectionTimeOut", valid=_number),
    Setting("0", "ClockAlignedDataInterval", "AlignedDataCtrlr", "Interval", valid=_number),
    Setting("60", "WebSocketPingInterval", "OCPPCommCtrlr", "WebSocketPingInterval", valid=_number),
    Setting(
        "20",
        "ChargeProfileMaxStackLevel",
        "SmartChargingCtrlr",
        "ProfileStackLevel",
        read_only=True,
    ),
    Setting(
        "Current,Power",
        "ChargingScheduleAllowedChargingRateUnit",
        "SmartChargingCtrlr",
        "RateUnit",
        read_only=True,
    ),
    Setting("Core,SmartCharging,RemoteTrigger", "SupportedFeatureProfiles", read_only=True),
    Setting("100", "GetConfigurationMaxKeys", read_only=True),
    Setting("50", None, "DeviceDataCtrlr", "ItemsPerMessage", "GetVariables", read_only=True),
    Setting("50", None, "DeviceDataCtrlr", "ItemsPerMessage", "SetVariables", read_only=True),
    Setting("Simulator", None, "ChargingStation", "Model", read_only=True),
    Setting("OCPP.Core", None, "ChargingStation", "VendorName", read_only=True),
    Setting("true", None, "ChargingStation", "Available", read_only=True),
    Setting("", "SimulatorNote", "ChargingStation", "Note"),
)


class Settings:
    """The settings of one station with their present values."""

    def __init__(self, table: Iterable[Setting] = TABLE) -> None:
        self._values = {setting: setting.default for setting in table}

    def of_key(self, key: str) -> Setting | None:
        """Find a setting by its key of 1.6, which has no case."""
        wanted = key.lower()
        return next((s for s in self.keyed() if (s.key or "").lower() == wanted), None)

    def keyed(self) -> list[Setting]:
        """Return the settings that 1.6 knows."""
        return [setting for setting in self._values if setting.key is not None]

    def of_variable(self, component: str, variable: str, instance: str | None) -> Setting | None:
        """Find a setting by its component and variable of 2.x, which have no case."""
        wanted = _folded(component, variable, instance)
        for setting in self._values:
            if _folded(setting.component, setting.variable, setting.instance) == wanted:
                return setting
        return None

    def has_component(self, component: str) -> bool:
        """Tell whether any variable belongs to a component."""
        return any((s.component or "").lower() == component.lower() for s in self._values)

    def value(self, setting: Setting) -> str:
        """Return the present value."""
        return self._values[setting]

    def number(self, setting: Setting) -> int:
        """Return the present value as a number."""
        return int(self._values[setting])

    def flag(self, setting: Setting) -> bool:
        """Return the present value as yes or no."""
        return self._values[setting].lower() == "true"

    def put(self, setting: Setting, value: str) -> None:
        """Set a value, whoever asked."""
        self._values[setting] = value

    def change(self, setting: Setting, value: str) -> bool:
        """Set a value for the server; return False where it may not, or the value is none."""
        if setting.read_only or not setting.valid(value):
            return False
        self.put(setting, value)
        return True


def _folded(*parts: str | None) -> tuple[str, ...]:
    return tuple((part or "").lower() for part in parts)
