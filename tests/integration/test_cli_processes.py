"""Commands as processes of their own, alone and beside a running server."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ocpp_core.services import people
from tests.conftest import opened
from tests.support.server import ROOT

BAD_INPUT = 2


class Shell:
    """`flask` as a process of its own, in a folder of its own."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("OCPP_", "FLASK_"))}
        self.environment = clean | {"OCPP_DATABASE_URL": database_url}
        shutil.copy(ROOT / "app.py", folder)  # found by itself
        (folder / "ocpp_core").symlink_to(ROOT / "ocpp_core")

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "flask", *arguments],
            cwd=self.folder,
            env=self.environment,
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )

    def __call__(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        """Run a command; returns what it printed."""
        process = self.start(*arguments, stdin=subprocess.DEVNULL)
        printed, complained = process.communicate(timeout=60)
        assert process.returncode == code, complained
        return printed, complained


@pytest.fixture
def shell(tmp_path, sqlite_url):
    return Shell(tmp_path, sqlite_url)


def test_flask_finds_the_commands_and_says_failures_in_one_line(shell):
    assert shell("station", "add", "CP1")[0].startswith("station CP1 added")
    _, complained = shell("station", "remove", "CP2", code=BAD_INPUT)
    assert complained == "Error: no station CP2\n"


def test_settings_are_listed_with_their_source(shell):
    (shell.folder / ".env").write_text("OCPP_CALL_TIMEOUT=7\nOCPP_API_KEY=geheim\n")
    (shell.folder / "wsgi.ini").write_text("[app:main]\nheartbeat_interval = 77\n")
    printed, _ = shell("settings")
    lines = {line.split()[0]: line.split() for line in printed.splitlines()}
    assert lines["OCPP_CALL_TIMEOUT"][1:3] == ["7", ".env"]
    assert lines["OCPP_HEARTBEAT_INTERVAL"][1:5] == ["77", "[app:main]", "of", "wsgi.ini"]
    assert lines["OCPP_DATABASE_URL"][2] == "environment"
    assert lines["OCPP_MESSAGE_LOG"][2] == "default"
    assert "geheim" not in printed


def test_a_wrong_setting_is_said_in_one_line(shell):
    shell.environment["OCPP_COLOUR"] = "red"
    _, complained = shell("station", "list", code=BAD_INPUT)
    assert complained.startswith("Error: unknown setting OCPP_COLOUR")
    assert complained.count("\n") == 1


def test_a_password_is_asked_for_twice_and_not_shown(shell, sqlite_url):
    terminal, end = pty.openpty()
    process = shell.start("user", "add", "Ann", "--role", "viewer", stdin=end, stderr=end)
    os.close(end)
    shown = b""
    for question in (b"Password: ", b"Repeat for confirmation: "):
        shown = read_until(terminal, question)
        os.write(terminal, b"geheim\n")
    printed, _ = process.communicate(timeout=30)
    assert (process.returncode, printed) == (0, "user Ann added: viewer\n")
    assert b"geheim" not in shown
    os.close(terminal)
    with opened(sqlite_url):
        assert people.verify_user("Ann", "geheim") is not None


def read_until(terminal: int, text: bytes) -> bytes:
    shown, give_up_at = b"", time.monotonic() + 30
    while text not in shown and time.monotonic() < give_up_at:
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 4096)
    assert text in shown
    return shown


def test_commands_at_once_on_a_new_file_all_succeed(tmp_path):
    shell = Shell(tmp_path, f"sqlite:///{tmp_path}/data/ocpp.db")
    processes = [shell.start("tag", "add", f"Tag{number}") for number in range(4)]
    outcomes = [(process.communicate(timeout=60), process.returncode) for process in processes]
    assert outcomes == [((f"tag Tag{number} added\n", ""), 0) for number in range(4)]


@pytest.fixture
def shell_of_server(server, tmp_path):
    """Commands on the database of the running server."""
    return Shell(tmp_path, server.environment["OCPP_DATABASE_URL"])


def test_commands_work_while_the_server_writes(server, shell_of_server, open_station):
    shell_of_server("station", "add", "CLI1")
    station = open_station("CLI1", "1.6")
    station.boot()
    stop = threading.Event()
    writing = threading.Thread(target=report_until, args=(station, stop))
    writing.start()
    try:
        processes = [shell_of_server.start("tag", "add", f"CLI{n}") for n in range(3)]
        outcomes = [(process.communicate(timeout=60), process.returncode) for process in processes]
    finally:
        stop.set()
        writing.join(30)
    assert [(complained, code) for (_, complained), code in outcomes] == [("", 0)] * 3
    assert server.api("GET", "/api/v1/tags/cli2").json()["id"] == "CLI2"
    assert "CLI1" in shell_of_server("station", "list")[0]


def report_until(station, stop):
    while not stop.is_set():
        station.status(1, "Available")


@pytest.mark.slow
def test_simulated_stations_are_registered_and_charge(server, records, shell_of_server):
    prefix, url = records.new_id("SIM"), server.websocket_url.removesuffix("/OCPP")
    wanted = f"--stations 2 --version 2.0.1 --prefix {prefix} --speed 300 --duration 2".split()
    for _ in range(2):  # again, with the stations recorded
        printed, complained = shell_of_server("simulate", *wanted, "--url", url)
        assert complained == "registered 2 stations and 1 tags\n"
        assert "errors: none" in printed
    for number in (1, 2):
        assert records.station(f"{prefix}000{number}")["ocpp_version"] == "2.0.1"
    assert max(each["energy_wh"] for each in records.transactions(f"{prefix}0001")) > 0
