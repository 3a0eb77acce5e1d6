"""How gunicorn starts, refuses to start, and stops: real processes, real sockets."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ocpp_core.config import Config

ROOT = Path(__file__).resolve().parents[2]
BOOT_ERROR = 3
PATIENCE_S = 30


@dataclass
class Server:
    """A running gunicorn; its output goes to a file."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def ask(self, path: str) -> socket.socket:
        connection = self.connect()
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        return connection

    def stop(self, number: signal.Signals) -> float:
        """Send a signal; returns the seconds until the process is gone."""
        started = time.monotonic()
        self.process.send_signal(number)
        assert self.process.wait(PATIENCE_S) == 0
        return time.monotonic() - started

    def output(self) -> str:
        return (self.folder / "output").read_text()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a folder like the project's own, whose application is the tiny one."""
    shutil.copy(ROOT / "gunicorn.conf.py", tmp_path)
    ini = (ROOT / "wsgi.ini").read_text()
    assert "app:paste_app_factory" in ini
    (tmp_path / "wsgi.ini").write_text(
        ini.replace("app:paste_app_factory", "tests.support.tiny_app:make")
    )
    return tmp_path


def environment(**variables: str) -> dict[str, str]:
    unwanted = ("OCPP_", "GUNICORN_", "WEB_CONCURRENCY", "FLASK_")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(unwanted)}
    return {**kept, "PYTHONPATH": str(ROOT), **variables}


def gunicorn(*options: str) -> list[str]:
    return [sys.executable, "-m", "gunicorn", "--paste", "wsgi.ini", *options]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


@pytest.fixture
def server(project: Path) -> Iterator[Server]:
    port = free_port()
    with (project / "output").open("wb") as output:
        process = subprocess.Popen(
            gunicorn("--bind", f"127.0.0.1:{port}"),
            cwd=project,
            env=environment(),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    running = Server(process, port, project)
    try:
        wait_until(lambda: process.poll() is not None or "Booting worker" in running.output())
        with running.ask("/") as connection:
            assert b"hello" in hear(connection, b"hello")
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_S)


def hear(connection: socket.socket, expected: bytes) -> bytes:
    """Read until the expected words came, or the end; returns all that was read."""
    heard = b""
    while expected not in heard and (more := connection.recv(1000)):
        heard += more
    return heard


def hold(server: Server, count: int) -> list[socket.socket]:
    connections = [server.ask("/hold") for _ in range(count)]
    for connection in connections:
        assert connection.recv(4) == b"held"
    return connections


def close_all(connections: list[socket.socket]) -> None:
    for connection in connections:
        connection.close()


