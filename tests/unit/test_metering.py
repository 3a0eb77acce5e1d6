"""What readings of a meter say of the power."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ocpp_core.domain import metering


def test_no_power_is_derived_that_no_connector_has():
    before = datetime(2026, 5, 1, 12, tzinfo=UTC)
    later = before + timedelta(seconds=10)
    assert metering.derive_power(1_000.0, before, 1_100.0, later) == 36_000
    assert metering.derive_power(1_000.0, before, 2_000_000.0, later) is None
