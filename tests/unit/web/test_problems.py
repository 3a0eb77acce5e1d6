"""Which error is which HTTP status."""

from __future__ import annotations

import pytest

from ocpp_core import errors
from ocpp_core.web import problems


def kinds_of_errors(base=errors.OcppCoreError):
    yield base
    for kind in base.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield from kinds_of_errors(kind)


NOT_FOR_CALLERS = {errors.OcppCoreError, errors.ConfigurationError, errors.Violation}


@pytest.mark.parametrize("error", [*kinds_of_errors()], ids=lambda each: each.__name__)
def test_every_error_has_its_own_kind_of_problem(error):
    kind = problems.kind_of(error)
    assert (kind is problems.KINDS[Exception]) == (error in NOT_FOR_CALLERS)
    others = [other for other in problems.KINDS.values() if other is not kind]
    assert kind.slug not in {other.slug for other in others}


def test_offline_timeout_disconnected_refused_and_not_supported_differ():
    found = {
        problems.kind_of(error).uri
        for error in (
            errors.StationOffline,
            errors.CallTimeout,
            errors.Disconnected,
            errors.CallRefused,
            errors.NotSupportedByVersion,
        )
    }
    assert len(found) == 5


def test_the_statuses_are_those_of_the_contract():
    statuses = {
        errors.InvalidInput: 400,
        errors.PayloadInvalid: 400,
        errors.Unauthorized: 401,
        errors.Forbidden: 403,
        errors.NotFound: 404,
        errors.StationOffline: 409,
        errors.NothingToStop: 424,
        errors.NotSupportedByVersion: 501,
        errors.Disconnected: 502,
        errors.UnusableAnswer: 502,
        errors.CallTimeout: 504,
    }
    assert {error: problems.kind_of(error).status for error in statuses} == statuses
