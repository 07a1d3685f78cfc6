"""The requirements files, and how the virtual environment is made."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_REQUIREMENT = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ; [^\\]+)? \\\n((?:    --hash=.*\n)+)", re.M)


def _pinned(file: str) -> dict[str, tuple[str, str]]:
    """Version and hashes by package. Every line must be a pin with hashes, or a comment."""
    text = (ROOT / file).read_text()
    rest = re.sub(r"^ *#.*\n", "", _REQUIREMENT.sub("", text), flags=re.M)
    assert rest == ""
    return {name: (version, hashes) for name, version, hashes in _REQUIREMENT.findall(text)}


def _names(requirements: list[object]) -> set[str]:
    return {text for text in requirements if isinstance(text, str)}


def test_requirements_pin_what_pyproject_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    direct = _names(project["project"]["dependencies"])
    groups = project["dependency-groups"]
    local = direct | _names(groups["local"])
    runtime, infra = _pinned("requirements.txt"), _pinned("infra/requirements.txt")
    tests = _pinned("tests/requirements.txt")
    assert direct <= runtime.keys()
    assert local <= infra.keys()
    assert local | _names(groups["tests"]) <= tests.keys()
    assert runtime.items() <= infra.items() <= tests.items()


def test_the_buildpack_finds_the_framework_among_the_requirements() -> None:
    """It adds pins of its own unless a line begins with the name."""
    assert "\nfunctions-framework==" in (ROOT / "requirements.txt").read_text()


@pytest.mark.parametrize("script", [".ci/run", "tests/run.sh"])
def test_scripts_that_no_test_runs_can_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What infra/venv.sh needs, with requirements that take no time."""
    for directory in ("infra", "tests"):
        (tmp_path / directory).mkdir()
        (tmp_path / directory / "requirements.txt").write_text(f"# of {directory}\n")
    for script in ("infra/venv.sh", "infra/local.sh"):
        shutil.copy(ROOT / script, tmp_path / script)
    return tmp_path


def _run(script: Path, *arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    environ = {"HOME": os.environ["HOME"], "PATH": path}
    return subprocess.run([script, *arguments], env=environ, capture_output=True, text=True)


def test_the_environment_is_made_completed_and_made_anew(clone: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script, mark = clone / "infra" / "venv.sh", clone / ".venv" / "mark"
    made = _run(script, path=path)
    assert (made.returncode, made.stdout) == (0, "")
    assert re.match(r"Making .venv with Python 3\.\S+ \(\d+ MB to download, ", made.stderr)
    mark.touch()
    completed = _run(script, "tests", path=path)
    assert completed.returncode == 0
    assert completed.stderr.startswith("Adding the packages of tests/requirements.txt to .venv (")
    for arguments in ([], ["tests"]):
        again = _run(script, *arguments, path=path)
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert mark.exists()

    for directory in ("infra", "tests"):
        requirement = f"iniconfig==2.3.1 --hash=sha256:{'0' * 64}\n"
        (clone / directory / "requirements.txt").write_text(requirement)
    failed = _run(script, path=path)
    assert failed.returncode == 1
    assert "DO NOT MATCH THE HASHES" in failed.stderr
    assert failed.stderr.endswith("what pip says about it stands above.\n")
    assert not (clone / ".venv" / "installed-requirements.txt").exists()
    assert not mark.exists()


@pytest.mark.parametrize("script", ["infra/venv.sh", "infra/local.sh"])
def test_without_a_fitting_python_one_sentence_says_so(clone: Path, script: str) -> None:
    programs = clone / "programs"
    programs.mkdir()
    for name in ("bash", "env", "dirname", "cmp"):
        (programs / name).symlink_to(str(shutil.which(name)))
    too_old = programs / "python3"
    too_old.write_text("#!/bin/sh\nexit 1\n")
    too_old.chmod(0o755)

    failed = _run(clone / script, path=str(programs))
    assert failed.returncode == 1
    assert failed.stderr == (
        "Python 3.11 or newer with its venv module is needed and none is on the PATH:"
        " install it (on Debian: apt-get install python3 python3-venv) and run this again.\n"
    )
    assert not (clone / ".venv").exists()
