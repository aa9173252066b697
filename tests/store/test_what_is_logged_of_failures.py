"""Messages of a client library hold commands, and these hold users' ids."""

import logging

import pytest
from redis.exceptions import (
    ConnectionError as RedisConnectionError,
)
from redis.exceptions import (
    DataError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from app.store import connection

USER = "ann maria"
PIPELINED = f"Command # 1 (HGET melu:user:{USER} attributes) of pipeline caused error: "


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ResponseError(f"{PIPELINED}MISCONF Errors writing to the AOF file"), "MISCONF Errors"),
        (ResponseError(f"{PIPELINED}WRONGTYPE no hash: melu:user:{USER}"), "WRONGTYPE"),
        (ResponseError(f"ERR unknown key melu:user:{USER}"), "ERR"),
        (ResponseError(f"user_script:1: melu:user:{USER}"), "an answer that is an error"),
        (ResponseError(f"MOVED 3999 melu:user:{USER}"), "MOVED"),
        (NoPermissionError(f"no permission to access the key 'melu:user:{USER}'"), "NoPermission"),
        (OutOfMemoryError(f"{PIPELINED}command not allowed when used memory"), "used memory"),
        (ReadOnlyError(f"{PIPELINED}You can't write against a read only replica."), "read only"),
        (DataError(f"Invalid input of type for melu:user:{USER}"), "DataError"),
        (RedisError(f"{PIPELINED}whatever"), "RedisError"),
        (RedisConnectionError("Error 111 connecting to a:6379."), "Error 111 connecting"),
        (OSError(2, "No such file or directory"), "No such file"),
        (TimeoutError(), "TimeoutError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_no_command_reaches_the_log(
    error: Exception,
    told: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setitem(connection._logged, "at", float("-inf"))
    with caplog.at_level(logging.DEBUG):
        problem = connection.unavailable(error)

    assert told in caplog.text
    assert USER not in caplog.text
    assert USER not in problem.detail
