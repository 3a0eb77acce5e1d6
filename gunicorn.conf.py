"""Hands [server:main] and our hooks to gunicorn, which looks for this file where it is started."""

from ocpp_core import deploy

globals().update(deploy.settings())
