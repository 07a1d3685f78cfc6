"""Who may import whom."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EDGES = {
    "class_store",
    "google_calendar",
    "google_credentials",
    "project",
    "token_endpoint",
    "token_secret",
}
PURE = {
    "calendar_event",
    "deadline",
    "errors",
    "json_object",
    "once",
    "rfc3339",
    "slots",
    "stored_class",
    "virtual_class",
}
MODULES = {path.stem: path for path in (ROOT / "shared").glob("*.py")}
FUNCTIONS = sorted((ROOT / "functions").glob("*/main.py"))


def imports(path: Path) -> set[str]:
    """Full names of everything a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


def starts_with(names: set[str], *packages: str) -> set[str]:
    return {name for name in names if name.split(".")[0] in packages}


@pytest.mark.parametrize("name", sorted(MODULES.keys() - EDGES))
def test_only_the_edges_import_googles_packages(name: str) -> None:
    packages = ("google", "googleapiclient", "grpc", "google_crc32c", "requests")
    assert starts_with(imports(MODULES[name]), *packages) == set()


@pytest.mark.parametrize("name", sorted(PURE))
def test_pure_modules_import_pure_modules(name: str) -> None:
    ours = {
        each.split(".")[1] for each in starts_with(imports(MODULES[name]), "shared") if "." in each
    }
    assert ours & MODULES.keys() <= PURE


@pytest.mark.parametrize("path", [*MODULES.values(), *FUNCTIONS], ids=str)
def test_only_settings_reads_the_environment(path: Path) -> None:
    reads = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert path.stem == "settings" or not reads & {"environ", "getenv"}


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: path.parent.name)
def test_functions_do_not_import_each_other_nor_what_is_local(path: Path) -> None:
    assert starts_with(imports(path), "functions", "infra", "tests") == set()


def test_shared_imports_nothing_local() -> None:
    for path in MODULES.values():
        assert starts_with(imports(path), "functions", "infra", "tests") == set(), path


def test_listing_does_not_load_what_only_booking_needs() -> None:
    listed = imports(ROOT / "functions/list_events/main.py")
    assert not {"shared.booking", "shared.class_store", "shared.event_writer"} & listed
