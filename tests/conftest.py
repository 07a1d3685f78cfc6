"""What every test may use: the real emulator, the stand-in for Google, served functions."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from infra.local.emulator import firestore_emulator
from infra.local.google.control import Control, running_stand_in
from infra.local.mercado_pago import ACCESS_TOKEN, WEBHOOK_SECRET
from infra.local.mercado_pago.control import MercadoPagoControl
from infra.local.mercado_pago.control import running_stand_in as mercado_pago
from tests.support.canaries import CANARIES
from tests.support.classes import Classes
from tests.support.listing import read_anew
from tests.support.reconciling import Reconcile
from tests.support.school import School
from tests.support.served import SETTINGS, Served, serving
from tests.support.shop import Shop

ROOT = Path(__file__).parents[1]

# A shell's background job ignores SIGINT, and so would all that is started here and sent one.
signal.signal(signal.SIGINT, signal.default_int_handler)

_LONGEST_FIRST = (
    "test_page", "test_campaign", "test_holds", "test_snapshot", "test_deploy_sh", "test_errors",
    "test_benchmark", "test_reconcile", "test_simulation", "test_openapi", "test_setup_sh",
    "test_queue", "test_local", "test_hold_and_pay", "test_webhook", "test_package", "test_doctor",
)  # fmt: skip
"""The files that take longest: one that began late would be waited for by all. Those that compute
and those that wait take turns."""

Serve = Callable[..., Served]
StartWebhook = Callable[..., AbstractContextManager[Served]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {name: rank for rank, name in enumerate(_LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(ranks)))


@pytest.fixture(scope="session")
def emulator() -> Iterator[str]:
    """ "host:port" of a Firestore emulator."""
    with firestore_emulator() as host:
        yield host


@pytest.fixture(scope="session")
def stand_in() -> Iterator[Control]:
    with running_stand_in() as control:
        yield control


@pytest.fixture
def google(stand_in: Control) -> Control:
    """The stand-in for Google, as right after its start but for the access tokens in use."""
    stand_in.reset()
    stand_in.settings(echo=CANARIES)
    return stand_in


@pytest.fixture
def classes(emulator: str) -> Iterator[Classes]:
    """The classes in Firestore; none at the start of a test."""
    with Classes(emulator) as classes:
        yield classes


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both functions, packaged as for deployment."""
    directory = tmp_path_factory.mktemp("package")
    subprocess.run([ROOT / "deploy.sh", "--package", directory], check=True, capture_output=True)
    return directory


@pytest.fixture(scope="session")
def serve_for_session(
    package: Path, emulator: str, stand_in: Control, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serve]:
    with ExitStack() as running:

        def serve(name: str, **settings: object) -> Served:
            log = tmp_path_factory.mktemp("log") / f"{name}.log"
            return running.enter_context(
                serving(package / name, emulator, stand_in.url, log, settings)
            )

        yield serve


@pytest.fixture
def serve(package: Path, emulator: str, google: Control, tmp_path: Path) -> Iterator[Serve]:
    """Serves a packaged function in a process of its own, with the settings given."""
    with ExitStack() as running:

        def serve(name: str, **settings: object) -> Served:
            log = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}.log"
            return running.enter_context(
                serving(package / name, emulator, google.url, log, settings)
            )

        yield serve


@pytest.fixture(scope="session")
def payments() -> Iterator[MercadoPagoControl]:
    """The stand-in for Mercado Pago."""
    with mercado_pago() as control:
        yield control


@pytest.fixture
def shop(payments: MercadoPagoControl, classes: Classes) -> Shop:
    payments.reset()  # whatever another file has left
    return Shop(payments, classes)


@pytest.fixture(scope="session")
def start_webhook(
    payments: MercadoPagoControl, emulator: str, tmp_path_factory: pytest.TempPathFactory
) -> StartWebhook:
    """Serves the webhook; the settings given must have CREATE_EVENT_URL."""

    def start(**settings: object) -> AbstractContextManager[Served]:
        usual = {
            "MERCADO_PAGO_ACCESS_TOKEN": ACCESS_TOKEN,
            "MERCADO_PAGO_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "MERCADO_PAGO_EMULATOR_URL": payments.url,
        }
        log = tmp_path_factory.mktemp("log") / "webhook.log"
        return serving(ROOT / "infra" / "mercado_pago_webhook", emulator, "", log, usual | settings)

    return start


@pytest.fixture(scope="session")
def _create_event(serve_for_session: Serve) -> Served:
    return serve_for_session("create_event")


@pytest.fixture(scope="session")
def _list_events(serve_for_session: Serve) -> Served:
    return serve_for_session("list_events", EVENTS_CACHE_SECONDS=0)


@pytest.fixture
def create_event(_create_event: Served, google: Control) -> Served:
    """`create_event` with the default settings, shared by tests."""
    google.clear_requests()
    _create_event.forget_log()
    return _create_event


@pytest.fixture
def list_events(_list_events: Served, google: Control) -> Served:
    """`list_events` that renews its snapshot for each request, shared by tests."""
    read_anew(_list_events, google)  # whatever failed in the test before
    google.clear_requests()
    _list_events.forget_log()
    return _list_events


@pytest.fixture
def school(create_event: Served, classes: Classes, google: Control) -> Iterator[School]:
    """A school, all of whose requests to Google are ones that Google knows."""
    yield School(create_event, classes, google)
    assert google.refusals() == []


@pytest.fixture
def reconcile(emulator: str, google: Control, tmp_path: Path) -> Iterator[Reconcile]:
    services = {"FIRESTORE_EMULATOR_HOST": emulator, "GOOGLE_EMULATOR_URL": google.url}
    with ExitStack() as running:
        yield Reconcile({**SETTINGS, **services}, tmp_path, running)
