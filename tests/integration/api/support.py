"""What the tests of the REST API share."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
