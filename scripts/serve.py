"""`melu serve`: the store if none is named, then the workers.

What is wrong with a setting is told at once, and so before torch and all else is imported.
"""

import gc
import os
import secrets
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, suppress
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from app.settings import ENVIRONMENT_PREFIX, Settings
from model.errors import ModelError
from scripts.settings import read_settings
from scripts.terminal import console

try:
    import resource
except ImportError:  # a platform without such limits
    resource = None  # type: ignore[assignment]

GRACEFUL_SHUTDOWN_SECONDS = 10
_WORKER_SECONDS = 30
"""How long a worker may be silent, and a new one take to be ready, before it is given up.

Uvicorn's 5 are not enough where many workers import at once on a few cores: it would kill each of
them over and over, and none would ever be ready.
"""
_MOST_DESCRIPTORS = 65_536


class ServeError(ModelError):
    """The service can't start; the message says what to change."""


def serve(**options: object) -> None:
    """Serve until interrupted.

    Args:
        **options: `Settings` fields that the command line gave (`store` for `store_url`); None
            leaves the environment's value.

    Raises:
        ServeError: If the settings don't fit, or the store does not start.
        BundleError: If the bundle can't be used.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if "store" in given:
        given["store_url"] = given.pop("store")
    settings = _checked(given)
    _keep_secrets(settings)
    _run(settings, given)


def _checked(given: dict[str, object]) -> Settings:
    try:
        settings = read_settings(given)
    except ModelError as error:
        raise ServeError(str(error)) from error
    if not (settings.listens_on_loopback or settings.api_keys or settings.insecure):
        raise ServeError(
            f"{settings.host} can be reached from other machines and no access control is set up. "
            "Set MELU_API_KEYS, or listen on 127.0.0.1 behind a proxy that checks access, or pass "
            "--insecure if the network itself keeps strangers out."
        )
    return settings


def _run(settings: Settings, given: dict[str, object]) -> None:
    _allow_many_descriptors()
    # What is imported stays to the end: a tenth of the start would be a search for garbage in it.
    gc.disable()
    import uvicorn

    from app.logs import logging_configuration
    from app.server.http_protocol import BoundedHttpProtocol
    from app.store.embedded import EmbeddedStore, EmbeddedStoreError

    if settings.workers == 1:  # else each worker process imports it
        import_module("app.main")
    gc.freeze()
    gc.enable()

    # A clear message now rather than 503s later.
    if settings.workers == 1:
        check_bundles(settings.model, settings.candidate_folder)
    else:
        # In a process that ends: the supervisor has no use for what it takes to read a bundle.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            pool.submit(check_bundles, settings.model, settings.candidate_folder).result()
    # Ends this process by unwinding it, so that the store is stopped in order.
    signal.signal(signal.SIGTERM, _exit)
    with ExitStack() as stack:
        store_url = settings.store_url
        if store_url is None:
            try:
                store = stack.enter_context(
                    EmbeddedStore(
                        settings.store_folder,
                        settings.store_fsync,
                        rewrite_seconds=3600 * settings.store_rewrite_hours,
                    )
                )
            except EmbeddedStoreError as error:
                raise ServeError(str(error)) from error
            store_url = store.url
        _export(given | {"store_url": store_url})
        if settings.workers > 1:
            # Each worker counts in files here, so that any of them can add all up.
            counts = stack.enter_context(TemporaryDirectory(prefix="melu-metrics-"))
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts
        address = settings.address
        console.print(f"MeLU Online {address}  (API description: {address}/docs)", style="bold")
        uvicorn.run(
            "app.main:create_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            timeout_keep_alive=settings.keep_alive_seconds,
            timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
            timeout_worker_healthcheck=_WORKER_SECONDS,
            http=BoundedHttpProtocol,
            ws="none",
            log_config=logging_configuration(settings.log_level, settings.log_format),
            access_log=False,  # ours is in app/logs
            # Nothing here hangs on the client's address or scheme, so nobody need be believed.
            proxy_headers=False,
            server_header=False,
        )


def _allow_many_descriptors() -> None:
    """Raise the limit as far as may be: each connection takes one, and so does each file."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def check_bundles(folder: Path, candidate: Path | None) -> None:
    """Read a bundle, and a candidate's, and raise `BundleError` if one can't be used."""
    from app.services.arms.alignment import check_candidate
    from model.bundle.bundle import load_bundle

    current = load_bundle(folder, prepare=False)
    if candidate is not None:
        check_candidate(load_bundle(candidate, prepare=False), current)


def _export(values: dict[str, object]) -> None:
    """Hand settings to the workers, which read them from the environment."""
    for name, value in values.items():
        text = str(value.resolve()) if isinstance(value, Path) else str(value)
        os.environ[ENVIRONMENT_PREFIX + name.upper()] = text


def _keep_secrets(settings: Settings) -> None:
    """Replace API keys by their hashes for the processes that come, and share what they derive."""
    if settings.api_keys:
        os.environ["MELU_API_KEYS"] = ",".join(key.hashed for key in settings.api_keys)
        os.environ["MELU_TOKEN_SECRET"] = ",".join(settings.token_secrets)
    if settings.log_salt is None:
        os.environ["MELU_LOG_SALT"] = secrets.token_hex(32)  # one for all workers


def _exit(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
