"""What browsers call themselves, short enough for people."""

from __future__ import annotations

# The first that is found is meant: most browsers claim to be several others as well.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
}
_SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
_LONGEST = 40


def short_name(agent: str) -> str:
    """Return browser and system of a User-Agent header, its beginning where they are unknown."""
    found = [_first(agent, names) for names in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name) or agent[:_LONGEST]


def _first(agent: str, names: dict[str, str]) -> str:
    return next((name for sign, name in names.items() if sign in agent), "")
