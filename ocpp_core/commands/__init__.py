"""What operators and programs may tell stations to do: each command declared once."""

from . import availability, charging, remote_control

__all__ = ["availability", "charging", "remote_control"]
