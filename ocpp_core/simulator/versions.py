"""The OCPP versions a station may speak."""

from __future__ import annotations

from dataclasses import dataclass

from ocpp_core.simulator.commands import Commands
from ocpp_core.simulator.commands_v2 import Commands2
from ocpp_core.simulator.commands_v16 import Commands16
from ocpp_core.simulator.messages import Messages
from ocpp_core.simulator.messages_v2 import Messages2
from ocpp_core.simulator.messages_v16 import Messages16


@dataclass(frozen=True)
class Version:
    """How one version is named on the wire, and who writes and reads its messages."""

    subprotocol: str
    messages: type[Messages]
    commands: type[Commands]


VERSIONS = {
    "1.6": Version("ocpp1.6", Messages16, Commands16),
    "2.0.1": Version("ocpp2.0.1", Messages2, Commands2),
    "2.1": Version("ocpp2.1", Messages2, Commands2),
}
