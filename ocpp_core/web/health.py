"""For those who watch the server: alive, ready, and its figures."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from flask import Blueprint, Flask, Response, jsonify

from ..observability import metrics
from .auth import public

PATIENCE_S = 2.0

log = logging.getLogger(__name__)
Check = Callable[[], object]


class Part:
    """Something the server needs; asking while it is being asked waits for the same answer."""

    def __init__(self, name: str, check: Check) -> None:
        self.name = name
        self._check = check
        self._lock = threading.Lock()
        self._asked: _Asked | None = None

    def state(self, patience_s: float = PATIENCE_S) -> str:
        """Return `ok`, `failed` or `silent`."""
        with self._lock:
            if self._asked is None or self._asked.answered.is_set():
                self._asked = _Asked(self.name, self._check)
            asked = self._asked
        return asked.state if asked.answered.wait(patience_s) else "silent"


class _Asked:
    """One question to a part, in a thread of its own: the part may never answer."""

    def __init__(self, name: str, check: Check) -> None:
        self.answered = threading.Event()
        self.state = "failed"
        self._name = name
        self._check = check
        threading.Thread(target=self._run, name=f"ready-{name}", daemon=True).start()

    def _run(self) -> None:
        try:
            self._check()
            self.state = "ok"
        except Exception:
            log.warning("not ready", extra={"part": self._name}, exc_info=True)
        finally:
            self.answered.set()


def register(app: Flask, checks: Mapping[str, Check]) -> None:
    """Add /healthz, /readyz and /metrics; a check raises when its part is not usable."""
    parts = [Part(name, check) for name, check in checks.items()]
    blueprint = Blueprint("health", __name__)

    @public
    def alive() -> Response:
        """Say that requests are served; looks at nothing else."""
        return jsonify(status="alive")

    @public
    def ready() -> Response:
        """Say whether all parts are usable, and which are not."""
        states = {part.name: part.state() for part in parts}
        is_ready = all(state == "ok" for state in states.values())
        response = jsonify(status="ready" if is_ready else "not ready", parts=states)
        response.status_code = 200 if is_ready else 503
        return response

    @public
    def figures() -> Response:
        return Response(metrics.text(), content_type=metrics.CONTENT_TYPE)

    blueprint.add_url_rule("/healthz", "alive", alive)
    blueprint.add_url_rule("/readyz", "ready", ready)
    blueprint.add_url_rule("/metrics", "figures", figures)
    blueprint.after_request(_never_cached)
    app.register_blueprint(blueprint)


def _never_cached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
