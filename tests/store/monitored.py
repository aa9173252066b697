"""What a server was asked to do, scripts' own commands included, as it tells a monitor."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import redis

_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"')
_END = "the end"


@dataclass
class Script:
    """One run of a script.

    Attributes:
        text: The script, or its digest where that was sent.
        keys: The keys that were declared.
        commands: What it did.
    """

    text: str
    keys: list[str]
    commands: list[list[str]] = field(default_factory=list)


@dataclass
class Monitored:
    """Everything that was asked.

    Attributes:
        scripts: Runs of scripts.
        commands: What clients sent, and scripts did.
    """

    scripts: list[Script] = field(default_factory=list)
    commands: list[list[str]] = field(default_factory=list)

    def undeclared(self, client: redis.Redis) -> set[str]:
        """Keys that a script touched although they were not declared to it."""
        return {
            key
            for script in self.scripts
            for command in script.commands
            for key in _keys_of(client, command)
            if key not in script.keys
        }


def _keys_of(client: redis.Redis, command: Sequence[str]) -> list[str]:
    with suppress(redis.ResponseError):  # one that takes no key
        found: list[str] = client.execute_command("COMMAND GETKEYS", *command)
        return found
    return []


@contextmanager
def monitoring(url: str) -> Iterator[Monitored]:
    """Watch what a server does meanwhile."""
    found = Monitored()
    with (
        redis.Redis.from_url(url, decode_responses=True) as client,
        redis.Redis.from_url(url, decode_responses=True).monitor() as monitor,
    ):
        yield found
        client.echo(_END)
        while True:
            line = monitor.connection.read_response()
            is_of_script = " lua] " in line.partition('"')[0]
            command = [_unquoted(text) for text in _QUOTED.findall(line)]
            if command == ["ECHO", _END]:
                break
            found.commands.append(command)
            if is_of_script:
                found.scripts[-1].commands.append(command)
            elif command[0].upper() in ("EVAL", "EVALSHA"):
                count = int(command[2])
                found.scripts.append(Script(command[1], command[3 : 3 + count]))


def _unquoted(text: str) -> str:
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1").decode()