def run(project: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run gunicorn to its end, which comes soon or fails the test."""
    return subprocess.run(
        gunicorn(*options),
        cwd=project,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def printed(project: Path, *options: str, **variables: str) -> dict[str, str]:
    """Return the settings that gunicorn says it would run with."""
    ini = project / "wsgi.ini"
    ini.write_text(ini.read_text().replace("tiny_app:make", "tiny_app:make_unchecked"))
    lines = run(project, *options, "--print-config", **variables).stdout.splitlines()
    pairs = (line.partition("=") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


def test_gunicorn_takes_its_settings_from_the_ini_file(project: Path) -> None:
    settings = printed(project)
    assert settings["bind"] == "['0.0.0.0:8081']"
    assert settings["worker_class"] == "gevent"
    assert settings["worker_connections"] == "20000"
    assert settings["backlog"] == "4096"
    assert settings["max_requests"] == "0"
    assert settings["control_socket_disable"] == "True"
    assert settings["preload_app"] == "False"


def test_command_line_and_environment_win_over_the_ini_file(project: Path) -> None:
    settings = printed(
        project, "--bind", "127.0.0.1:9000", GUNICORN_CMD_ARGS="--backlog 7 --bind 127.0.0.1:1"
    )
    assert settings["bind"] == "['127.0.0.1:9000']"
    assert settings["backlog"] == "7"
    assert settings["worker_connections"] == "20000"


@pytest.mark.parametrize(
    ("send", "number"),
    [(os.kill, signal.SIGTERM), (os.killpg, signal.SIGTERM), (os.killpg, signal.SIGINT)],
    ids=["kill", "service manager", "Ctrl-C"],
)
def test_stop_tells_connections_at_once_and_ends_soon(
    server: Server, send: Callable[[int, int], None], number: signal.Signals
) -> None:
    connections = hold(server, 20)
    connections.append(server.connect())  # sends nothing
    connections.append(server.ask("/"))  # is kept alive after its answer
    assert b"hello" in hear(connections[-1], b"hello")
    try:
        started = time.monotonic()
        send(server.process.pid, number)
        for connection in connections[:20]:
            assert connection.recv(7) == b"goodbye"
        assert time.monotonic() - started < 2
        assert server.process.wait(PATIENCE_S) == 0
        assert time.monotonic() - started < 4
    finally:
        close_all(connections)
    assert (server.folder / "flushed").exists()
    assert "this function of the stop fails" in server.output()
    assert server.output().count("Traceback") == 1


def test_stop_without_connections_waits_for_the_functions_of_the_stop(server: Server) -> None:
    assert server.stop(signal.SIGTERM) < 4
    assert (server.folder / "flushed").exists()


def test_stop_lets_the_request_under_way_finish(server: Server) -> None:
    with server.ask("/slow") as connection:
        time.sleep(0.2)  # the request is being served
        assert server.stop(signal.SIGTERM) < 5
        assert b"finished" in hear(connection, b"finished")


def test_who_comes_back_during_the_stop_is_turned_away(server: Server) -> None:
    connections = hold(server, 1)
    server.process.send_signal(signal.SIGTERM)
    assert connections[0].recv(7) == b"goodbye"
    try:
        with server.ask("/hold") as again:
            assert again.recv(4) == b""
    except ConnectionError:  # the listening socket is closed, or the connection reset
        assert server.process.wait(PATIENCE_S) == 0
    finally:
        close_all(connections)


def test_native_work_lets_green_threads_run_and_raises_its_own_error(server: Server) -> None:
    with server.ask("/native") as connection:
        assert b"unchanged, 32, True" in hear(connection, b"unchanged, 32, True")
    assert "Traceback" not in server.output()


@pytest.mark.parametrize(
    ("options", "variables", "reason"),
    [
        (["-k", "sync"], {}, "worker_class must be gevent, not sync"),
        (["-k", "sync", "--threads", "4"], {}, "worker_class must be gevent, not gthread"),
        (["--workers", "2"], {}, "workers must be 1, not 2"),
        ([], {"GUNICORN_CMD_ARGS": "--workers 2"}, "workers must be 1, not 2"),
        (["--preload"], {}, "without preload_app"),
        ([], {"OCPP_NONSENSE": "1"}, "unknown setting OCPP_NONSENSE"),
        ([], {"OCPP_CALL_TIMEOUT": "soon"}, "OCPP_CALL_TIMEOUT"),
    ],
)
def test_wrong_set_up_refuses_to_start_with_one_line(
    project: Path, options: list[str], variables: dict[str, str], reason: str
) -> None:
    refused(run(project, *options, **variables), reason)


@pytest.mark.parametrize(
    ("line", "wrong", "reason"),
    [
        ("# call_timeout", "call_timeoutt", "unknown setting call_timeoutt"),
        ("keepalive", "keep_alive", "unknown setting keep_alive"),
        ("# secret_key =", "secret_key = 100%", "'%' must be followed by"),
        ("[app:main]", "[app:other]", "no section [app:main]"),
        ("[server:main]", "[server:other]", "No section 'main'"),
    ],
)
def test_wrong_ini_file_refuses_to_start_with_one_line(
    project: Path, line: str, wrong: str, reason: str
) -> None:
    ini = project / "wsgi.ini"
    ini.write_text(ini.read_text().replace(f"\n{line}", f"\n{wrong}"))
    refused(run(project), reason)


def test_missing_front_end_file_refuses_to_start(project: Path) -> None:
    for name in ("ocpp_core", "tests"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "assets.json", project / "tools")
    refused(run(project, PYTHONPATH=""), "run `make assets`")


def test_missing_translation_refuses_to_start(project: Path) -> None:
    left_out = shutil.ignore_patterns("__pycache__", "LC_MESSAGES")
    for name in ("ocpp_core", "tests", "static/vendor"):
        shutil.copytree(ROOT / name, project / name, ignore=left_out)
    (project / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "assets.json", project / "tools")
    refused(run(project, PYTHONPATH=""), "messages.mo is missing: run `make assets`")


def test_gunicorn_started_in_another_folder_refuses_to_start(project: Path) -> None:
    (project / "gunicorn.conf.py").unlink()
    ended = run(project, "--worker-class", "gevent", "--no-control-socket")
    assert ended.returncode == BOOT_ERROR
    assert "folder of gunicorn.conf.py" in ended.stderr
    assert ended.stderr.count("Booting worker") == 1


def refused(ended: subprocess.CompletedProcess[str], reason: str) -> None:
    lines = [line for line in ended.stderr.splitlines() if "[INFO] Starting" not in line]
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("Refused to start: ")
    assert reason in lines[0]
    assert ended.returncode == BOOT_ERROR


def test_ini_file_shows_every_setting_with_its_default() -> None:
    section = (ROOT / "wsgi.ini").read_text().partition("[server:main]")[0]
    shown = dict(re.findall(r"^# (\w+) =[ ]?(.*)$", section, re.MULTILINE))
    assert list(shown) == list(Config.model_fields)
    for name, text in shown.items():
        default = Config.model_fields[name].default
        assert Config(**{name: text}).model_dump()[name] == default, name
