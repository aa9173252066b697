"""Real parts for tests: a trained bundle and a running service."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import httpx
import pytest
import torch
from filelock import FileLock
from threadpoolctl import threadpool_limits
from xdist.remote import Producer

from model.data import Dataset, load_dataset
from model.presets import PRESETS, Preset, with_options
from model.recommender import Recommender
from tests.deployments import DEPLOYMENTS, ONE_WORKER, Deployment, deployed
from tests.running import Service
from tests.together import Together
from tests.training import train_bundle
from tests.worlds import write_known_kinds, write_two_tastes

# Tests run side by side; threads that wait for one another would only take turns with theirs.
torch.set_num_threads(1)
_ONE_THREAD = threadpool_limits(1)
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # of the programs that tests start

# Enough for a small world, in seconds.
QUICK_PRESETS: dict[str, Preset] = {
    "default": with_options(
        PRESETS["default"],
        members=2,
        epochs=1,
        global_updates=60,
        learning_rate=0.005,
        passes=1,
        least_updates=150,
        answer_passes=1,
        least_answer_updates=20,
    ),
    "melu": with_options(PRESETS["melu"], epochs=25, learning_rate=0.01),
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together | None:
    """Deal tests to several processes by file, but for those that share what is dear to start."""
    return Together(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    """Spare the garbage collector torch and thousands of tests: they stay to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def two_tastes_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_two_tastes(tmp_path_factory.mktemp("data") / "two-tastes")


@pytest.fixture(scope="session")
def two_tastes(two_tastes_folder: Path) -> Dataset:
    return load_dataset(two_tastes_folder)


@pytest.fixture(scope="session")
def trained_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, Callable[[Path], object]], Path]:
    """Train a bundle in the first of the processes that run the tests; the others wait for it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # which all of them share

    def trained(name: str, train: Callable[[Path], object]) -> Path:
        bundle = folder / f"trained-{name}"
        with FileLock(f"{bundle}.lock"):
            if not bundle.exists():
                # What is begun is no bundle: another process may find it after this one failed.
                begun = tmp_path_factory.mktemp("training") / "model"
                train(begun)
                begun.rename(bundle)
        return bundle

    return trained


@pytest.fixture(scope="session")
def bundle_of(
    two_tastes: Dataset, trained_once: Callable[[str, Callable[[Path], object]], Path]
) -> Callable[[str], Path]:
    """Train a quick preset once; return its bundle, which no test changes."""

    def trained(preset_name: str) -> Path:
        preset = QUICK_PRESETS[preset_name]
        return trained_once(
            preset_name, lambda folder: train_bundle(two_tastes, preset, folder, seed=1)
        )

    return trained


@pytest.fixture(scope="session")
def bundle(bundle_of: Callable[[str], Path]) -> Path:
    return bundle_of("default")


@pytest.fixture(scope="session")
def other_bundle(
    two_tastes: Dataset, trained_once: Callable[[str, Callable[[Path], object]], Path]
) -> Path:
    """Trained on the same data from another seed."""
    preset = QUICK_PRESETS["default"]
    return trained_once("other", lambda folder: train_bundle(two_tastes, preset, folder, seed=2))


@pytest.fixture(scope="session")
def bundle_that_asks(
    tmp_path_factory: pytest.TempPathFactory,
    trained_once: Callable[[str, Callable[[Path], object]], Path],
) -> Path:
    """A bundle of a world in which what is not seen tells what else is not known."""
    preset = with_options(QUICK_PRESETS["default"], least_updates=300, least_answer_updates=300)

    def train(folder: Path) -> None:
        data = write_known_kinds(tmp_path_factory.mktemp("known-kinds") / "data")
        train_bundle(load_dataset(data), preset, folder)

    return trained_once("that-asks", train)


@pytest.fixture(scope="session")
def recommender(bundle: Path) -> Recommender:
    return Recommender.load(bundle)


@pytest.fixture(scope="session")
def service(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(bundle, tmp_path_factory.mktemp("service")).start()
    yield running
    running.stop()


SLOW_FOLDERS = {"access", "browser", "clients", "contract", "faults", "loop", "service", "store"}

LONGEST_FIRST = (
    "faults/test_a_primary_with_a_replica.py",
    "project/test_init.py",
    "service/test_starting_and_stopping.py",
    "model/test_fuzzed_files.py",
    "contract/test_random_interleavings.py",
    "clients/test_when_calls_fail.py",
    "store/test_calls_over_one_connection.py",
    "store/test_announcements.py",
    "store/test_exporting_feedback.py",
    "model/ranks/test_trainings_on_two_ranks.py",
    "contract/test_schemathesis.py",
    "service/test_cursors_are_not_trusted.py",
    "clients/test_when_calls_fail.py",
    "project/test_odd_names.py",
    "loop/test_the_whole_loop.py",
    "service/test_an_invented_kind_of_feature.py",
    "browser/test_page_accessibility.py",
    "browser/test_what_an_answer_changes.py",
    "model/test_training_checkpoints.py",
    "service/test_reloading_the_model.py",
    "service/test_clicks_alone.py",
)
"""Files that take longest: begun last, one of them would run alone at the end.

Some wait for most of their time, and leave the processors to those that are begun beside them.
"""


@cache
def _says_clock(file: Path) -> bool:
    return "pytest.mark.clock" in file.read_text()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test-fast` leaves out, where a test does not, and begin with the longest."""
    tests = Path(__file__).parent
    places = {tests / name: place for place, name in enumerate(LONGEST_FIRST)}
    slow = {tests / name for name in SLOW_FOLDERS}

    for item in items:
        if not slow.isdisjoint(item.path.parents):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("clock") and not _says_clock(item.path):
            raise pytest.UsageError(f"{item.nodeid}: `make test` looks for pytest.mark.clock")
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked as part of the contract on every deployment."""
    if metafunc.definition.get_closest_marker("contract") and "deployment" in metafunc.fixturenames:
        metafunc.parametrize("deployment", DEPLOYMENTS, indirect=True, scope="session")


@pytest.fixture(scope="session")
def deployment_of(
    request: pytest.FixtureRequest, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Deployment]]:
    """Start a deployment once; it runs until the last test, whatever others run between."""
    with ExitStack() as stack:

        @cache
        def started(name: str) -> Deployment:
            if name == ONE_WORKER:
                service: Service = request.getfixturevalue("service")
                return Deployment((service.url,))
            folder = tmp_path_factory.mktemp("deployment")
            return stack.enter_context(deployed(name, bundle, folder))

        yield started


@pytest.fixture
def deployment(
    request: pytest.FixtureRequest, deployment_of: Callable[[str], Deployment]
) -> Deployment:
    return deployment_of(getattr(request, "param", ONE_WORKER))


@pytest.fixture
def client(deployment: Deployment) -> Iterator[httpx.Client]:
    with deployment.client() as http:
        yield http


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A user id that no other test uses."""
    return f"user of {request.node.nodeid.replace('/', ':')}"[-128:]
