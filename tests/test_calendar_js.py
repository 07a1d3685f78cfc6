"""calendar.js, the client for the school's page: its types, and what it does."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WEB = ROOT / "infra" / "examples" / "web"

if not (shutil.which("node") and shutil.which("npm")) and not os.environ.get("CI"):
    pytest.skip(
        "no Node.js is installed (on Debian: apt-get install nodejs npm)", allow_module_level=True
    )


@pytest.fixture(scope="module")
def typescript() -> Path:
    """The pinned compiler, installed beside the module unless it is there already."""
    wanted = json.loads((WEB / "package.json").read_text())["devDependencies"]["typescript"]
    compiler = WEB / "node_modules" / ".bin" / "tsc"
    if not compiler.exists() or _run(compiler, "--version").stdout.split()[-1] != wanted:
        installed = _run("npm", "ci", "--no-audit", "--no-fund")
        assert installed.returncode == 0, installed.stderr
    return compiler


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=100)


def test_the_types_of_the_module_and_of_the_local_page_hold(typescript: Path) -> None:
    checked = _run(typescript)
    assert checked.returncode == 0, checked.stdout


def test_a_wrong_use_of_the_module_is_found(typescript: Path, tmp_path: Path) -> None:
    """So its types say something."""
    shutil.copy(WEB / "calendar.js", tmp_path)
    (tmp_path / "page.js").write_text(
        'import { freeSlots } from "./calendar.js";\n'
        'const slots = freeSlots([], { timeZone: "UTC", from: "2031-03-14" });\n'
        "export const wrong = slots[0].startTime;\n"
    )
    options = ["--noEmit", "--checkJs", "--strict", "--target", "es2024", "--module", "es2022"]
    checked = _run(typescript, *options, "--ignoreConfig", tmp_path / "page.js")
    assert checked.returncode != 0
    assert "Property 'startTime' does not exist on type 'Slot'" in checked.stdout


def test_the_lock_file_pins_what_the_package_names_and_no_address() -> None:
    package = json.loads((WEB / "package.json").read_text())
    lock = json.loads((WEB / "package-lock.json").read_text())["packages"]
    assert lock[""]["devDependencies"] == package["devDependencies"]
    for name, version in package["devDependencies"].items():
        locked = lock[f"node_modules/{name}"]
        assert locked["version"] == version
        assert locked["integrity"].startswith("sha512-")
        assert "resolved" not in locked


def test_it_does_what_it_says() -> None:
    tested = _run("node", "--test", ROOT / "tests" / "calendar.test.mjs")
    assert tested.returncode == 0, tested.stdout
