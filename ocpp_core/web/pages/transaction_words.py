"""What pages say of transactions: their flags, and who ended them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from ...domain.transactions import Flag


@dataclass(frozen=True, slots=True)
class FlagWords:
    """A flag in a word or two, in a sentence, and how much it matters (a colour of Tabler)."""

    title: Any
    text: Any
    kind: str = "warning"


FLAGS: dict[str, FlagWords] = {
    Flag.REFUSED: FlagWords(
        _l("Refused"),
        _l(
            "The tag was not allowed to charge, and the station was told so. If it charged all"
            " the same, its end says how much."
        ),
        "danger",
    ),
    Flag.NO_START: FlagWords(
        _l("Start missing"),
        _l("Its end or an update came; its start did not come, or not yet."),
    ),
    Flag.SUPERSEDED: FlagWords(
        _l("Superseded"),
        _l(
            "It was ended here because the next transaction began on its connector. The end is an"
            " estimate until the station sends its own."
        ),
    ),
    Flag.STOPPED_BY_OTHER: FlagWords(
        _l("Stopped by another tag"),
        _l("The tag that stopped it was not entitled to; the end was recorded all the same."),
    ),
    Flag.MATCHED: FlagWords(
        _l("Matched"),
        _l("Start and end had no common id and were brought together by their content."),
        "info",
    ),
    Flag.METER_DECREASED: FlagWords(
        _l("Meter fell"),
        _l("The meter ended below its start: it was reset or replaced."),
    ),
    Flag.CLOCK: FlagWords(
        _l("Clock wrong"),
        _l("The station gave an absurd moment; it was replaced by the server's."),
    ),
    Flag.OFFLINE: FlagWords(
        _l("Reported later"),
        _l("The station was offline and reported it after the fact."),
        "info",
    ),
    Flag.GAP: FlagWords(
        _l("Events missing"),
        _l("Numbers are missing in the sequence of the station's events."),
    ),
    Flag.CLOSED_BY_OPERATOR: FlagWords(
        _l("Closed by hand"),
        _l("Somebody ended it here; the note says why."),
    ),
}

ENDED_BY = {
    "station": _l("The charging station"),
    "server": _l("This system"),
    "operator": _l("Somebody by hand"),
}


def flag_words(flag: str) -> FlagWords:
    """Return what is said of a flag; one that is not known stands for itself."""
    return FLAGS.get(flag) or FlagWords(flag, "")


def ended_by(who: str | None) -> Any:
    """Return who ended a transaction, in words."""
    return ENDED_BY.get(who or "", who)
