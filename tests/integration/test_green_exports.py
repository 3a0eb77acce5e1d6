"""Reports and exports stop nobody, however many rows they have."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[1] / "support" / "exporting.py"
LONGEST_S = 0.1  # of the processor; in one go each job takes several times as long


def test_others_get_their_turn_during_a_large_export(tmp_path, sqlite_template):
    file = tmp_path / "ocpp.db"
    shutil.copyfile(sqlite_template, file)
    done = subprocess.run(
        [sys.executable, "-m", "gevent.monkey", str(PROGRAM), str(file)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert {name: job["made"] for name, job in found.items()} == {
        "report": 3000,
        "make_csv": 3001,
        "make_xlsx": 3001,
    }
    assert {name for name, job in found.items() if job["longest_s"] > LONGEST_S} == set(), found
