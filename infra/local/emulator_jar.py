"""Where the Firestore emulator comes from: gcloud's component, or a pinned download."""

import hashlib
import http.client
import shutil
import tempfile
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


class EmulatorUnavailable(Exception):
    """The emulator cannot run; the text says what is missing and what to do."""


@dataclass(frozen=True)
class EmulatorRelease:
    """A published version of the emulator."""

    version: str
    sha256: str
    base_url: str = "https://storage.googleapis.com/firebase-preview-drop/emulator"

    @property
    def file_name(self) -> str:
        return f"cloud-firestore-emulator-v{self.version}.jar"


# As firebase-tools 15.34.2 pins it in lib/emulator/downloadableEmulatorInfo.json.
RELEASE = EmulatorRelease(
    "1.22.0", "9b6498b7f62714d67f48f59b3818883cd682dbcd46b9f59511de81c97bb5166c"
)


def gcloud_component(environ: Mapping[str, str]) -> Path | None:
    """The jar of gcloud's component `cloud-firestore-emulator`, if it is installed."""
    gcloud = shutil.which("gcloud", path=environ.get("PATH", ""))
    if gcloud is None:
        return None
    component = Path(gcloud).resolve().parent.parent / "platform" / "cloud-firestore-emulator"
    return next(component.glob("*.jar"), None)


def cache_directory(environ: Mapping[str, str]) -> Path:
    """Where downloads are kept between runs: below the user's cache."""
    user_cache = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(user_cache) / "virtual-classes-calendar"


def download(release: EmulatorRelease, cache: Path, say: Callable[[str], None]) -> Path:
    """The release's jar, fetched unless the cache has it; only a complete, verified file gets
    there. Raises EmulatorUnavailable."""
    jar = cache / release.file_name
    url = f"{release.base_url}/{release.file_name}"
    if not jar.exists():
        say(f"downloading the Firestore emulator, this once, from {url}")
        try:
            _fetch(url, jar, release.sha256)
        except (OSError, http.client.HTTPException) as error:
            raise EmulatorUnavailable(
                f"The Firestore emulator could not be downloaded from {url} ({error}): run this"
                " again when that is mended, or install it with"
                " `gcloud components install cloud-firestore-emulator`."
            ) from error
    return jar


def _fetch(url: str, target: Path, sha256: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as unfinished:
        part = Path(unfinished) / target.name
        with urllib.request.urlopen(url, timeout=30) as response, part.open("wb") as file:
            shutil.copyfileobj(response, file)
        if response.length:
            raise OSError(f"it broke off {response.length:,} bytes before its end")
        digest = hashlib.sha256(part.read_bytes()).hexdigest()
        if digest != sha256:
            raise OSError(f"its sha256 is {digest} instead of {sha256}")
        part.replace(target)
