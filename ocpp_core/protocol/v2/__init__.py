"""OCPP 2.0.1 and 2.1: one body for both, by functional block of the specification."""
