"""A store's account that may not do all that the service needs."""

from pathlib import Path

import redis

from tests.running import RedisServer, Service
from tests.service.visitors import Visitor, ok


def test_what_the_account_may_not_is_told(bundle: Path, tmp_path: Path):
    server = RedisServer(tmp_path / "redis").start()
    try:
        with redis.Redis(port=server.port) as admin:
            keys = ("~melu:user:*", "~melu:lists:*", "~{melu:catalogue}:*")
            rules = ("on", ">secret", "resetkeys", *keys, "resetchannels", "+@all", "-zadd")
            admin.execute_command("ACL", "SETUSER", "narrow", *rules)
        store = f"redis://narrow:secret@127.0.0.1:{server.port}"
        service = Service(bundle, tmp_path / "service", arguments=("--store", store)).start()
        try:
            with service.client() as client:
                told = " ".join(ok(client.get("/readyz"))["warnings"])
                visitor = Visitor(client, "narrow")
                visitor.rate({0: 5})
                # An erasure that took effect is one, announced or not.
                assert client.delete(visitor.path).status_code == 204
                assert visitor.ratings() == {}
            for what in (
                "keys melu:layout",
                "channel melu:erased",
                "command ZADD",
            ):
                assert what in told
            assert "Grant" in told
            assert "secret" not in service.log
        finally:
            service.stop()
    finally:
        server.stop()
