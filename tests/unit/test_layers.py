"""What the architecture promises of the code, read from its text: who may import whom, and more.

The tables here are the rules. A package may import what its line names, and the leaves.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = "ocpp_core"

# Leaves import nothing of ours; settings need errors, and what is observed needs its context.
LEAVES = {"errors", "events", "clock", "units", "green", "context", "stopping", "wording"}
LEAVES |= {"__version__"}
MAY_IMPORT: dict[str, set[str]] = {
    **{leaf: set() for leaf in LEAVES},
    "config": {"errors"},
    "observability": LEAVES,
    "rpc": LEAVES,
    "domain": LEAVES,
    "models": LEAVES,
    "storage": LEAVES | {"models"},
    "services": LEAVES | {"models", "storage", "domain"},
    "protocol": LEAVES | {"rpc", "services", "domain"},
    "commands": LEAVES | {"protocol", "services", "domain"},
    "live": LEAVES | {"commands", "protocol", "services", "rpc", "domain", "observability"},
    "web": LEAVES
    | {"live", "commands", "services", "protocol", "domain", "observability", "config"},
    "simulator": LEAVES,  # it stands in the place of stations
    "importing": LEAVES | {"services", "storage", "models", "domain"},
    "cli": LEAVES
    | {"commands", "config", "domain", "importing", "protocol", "services", "simulator", "storage"},
    "deploy": LEAVES | {"config"},
    "factory": LEAVES
    | {"cli", "commands", "config", "deploy", "live", "observability", "protocol"}
    | {"services", "storage", "web"},
}

# Packages of others, and who alone may import them.
OTHERS: dict[str, set[str]] = {
    "argon2": {"services"},
    "babel": {"web"},
    "click": {"cli"},
    "dotenv": {"config"},
    "flask": {"cli", "factory", "web"},
    "flask_babel": {"web"},
    "flask_login": {"web"},
    "flask_sock": {"web"},
    "flask_wtf": {"web"},
    "gevent": {"green"},
    "gunicorn": {"deploy"},
    "jsonschema_rs": {"rpc"},
    "limits": {"web"},
    "markupsafe": {"web"},
    "ocpp": {"protocol", "rpc"},
    "orjson": {"live", "rpc", "web"},
    "paste": {"deploy"},
    "peewee": {"models", "services", "storage"},
    "playhouse": {"models", "storage"},
    "prometheus_client": {"observability"},
    "pydantic": {"commands", "config", "web"},
    "pydantic_settings": {"config"},
    "redis": {"live"},
    "segno": {"web"},
    "websockets": {"live", "simulator"},
    "werkzeug": {"web"},
    "whitenoise": {"web"},
    "wtforms": {"web"},
    "xlsxwriter": {"web"},
}

# What waits for the world has no business in rules, records and units of work.
INPUT_AND_OUTPUT = {"asyncio", "http", "select", "selectors", "signal", "socket", "ssl"}
INPUT_AND_OUTPUT |= {"subprocess", "urllib.request"}
WITHOUT_IO = {"rpc", "domain", "models", "services", "storage", "protocol", "commands", "clock"}
WITHOUT_IO |= {"errors", "events", "units", "config", "context", "observability", "importing"}

# Around a handler, around a listener, at the top of a thread or process: nowhere else.
CATCH_ALL = {
    "events.py": 1,  # a listener
    "live/connection.py": 3,  # the connection's thread, a handler, work after a reply
    "live/housekeeping.py": 1,  # a chore
    "storage/writer.py": 1,  # the writer's thread
    "stopping.py": 1,  # a function of the stop
    "deploy.py": 1,  # a child process
    "web/health.py": 1,  # a thread that checks a part
    "web/sock.py": 1,  # the view of a WebSocket
}
# What is raised again in the end, whatever it is: by the caller's thread, or at once.
CATCH_EVERYTHING = {
    "green.py": 1,
    "storage/batches.py": 1,
    "live/transport.py": 1,
    "rpc/payloads.py": 1,  # a panic of Rust is no Exception
}

LONGEST_MODULE, LONGEST_FUNCTION = 300, 40
MIGRATIONS = "models/migrations/"  # frozen tables are long
VERSION_TEXT = re.compile(r"(ocpp)?(1\.6|2\.0\.1|2\.1|[12]\.)")
UNFINISHED = re.compile(r"TO[D]O|FIX[M]E|X[X]X")


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    path: Path

    @cached_property
    def name(self) -> str:
        return self.path.relative_to(ROOT / PACKAGE).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def part(self) -> str:
        """The package, or leaf, that the file belongs to."""
        return self.name.split("/")[0].removesuffix(".py")

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[Any]:
        return (node for node in self.all_nodes if isinstance(node, kinds))

    @cached_property
    def all_nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    def imports(self) -> Iterator[str]:
        """Yield the full names of what is imported, wherever in the file."""
        for node in self.nodes(ast.Import, ast.ImportFrom):
            base = f"{self._base(node)}." if isinstance(node, ast.ImportFrom) else ""
            yield from (base + alias.name for alias in node.names)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        here = self.path.relative_to(ROOT).parent.parts
        above = here[: len(here) - node.level + 1]
        return ".".join([*above, *([node.module] if node.module else [])])


MODULES = [Module(path) for path in sorted((ROOT / PACKAGE).rglob("*.py"))]


def test_every_part_has_its_line():
    parts = {module.part for module in MODULES} - {"__init__"}
    assert parts == MAY_IMPORT.keys() - {"__version__"}


def test_imports_point_downwards():
    upwards = []
    for module in MODULES:
        parts = {name.split(".")[1] for name in module.imports() if name.startswith(f"{PACKAGE}.")}
        wrong = parts - {module.part} - MAY_IMPORT.get(module.part, set())
        upwards += [f"{module.name} imports {part}" for part in sorted(wrong)]
    assert upwards == []


def test_packages_of_others_are_imported_where_they_belong():
    ours = {*sys.stdlib_module_names, PACKAGE}
    wrong = [
        f"{module.name} imports {name}"
        for module in MODULES
        for name in module.imports()
        if name.split(".")[0] not in ours
        and module.part not in OTHERS.get(name.split(".")[0], set())
    ]
    assert wrong == []


def test_rules_and_records_wait_for_nothing():
    waiting = [
        f"{module.name} imports {name}"
        for module in MODULES
        if module.part in WITHOUT_IO
        for name in module.imports()
        if INPUT_AND_OUTPUT.intersection(_prefixes(name))
    ]
    assert waiting == []


def test_green_threads_are_known_in_three_places():
    sources = [ROOT / "app.py", *(ROOT / "tests").rglob("*.py"), *(m.path for m in MODULES)]
    importing = {
        path.relative_to(ROOT).as_posix()
        for path in sources
        if {"gevent", "greenlet"} & {name.split(".")[0] for name in Module(path).imports()}
    }
    assert importing == {"app.py", f"{PACKAGE}/green.py", "tests/green.py"}


def test_no_version_is_asked_for():
    """What differs between versions is data on their classes: no code asks which one it is."""
    asked = [
        f"{module.name}:{node.lineno}"
        for module in MODULES
        for node in module.nodes(ast.Compare, ast.Call, ast.MatchValue)
        if any(VERSION_TEXT.fullmatch(text) for text in _compared(node)) or _equates(node)
    ]
    assert asked == []


def test_everything_is_caught_only_where_nobody_else_could():
    caught = {"Exception": Counter(), "BaseException": Counter(), "": Counter()}
    for module in MODULES:
        for handler in module.nodes(ast.ExceptHandler):
            for name in caught.keys() & _caught(handler):
                caught[name][module.name] += 1
    assert caught == {"Exception": CATCH_ALL, "BaseException": CATCH_EVERYTHING, "": {}}


def test_what_catches_all_tells_the_traceback():
    silent = [
        f"{module.name}:{handler.lineno}"
        for module in MODULES
        for handler in module.nodes(ast.ExceptHandler)
        if "Exception" in _caught(handler)
        and not re.search(r"log\.exception|exc_info=True|print_exc", ast.unparse(handler))
    ]
    assert silent == []


def test_there_is_one_clock():
    clocks = [m.name for m in MODULES if re.search(r"\b(datetime\.(utc)?now|today)\b", m.text)]
    assert clocks == ["clock.py"]
    pure = [module for module in MODULES if module.part in ("rpc", "domain", "models")]
    assert [module.name for module in pure if "utcnow" in module.text] == []


def test_modules_and_functions_stay_short():
    written = [module for module in MODULES if not module.name.startswith(MIGRATIONS)]
    long = [module.name for module in written if len(module.text.splitlines()) > LONGEST_MODULE]
    long += [
        f"{module.name}: {function.name}"
        for module in written
        for function in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if function.end_lineno - function.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_each_module_says_what_it_is_for():
    assert [m.name for m in MODULES if m.text and not ast.get_docstring(m.tree)] == []


def test_nothing_is_left_unfinished():
    folders = (PACKAGE, "tests", "tools", "templates", "static/js", "static/css", "docs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    texts = [path for path in files if path.suffix in {".py", ".html", ".js", ".css", ".md"}]
    assert [path for path in texts if UNFINISHED.search(path.read_text(encoding="utf-8"))] == []


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _caught(handler: ast.ExceptHandler) -> set[str]:
    """Return the names of what a handler catches; empty text where it names nothing."""
    if handler.type is None:
        return {""}
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {ast.unparse(kind) for kind in kinds}


def _equates(node: ast.AST) -> bool:
    """Tell whether a version, which is text, is compared with anything."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return False
    sides = [node.left, *node.comparators]
    names = {ast.unparse(side).rpartition(".")[2] for side in sides}
    numbers = any(isinstance(side, ast.Constant) and type(side.value) is int for side in sides)
    return bool(names & {"version", "ocpp_version"}) and not numbers


def _compared(node: ast.AST) -> Iterator[str]:
    """Yield the texts that something is compared with."""
    compared: list[ast.AST] = []
    if isinstance(node, ast.Compare):
        compared = [node.left, *node.comparators]
    elif isinstance(node, ast.MatchValue):
        compared = [node.value]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        compared = [*node.args] if node.func.attr in ("startswith", "endswith") else []
    for part in compared:
        parts = part.elts if isinstance(part, ast.Tuple | ast.List | ast.Set) else [part]
        yield from (
            each.value
            for each in parts
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        )
