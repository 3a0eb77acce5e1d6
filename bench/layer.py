"""The OCPP layer alone: text to checked python values, and python values to checked text.

Both sides do what their server does with a CALL between socket and handler, without either.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ocpp import charge_point, v16, v201
from ocpp import messages as library_messages

from ocpp_core.rpc import frames, payloads
from ocpp_core.rpc.payloads import Tolerance, repair

Handle = Callable[[str, dict[str, Any]], Any]  # action and python values to the library's response
Layer = Callable[[str, Handle], str]  # a text and a handler to the text of the answer

TYPES = frozenset({2, 3, 4})
NOW = "2026-01-01T00:00:00.000Z"
RESULTS: dict[str, ModuleType] = {"1.6": v16.call_result, "2.0.1": v201.call_result}


def ours(version: str) -> Layer:
    """Return this server's way, as its connection and protocol packages go it."""
    messages = payloads.for_version(version)

    def answer(text: str, handle: Handle) -> str:
        call = frames.read(text, TYPES)
        if not isinstance(call, frames.Call):
            raise TypeError(f"not a CALL: {text}")
        schema = messages.request(call.action)
        tolerance = Tolerance.SAMPLES if call.action == "MeterValues" else Tolerance.STRICT
        values, _ = repair(schema, call.payload, tolerance)
        result = handle(call.action, schema.to_python(values))
        response = messages.response(call.action)
        reply = response.to_wire(result)
        response.check(reply)
        return frames.result(call.message_id, reply)

    return answer


def library(version: str) -> Layer:
    """Return the library's way, as its ChargePoint goes it, without its thread pool."""

    def answer(text: str, handle: Handle) -> str:
        call = library_messages.unpack(text)
        library_messages._validate_payload(call, version)
        result = handle(call.action, charge_point.camel_to_snake_case(call.payload))
        values = charge_point.remove_nones(charge_point.serialize_as_dict(result))
        reply = call.create_call_result(charge_point.snake_to_camel_case(values))
        library_messages._validate_payload(reply, version)
        text_of_reply: str = reply.to_json()
        return text_of_reply

    return answer


def handler(version: str) -> Handle:
    """Return what stands for the handlers: it answers each message of the mix."""
    module = RESULTS[version]
    empty = {name: getattr(module, name)() for name in ("MeterValues", "StatusNotification")}
    answers = {**empty, "Heartbeat": module.Heartbeat(current_time=NOW)}
    return lambda action, _: answers[action]


def cpu_us(layer: Layer, version: str, texts: list[str], repeats: int) -> float:
    """Return the CPU microseconds per message, schemas loaded."""
    handle = handler(version)
    for text in texts:
        layer(text, handle)
    began = time.process_time()
    for _ in range(repeats):
        for text in texts:
            layer(text, handle)
    return 1e6 * (time.process_time() - began) / (repeats * len(texts))
