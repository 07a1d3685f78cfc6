"""A copy of the repository in which deploy.sh and infra/project.sh run, with a recording gcloud."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support import recording_gcloud

ROOT = Path(__file__).parents[2]
PROJECT = "escuela-prueba"
SETTINGS = {
    "GOOGLE_CLOUD_PROJECT": PROJECT,
    "CALENDAR_ID": "c_123@group.calendar.google.com",
    "AUTH_GOOGLE_ID": "123-abc.apps.googleusercontent.com",
    "GOOGLE_REDIRECT_URI": "http://localhost:8765/",
    "ADMIN_EMAIL": "admin@escuela.example",
    "WEBHOOK_SERVICE_ACCOUNT": f"webhook@{PROJECT}.iam.gserviceaccount.com",
    "ALLOWED_ORIGINS": "https://a.example,https://b.example",
    "BUSY_CALENDAR_IDS": "teacher@escuela.example,c_456@group.calendar.google.com",
    "HOLD_MAX_MINUTES": "30",
}
CLIENT_SECRET = "client-secret-canary"
MERCADO_PAGO_TOKEN = "APP_USR-mercado-pago-token-canary"
MERCADO_PAGO_SECRET = "mercado-pago-secret-canary"
SECRETS = "\n".join((CLIENT_SECRET, MERCADO_PAGO_TOKEN, MERCADO_PAGO_SECRET))
"""As they are asked for; the last two only if our webhook is deployed."""


class Workspace:
    """A copy of what is deployed, with a .env, and a PATH on which gcloud is the recording one."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "repository"
        for name in ("functions", "shared", "infra"):
            ignored = shutil.ignore_patterns("__pycache__", "local", "examples")
            shutil.copytree(ROOT / name, self.root / name, ignore=ignored)
        for name in ("deploy.sh", "requirements.txt", ".env.example"):
            shutil.copy(ROOT / name, self.root / name)
        self.bin = directory / "bin"
        self.bin.mkdir()
        (self.bin / "python3.13").symlink_to(sys.executable)
        shutil.copy(Path(sys.prefix) / "pyvenv.cfg", directory)  # a Python without any packages
        recording_gcloud.install(self.bin)
        self._state = self.bin / "state.json"
        self.reset()
        self.write_env(SETTINGS)

    def write_env(self, settings: dict[str, str], name: str = ".env") -> None:
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        (self.root / name).write_text("".join(lines))

    def install_packages(self) -> None:
        """As infra/venv.sh would: an environment that has the packages of the one of the tests."""
        made = self.root / ".venv"
        (made / "bin").mkdir(parents=True)
        (made / "bin" / "python").symlink_to(sys.executable)
        (made / "lib").symlink_to(Path(sys.prefix) / "lib")
        shutil.copy(Path(sys.prefix) / "pyvenv.cfg", made)
        shutil.copy(self.root / "infra/requirements.txt", made / "installed-requirements.txt")

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self._state.read_text())
        return state

    def set_state(self, **changes: Any) -> None:
        self._state.write_text(json.dumps(self.state | changes))

    def reset(self) -> None:
        """An empty project, but for the account that the webhook runs as."""
        accounts: dict[str, Any] = {SETTINGS["WEBHOOK_SERVICE_ACCOUNT"]: {}}
        empty = recording_gcloud.EMPTY_PROJECT | {"accounts": accounts}
        self._state.write_text(json.dumps(empty))

    def run(
        self, *command: str, stdin: str = SECRETS, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command in the copy; its environment holds nothing but what is given."""
        return subprocess.run(
            command,
            cwd=self.root,
            env={"PATH": f"{self.bin}:{os.environ['PATH']}", "RETRY_PAUSE": "0"} | environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def succeed(
        self, *command: str, stdin: str = SECRETS, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """The same for a command that has to succeed."""
        done = self.run(*command, stdin=stdin, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done
