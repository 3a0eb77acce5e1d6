"""The settings: names, defaults and help in one place, each typed and checked at the start.

Order: environment, then `.env`, then `[app:main]` of `wsgi.ini`, then the default.
"""

from __future__ import annotations

import configparser
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from .errors import ConfigurationError

PREFIX = "OCPP_"
TEST_PREFIX = "OCPP_TEST_"  # where the tests find their services; no settings of the server
INI_FILE = "wsgi.ini"
ENV_FILE = ".env"


class Config(BaseSettings):
    """All settings of the server; each field's description is its help."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    database_url: str = Field(
        default="sqlite:///data/ocpp.db",
        description="SQLite file, or postgresql://user:password@host/name",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="signs cookies; empty: generated once into the data folder",
    )
    api_key: SecretStr = Field(
        default=SecretStr(""),
        description="an API key with role administrator, beside those in the database",
    )
    heartbeat_interval: int = Field(
        default=300, ge=1, le=86400, description="seconds between heartbeats, told to stations"
    )
    ping_interval: float = Field(
        default=60,
        ge=0,
        le=3600,
        description="seconds between WebSocket pings, two missed ones end the connection; 0: none",
    )
    call_timeout: float = Field(
        default=60, gt=0, le=3600, description="seconds a command waits for the station"
    )
    max_message_size: int = Field(
        default=1_048_576, ge=1024, description="bytes of one message after reassembly"
    )
    validate_messages: bool = Field(
        default=True, description="check messages against the JSON schemas, in both directions"
    )
    deny_concurrent_tx: bool = Field(
        default=False, description="one open transaction per tag, over all stations"
    )
    pending_interval: int = Field(
        default=10,
        ge=1,
        le=86400,
        description="seconds a station waits between boots while it is Pending or Rejected",
    )
    unknown_stations: Literal["refuse", "quarantine"] = Field(
        default="refuse",
        description="refuse (412), or quarantine: connects, is Pending, waits for adoption",
    )
    message_log: Literal[0, 1, 2] = Field(
        default=2, description="0 none, 1 without heartbeats and meter values, 2 all"
    )
    message_log_days: int = Field(
        default=30, ge=1, le=36500, description="days that the message log is kept"
    )

    @field_validator("message_log", mode="before")
    @classmethod
    def _whole_number(cls, value: Any) -> Any:
        return int(value) if isinstance(value, str) and value.strip().isdigit() else value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not re.match(r"(sqlite:///|postgres(ql)?://)\S", value):
            raise ValueError("must be sqlite:///<file> or postgresql://user:password@host/name")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from `load` alone, which knows the order and names the source."""
        return (init_settings,)


@dataclass(frozen=True)
class Setting:
    """One setting as `flask settings` lists it."""

    variable: str
    value: str
    source: str
    help: str


def load(ini_settings: Mapping[str, str] | None = None) -> Config:
    """Return the checked settings.

    `ini_settings` are those of `[app:main]`; without them they are read from `wsgi.ini` in the
    working directory. Raises ConfigurationError with one line for an unknown name or bad value.
    """
    values, _ = _collect(ini_settings)
    try:
        return Config(**values)
    except ValidationError as error:
        raise ConfigurationError(_one_line(error)) from error


def listing(ini_settings: Mapping[str, str] | None = None) -> Iterator[Setting]:
    """Yield all settings with value, source and help; secrets are masked."""
    config = load(ini_settings)
    _, sources = _collect(ini_settings)
    for name, field in Config.model_fields.items():
        source = sources.get(name, "default")
        yield Setting(PREFIX + name.upper(), _shown(name, config), source, field.description or "")


def secret_key(config: Config, data_folder: Path) -> str:
    """Return the key that signs cookies, generating it into the data folder when none is set."""
    if config.secret_key.get_secret_value():
        return config.secret_key.get_secret_value()
    data_folder.mkdir(0o700, parents=True, exist_ok=True)
    file = data_folder / "secret_key"
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    key = secrets.token_urlsafe(48)
    with os.fdopen(handle, "w") as stream:
        stream.write(key + "\n")
    return key


def data_folder(config: Config) -> Path:
    """Return the folder for files of the server: the SQLite file's, else `data`."""
    if config.database_url.startswith("sqlite:///"):
        return Path(config.database_url.removeprefix("sqlite:///")).parent
    return Path("data")


def _collect(ini: Mapping[str, str] | None) -> tuple[dict[str, Any], dict[str, str]]:
    layers = [
        (f"[app:main] of {INI_FILE}", _from_ini(_read_ini() if ini is None else ini)),
        (ENV_FILE, _from_environment(dotenv_values(ENV_FILE), ENV_FILE)),
        ("environment", _from_environment(os.environ, "environment")),
    ]
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for source, layer in layers:
        for name, text in layer.items():
            # `flask` copies .env into the environment before we look.
            is_copy = sources.get(name) == ENV_FILE and values[name] == text
            values[name] = text
            sources[name] = ENV_FILE if is_copy else source
    return values, sources


def _read_ini() -> dict[str, str]:
    file = Path(INI_FILE).absolute()
    parser = configparser.ConfigParser({"here": str(file.parent), "__file__": str(file)})
    try:
        parser.read(file)
        return dict(parser.items("app:main")) if parser.has_section("app:main") else {}
    except configparser.Error as error:  # as PasteDeploy reads it: %% is a percent sign
        raise ConfigurationError(f"{INI_FILE}: {' '.join(str(error).split())}") from error


def _from_ini(settings: Mapping[str, str]) -> dict[str, str]:
    own = {"use", "here", "__file__", "paste.app_factory", "set"}  # PasteDeploy's, not ours
    values = {name: text for name, text in settings.items() if name not in own}
    for name in values:
        _known(name, name, f"[app:main] of {INI_FILE}")
    return values


def _from_environment(environ: Mapping[str, str | None], source: str) -> dict[str, str]:
    values = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable.startswith(TEST_PREFIX) or text is None:
            continue
        name = variable.removeprefix(PREFIX).lower()
        _known(name, variable, source)
        values[name] = text
    return values


def _known(name: str, spelled: str, source: str) -> None:
    if name not in Config.model_fields:
        raise ConfigurationError(f"unknown setting {spelled} in {source} (see: flask settings)")


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    name = PREFIX + str(first["loc"][0]).upper()
    return f"{name}: {first['msg'].removeprefix('Value error, ')}"


def _shown(name: str, config: Config) -> str:
    value = getattr(config, name)
    if isinstance(value, SecretStr):
        return "********" if value.get_secret_value() else ""
    if name == "database_url":
        return re.sub(r"(?<=:)[^:@/]+(?=@)", "********", value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
