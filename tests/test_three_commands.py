"""From a clean clone to everything standing, by the three commands of the README. That each may be
repeated is shown with it."""

import sys
from collections.abc import Iterator

import pytest

from infra.local.gateway import in_background
from infra.local.google import defaults
from infra.local.google.control import Control
from infra.local.processes import free_port
from tests.support import consenting_browser
from tests.support.classes import Classes
from tests.support.cloud_run import WEBHOOK, CloudRun
from tests.support.workspace import (
    MERCADO_PAGO_SECRET,
    MERCADO_PAGO_TOKEN,
    PROJECT,
    Workspace,
)
from tests.test_doctor import CLOSED, publish

ANSWERS = [
    *(PROJECT, "", defaults.ACCOUNT, "", defaults.CLIENT_ID, ""),
    *(defaults.CLIENT_SECRET, MERCADO_PAGO_TOKEN, MERCADO_PAGO_SECRET),
]
"""To what infra/setup.sh asks: nine, of which three take the default."""


@pytest.fixture
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("clone"))
    workspace.install_packages()
    (workspace.root / ".env").unlink()
    return workspace


@pytest.fixture
def cloud_run(workspace: Workspace) -> Iterator[CloudRun]:
    with CloudRun(workspace) as server, in_background(server):
        workspace.set_state(url=server.url)
        yield server


@pytest.mark.timeout(300)
def test_three_commands(
    workspace: Workspace, cloud_run: CloudRun, google: Control, emulator: str
) -> None:
    uri = f"http://localhost:{free_port()}/"
    google.settings(redirect_uris=[uri])
    publish(emulator, CLOSED, PROJECT)
    around = {
        "GOOGLE_EMULATOR_URL": google.url,
        "FIRESTORE_EMULATOR_HOST": emulator,
        "BROWSER": f"{sys.executable} {consenting_browser.__file__} %s &",
        "GOOGLE_REDIRECT_URI": uri,
    }
    workspace.succeed("infra/setup.sh", stdin="\n".join(ANSWERS), **around)
    # What infra/authorize.py has stored, the recorded project has, too.
    held = workspace.state["secrets"]
    workspace.set_state(secrets=held | {defaults.REFRESH_TOKEN_SECRET: ["a token"]})
    for secret in ("mercado-pago-access-token", "mercado-pago-webhook-secret"):
        google.add_secret_version(held[secret][0], secret)

    workspace.succeed("./deploy.sh", stdin="")

    cloud_run.answers[WEBHOOK] = (200, '{"code": "simulated"}')
    with Classes(emulator, PROJECT) as classes:
        classes.add()
        examined = workspace.succeed("infra/doctor.py", "--local", stdin="", **around)
        classes.clear()
    verdicts = [line.partition("  ")[0].strip() for line in examined.stdout.splitlines()]
    assert verdicts.count("ok") == len(verdicts) - 1, examined.stdout
    assert [line for line in examined.stdout.splitlines() if line.startswith("not checked  clock")]
