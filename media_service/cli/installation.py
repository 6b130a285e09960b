"""The installation that a command finds on its machine: settings of the environment, completed by an embedded stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from configs.settings import Settings, load_settings, process_environment
from storage.embedded import data_folder
from storage.embedded.data_folder import Stack

DEFAULT_FOLDER = Path(".lessonstream")


@dataclass(frozen=True)
class Installation:
    """``stack`` is the embedded one that runs on ``folder``, if any."""

    folder: Path
    environment: Mapping[str, str]
    stack: Stack | None

    def settings(self) -> Settings:
        """Return its settings. Raises ``SettingsError`` where neither the environment nor a stack names a part.

        A worker's environment has nothing to sign with.
        """
        return load_settings(self.environment, part="web" if "SECRET_KEY" in self.environment else "worker")


def choose_folder(data: Path | None) -> Path:
    """The data folder: as the command line says, or ``DATA_DIR``, or the default."""
    return Path(data or process_environment().get("DATA_DIR") or DEFAULT_FOLDER).resolve()


def find_installation(data: Path | None) -> Installation:
    """Return which settings hold here. What the environment names wins over what the stack offers."""
    folder, environment = choose_folder(data), process_environment()
    stack = data_folder.read_stack(folder) if data_folder.is_running(folder) else None
    if stack is None:
        return Installation(folder, environment, None)
    public = {"PUBLIC_URL": stack.url} if stack.url else {}
    return Installation(folder, {**public, **complete(environment, stack)}, stack)


def load_installation_settings(data: Path | None) -> Settings:
    """Return just the settings. Raises ``SettingsError``."""
    return find_installation(data).settings()


def complete(environment: Mapping[str, str], stack: Stack) -> dict[str, str]:
    """``environment``, completed by the embedded stack. An S3 server is taken whole: never our key for theirs."""
    embedded = stack.environment()
    if "S3_ENDPOINT" in environment:
        embedded = {name: value for name, value in embedded.items() if not name.startswith("S3_")}
    else:
        environment = {name: value for name, value in environment.items() if not name.startswith("S3_")}
    return {**embedded, **environment}
