"""OCPP-J without I/O: frames, payloads against their schemas, names, and one connection's state."""
