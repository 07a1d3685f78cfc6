"""Writes what is uploaded: for each name its code, requirements.txt and the modules it imports.

    python infra/commands/package.py DIRECTORY [NAME...]

Without a name, those of the two functions. Standard library only: deploy.sh runs it before anything
is installed.
"""

import shutil
import sys
from dataclasses import dataclass, field
from modulefinder import ModuleFinder
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path("requirements.txt")


@dataclass(frozen=True)
class Package:
    """`entries` are the sources that are run there, or imported by name at run time. The package
    also holds whatever these import, and `texts`, by path."""

    entries: tuple[str, ...]
    texts: dict[str, str] = field(default_factory=dict)

    def files(self) -> dict[Path, bytes]:
        entries = [Path(entry) for entry in self.entries]
        sources = {REQUIREMENTS, *entries}.union(*map(_imported, entries))
        return {_place(source): (ROOT / source).read_bytes() for source in sources} | {
            Path(path): text.encode() for path, text in self.texts.items()
        }


FUNCTIONS = {
    name: Package((f"functions/{name}/main.py",)) for name in ("list_events", "create_event")
}
PACKAGES = FUNCTIONS | {
    "reconcile": Package(
        ("infra/reconcile.py", "infra/commands/reconcile/command.py"),
        # How the buildpack starts it, and with which Python.
        {
            "Procfile": "web: python infra/reconcile.py --apply --json\n",
            ".python-version": "3.13\n",
        },
    )
}


def main(directory: Path, *names: str) -> None:
    for name in names or FUNCTIONS:
        target = directory / name
        files = PACKAGES[name].files()
        _check_replaceable(target, name, files)
        shutil.rmtree(target, ignore_errors=True)
        for path, content in files.items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(content)


def _imported(entry: Path) -> set[Path]:
    finder = ModuleFinder(path=[str(ROOT)])
    finder.run_script(str(ROOT / entry))
    files = (Path(each.__file__) for each in finder.modules.values() if each.__file__)  # type: ignore[attr-defined]
    return {file.relative_to(ROOT) for file in files}


def _place(source: Path) -> Path:
    """Where it is in the package: a function's main.py is looked for at the top."""
    return Path(source.name) if source.parts[0] == "functions" else source


def _check_replaceable(target: Path, name: str, files: dict[Path, bytes]) -> None:
    """Exits if the target is the source, or holds files that no earlier package can have left."""
    if target.resolve() == ROOT / "functions" / name:
        sys.exit(f"deploy.sh: {target.parent} holds the sources: choose another directory.")
    packages = {path.parts[0] for path in files if len(path.parts) > 1}
    for path in sorted(target.rglob("*")):
        place = path.relative_to(target)
        is_module = place.parts[0] in packages and place.suffix == ".py"
        is_packaged = place in files or is_module
        if not path.is_dir() and "__pycache__" not in place.parts and not is_packaged:
            sys.exit(
                f"deploy.sh: {target} holds {place}, which no package has:"
                " remove it or choose another directory."
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
