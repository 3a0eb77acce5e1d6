"""The OCPP versions: handlers that turn messages of stations into words of the domain."""
