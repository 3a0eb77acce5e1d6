"""Simulated charging stations: they boot, charge with plausible curves and obey commands.

An independent peer of the server: it shares none of its code for messages. It runs in a process
of its own on plain threads and asyncio.

>>> run(Options(stations=10, version="2.0.1", duration_s=60))
"""

from ocpp_core.simulator.fleet import run, simulate
from ocpp_core.simulator.options import Options
from ocpp_core.simulator.summary import Latency, Summary

__all__ = ["Latency", "Options", "Summary", "run", "simulate"]
