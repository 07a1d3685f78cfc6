"""`./deploy.sh --package`: exactly what is uploaded, which runs with only its requirements."""

import ast
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from infra.local.google.control import Control
from infra.local.stack import ROOT
from tests.support.classes import Classes
from tests.support.client import SUCCESS
from tests.support.served import serving

FUNCTIONS = ("list_events", "create_event")
JUNK = (
    ".env",
    ".venv/lib/module.py",
    "key.json",
    "functions/list_events/.env",
    "functions/create_event/key.json",
    "functions/create_event/helper.py",
    "functions/list_events/__pycache__/main.cpython-311.pyc",
    "shared/.env",
    "shared/key.json",
    "shared/__pycache__/errors.cpython-311.pyc",
    "shared/tests/test_errors.py",
    "tests/test_shared.py",
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the project's sources."""
    clone = tmp_path / "clone"
    for directory in ("functions", "shared", "infra"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / directory, clone / directory, ignore=ignored)
    for file in ("deploy.sh", "requirements.txt"):
        shutil.copy(ROOT / file, clone)
    return clone


def _deploy(root: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([root / "deploy.sh", *arguments], capture_output=True, text=True)


def _package(root: Path, directory: Path) -> None:
    made = _deploy(root, "--package", directory)
    assert (made.returncode, made.stderr) == (0, "")


def _tree(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def _expected() -> dict[str, bytes]:
    """What a package holds, by path."""
    files = {}
    for name in FUNCTIONS:
        files[f"{name}/main.py"] = (ROOT / "functions" / name / "main.py").read_bytes()
        files[f"{name}/requirements.txt"] = (ROOT / "requirements.txt").read_bytes()
        for module in _imported(ROOT / "functions" / name / "main.py"):
            files[f"{name}/{module.relative_to(ROOT)}"] = module.read_bytes()
    return files


def _imported(path: Path) -> set[Path]:
    """The files of `shared/` that a file imports, at whatever remove."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        for node in ast.walk(ast.parse(waiting.pop().read_text())):
            for file in set(_named(node)) - found:
                found.add(file)
                waiting.append(file)
    return found


def _named(node: ast.AST) -> Iterator[Path]:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    for name in names:
        parts = name.split(".")
        for length in range(1, len(parts) + 1) if parts[0] == "shared" else ():
            place = ROOT.joinpath(*parts[:length])
            yield from filter(Path.is_file, (place / "__init__.py", place.with_suffix(".py")))


def test_a_package_holds_the_sources_and_nothing_else(clone: Path, tmp_path: Path) -> None:
    for junk in JUNK:
        (clone / junk).parent.mkdir(parents=True, exist_ok=True)
        (clone / junk).write_text("junk")
    _package(clone, tmp_path / "out")
    assert _tree(tmp_path / "out") == _expected()


def test_packaging_again_gives_the_same(clone: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _package(clone, out)
    for name in FUNCTIONS:
        (out / name / "shared" / "gone_since.py").write_text("")
        (out / name / "__pycache__").mkdir()
        (out / name / "__pycache__" / "main.cpython-311.pyc").write_bytes(b"")
    _package(clone, out)
    assert _tree(out) == _expected()


def test_the_directory_may_be_given_relative_to_where_one_is(clone: Path, tmp_path: Path) -> None:
    subprocess.run([clone / "deploy.sh", "--package", "here"], cwd=tmp_path, check=True)
    assert _tree(tmp_path / "here") == _expected()


@pytest.mark.parametrize("foreign", ["list_events/notes.txt", "create_event/.env"])
def test_what_no_package_holds_is_not_deleted(clone: Path, tmp_path: Path, foreign: str) -> None:
    file = tmp_path / "out" / foreign
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    refused = _deploy(clone, "--package", tmp_path / "out")
    assert refused.returncode == 1
    assert "which no package has: remove it or choose another directory." in refused.stderr
    assert file.read_text() == "mine"


def test_the_sources_are_not_packaged_over_themselves(clone: Path) -> None:
    before = _tree(clone)
    refused = _deploy(clone, "--package", clone / "functions")
    assert refused.returncode == 1
    assert refused.stderr.endswith("holds the sources: choose another directory.\n")
    assert _tree(clone) == before


def test_the_job_runs_with_what_was_packaged_for_it(tmp_path: Path) -> None:
    """Isolated: nothing of the project is on the path but the package."""
    packer = ROOT / "infra" / "commands" / "package.py"
    subprocess.run([sys.executable, "-B", packer, tmp_path, "reconcile"], check=True)
    package = tmp_path / "reconcile"
    command = (package / "Procfile").read_text().removeprefix("web: python ").split()
    assert command == ["infra/reconcile.py", "--apply", "--json"]
    started = subprocess.run(
        [sys.executable, "-I", *command],
        cwd=package,
        env={"PATH": ""},
        capture_output=True,
        text=True,
    )
    assert started.returncode == 2, started.stderr
    assert "CALENDAR_ID is not set" in started.stdout
    assert not (package / "infra" / "local").exists()


def test_help_and_wrong_usage() -> None:
    assert "--package DIR" in _deploy(ROOT, "--help").stdout
    assert _deploy(ROOT, "--package").returncode == 2
    wrong = _deploy(ROOT, "--unknown")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "--package DIR" in wrong.stderr


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with nothing but the packages of requirements.txt, linked to the installed ones."""
    directory = tmp_path_factory.mktemp("clean")
    venv.create(directory)
    [site] = directory.glob("lib/python*/site-packages")
    for name in re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.txt").read_text(), re.M):
        for file in distribution(name).files or []:
            if ".." not in file.parts:  # a program, beside the packages
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                (site / file).symlink_to(file.locate())
    python = directory / "bin" / "python"
    # The buildpack does this after its installation.
    check = [sys.executable, "-m", "pip", "-qq", "--python", str(python), "check"]
    subprocess.run(check, check=True)
    return python


def test_a_function_imports_what_was_packaged_with_it(tmp_path: Path) -> None:
    """And not the package of the same name in the directory it is started from."""
    packaged = tmp_path / "where" / "shared" / "__init__.py"
    packaged.parent.mkdir(parents=True)
    packaged.touch()
    source = "import shared\n\ndef where(request):\n    return shared.__file__\n"
    (tmp_path / "where" / "main.py").write_text(source)
    with serving(tmp_path / "where", "", "", tmp_path / "log", {}) as where:
        assert where.get().body.decode() == str(packaged)


def test_a_class_is_booked_and_listed_with_only_the_requirements(
    python: Path, package: Path, emulator: str, classes: Classes, google: Control, tmp_path: Path
) -> None:
    preference_id = classes.preference_of(classes.add())
    log = tmp_path / "log"
    with serving(package / "create_event", emulator, google.url, log, {}, python) as create_event:
        booked = create_event.book(preference_id)
    with serving(package / "list_events", emulator, google.url, log, {}, python) as list_events:
        listed = list_events.get()
    assert booked.json == SUCCESS
    assert len(listed.json) == 1
