"""Writes each function's upload: its main.py, requirements.txt and the modules it imports.

    python infra/commands/package.py DIRECTORY

Standard library only: deploy.sh runs it before anything is installed.
"""

import shutil
import sys
from modulefinder import ModuleFinder
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ("list_events", "create_event")


def main(directory: Path) -> None:
    for name in FUNCTIONS:
        target = directory / name
        _check_replaceable(target, name)
        shutil.rmtree(target, ignore_errors=True)
        for source, path in _contents(name).items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / path)


def _contents(name: str) -> dict[Path, Path]:
    """The files of a function's package: maps each source to its path in the package."""
    entry = ROOT / "functions" / name / "main.py"
    finder = ModuleFinder(path=[str(ROOT)])
    finder.run_script(str(entry))
    files = (Path(each.__file__) for each in finder.modules.values() if each.__file__)  # type: ignore[attr-defined]
    modules = {file: file.relative_to(ROOT) for file in files if file != entry}
    requirements = Path("requirements.txt")
    return {entry: Path("main.py"), ROOT / requirements: requirements, **modules}


def _check_replaceable(target: Path, name: str) -> None:
    """Exits if the target is the source, or holds files that no earlier package can have left."""
    if target.resolve() == ROOT / "functions" / name:
        sys.exit(f"deploy.sh: {target.parent} holds the sources: choose another directory.")
    for path in sorted(target.rglob("*")):
        place = path.relative_to(target)
        is_module = place.parts[0] == "shared" and place.suffix == ".py"
        is_packaged = str(place) in ("main.py", "requirements.txt") or is_module
        if not path.is_dir() and "__pycache__" not in place.parts and not is_packaged:
            sys.exit(
                f"deploy.sh: {target} holds {place}, which no package has:"
                " remove it or choose another directory."
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
