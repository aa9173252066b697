"""One way to run each client, so that what is expected of them is written once."""

import asyncio
import json
import select
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from melu_client import AsyncMelu, Melu, MeluError

from tests.clients.node import node

Json = Any
JAVASCRIPT, PYTHON, ASYNC_PYTHON = "JavaScript", "Python", "async Python"
CLIENTS = (JAVASCRIPT, PYTHON, ASYNC_PYTHON)
PATIENCE_SECONDS = 60


@dataclass
class CallError(Exception):
    """A call of a client failed, as the client's own error tells."""

    code: str | None
    status: int | None = None
    request_id: str | None = None
    retry_after: float | None = None
    problem: Json = None
    passes: bool | None = None
    name: str = ""
    message: str = ""


class AbortedError(Exception):
    """A call was ended by its caller."""


class Driver(Protocol):
    """A client; its calls and arguments have the names of the Python client."""

    def make(self, base_url: str, **options: Json) -> None:
        """Make the client anew; `tokens` are what is had one after the other when asked for.

        Of None there is no answer, ever; a client that blocks is not to be given it.
        """

    def call(self, name: str, *, abort_after: float | None = None, **arguments: Json) -> Json:
        """Return what a call answers, of an iterator all; raise CallError or AbortedError."""

    def calls_at_once(self, times: int, name: str, **arguments: Json) -> list[Json]:
        """Call several times at once; return all answers."""

    def tokens_asked_for(self) -> list[str | None]:
        """The users of whom a token was asked for."""


class JavaScriptDriver:
    """The JavaScript client in Node."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def make(self, base_url: str, **options: Json) -> None:
        self._done(make={"baseUrl": base_url, **options})

    def call(self, name: str, *, abort_after: float | None = None, **arguments: Json) -> Json:
        more = {} if abort_after is None else {"abort_after": abort_after}
        return self._done(call=name, arguments=arguments, **more)

    def calls_at_once(self, times: int, name: str, **arguments: Json) -> list[Json]:
        answers: list[Json] = self._done(call=name, arguments=arguments, times=times)
        return answers

    def tokens_asked_for(self) -> list[str | None]:
        asked: list[str | None] = self._done(tell="tokens")
        return asked

    def events(self) -> list[Json]:
        """What the queue has told of."""
        told: list[Json] = self._done(tell="events")
        return told

    def calls(self) -> list[str]:
        """Names of all calls."""
        names: list[str] = self._done(tell="calls")
        return names

    def _done(self, **what: Json) -> Json:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        answered, _, _ = select.select([self._process.stdout], [], [], PATIENCE_SECONDS)
        assert answered, f"{what} takes longer than {PATIENCE_SECONDS} s"
        line = self._process.stdout.readline()
        assert line, "the driver ended"
        said = json.loads(line)
        if "error" not in said:
            return said["answer"]
        if said["error"]["name"] in ("AbortError", "TimeoutError"):
            raise AbortedError
        raise CallError(**said["error"])


def _failed(error: MeluError | TypeError | ValueError) -> CallError:
    if not isinstance(error, MeluError):
        return CallError(code=None, name=type(error).__name__, message=str(error))
    return CallError(
        code=error.code,
        status=error.status,
        request_id=error.request_id,
        retry_after=error.retry_after,
        problem=error.problem,
        passes=error.passes,
        name=type(error).__name__,
        message=str(error),
    )


class _Tokens:
    def __init__(self, given: Sequence[str | None]) -> None:
        self._given = list(given)
        self.asked: list[str | None] = []

    def next(self, user_id: str | None) -> str | None:
        self.asked.append(user_id)
        return self._given.pop(0) if len(self._given) > 1 else self._given[0]


class PythonDriver:
    """The sync client, in this process."""

    def __init__(self) -> None:
        self._melu: Melu | None = None
        self._tokens = _Tokens([""])

    def make(self, base_url: str, tokens: list[str] | None = None, **options: Json) -> None:
        self.close()
        if tokens:
            self._tokens = _Tokens(tokens)
            options["get_token"] = self._tokens.next
        self._melu = Melu(base_url, **options)

    def call(self, name: str, *, abort_after: float | None = None, **arguments: Json) -> Json:
        assert abort_after is None, "calls that block are not to be aborted"
        try:
            answer = getattr(self._melu, name)(**arguments)
            return list(answer) if name.startswith("all_") else answer
        except (MeluError, TypeError, ValueError) as error:
            raise _failed(error) from error

    def calls_at_once(self, times: int, name: str, **arguments: Json) -> list[Json]:
        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(lambda _: self.call(name, **arguments), range(times)))

    def tokens_asked_for(self) -> list[str | None]:
        return self._tokens.asked

    def close(self) -> None:
        if self._melu is not None:
            self._melu.close()


class AsyncPythonDriver:
    """The async client, in this process."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._melu: AsyncMelu | None = None
        self._tokens = _Tokens([""])

    def make(self, base_url: str, tokens: list[str] | None = None, **options: Json) -> None:
        self.close()
        if tokens:
            given = self._tokens = _Tokens(tokens)

            async def get_token(user_id: str | None) -> str | None:
                token = given.next(user_id)
                if token is None:
                    await asyncio.Event().wait()
                return token

            options["get_token"] = get_token
        self._melu = AsyncMelu(base_url, **options)

    def call(self, name: str, *, abort_after: float | None = None, **arguments: Json) -> Json:
        method = getattr(self._melu, name)

        async def called() -> Json:
            async with asyncio.timeout(abort_after):
                if name.startswith("all_"):
                    return [one async for one in method(**arguments)]
                return await method(**arguments)

        try:
            return self._runner.run(called())
        except TimeoutError as error:
            raise AbortedError from error
        except (MeluError, TypeError, ValueError) as error:
            raise _failed(error) from error

    def calls_at_once(self, times: int, name: str, **arguments: Json) -> list[Json]:
        async def called() -> list[Json]:
            method = getattr(self._melu, name)
            return list(await asyncio.gather(*(method(**arguments) for _ in range(times))))

        return self._runner.run(called())

    def tokens_asked_for(self) -> list[str | None]:
        return self._tokens.asked

    def close(self) -> None:
        if self._melu is not None:
            self._runner.run(self._melu.close())


@contextmanager
def driving(client: str) -> Iterator[Driver]:
    """Run one of `CLIENTS`."""
    match client:
        case "JavaScript":
            program = Path(__file__).with_name("driver.mjs")
            with subprocess.Popen(
                [node(), str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as process:
                yield JavaScriptDriver(process)
                assert process.stdin is not None
                process.stdin.close()
        case "Python":
            python = PythonDriver()
            yield python
            python.close()
        case _:
            with asyncio.Runner() as runner:
                asynchronous = AsyncPythonDriver(runner)
                yield asynchronous
                asynchronous.close()
