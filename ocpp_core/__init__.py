"""OCPP.Core: a charging-station management system on Flask and green threads."""

__version__ = "0.1.0"
