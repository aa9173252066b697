"""What was erased is gone from the embedded store's files once these are written anew."""

from pathlib import Path

from tests.running import Service, wait_for
from tests.service.visitors import Visitor

USER = "erased-from-the-file"


def files_with(folder: Path, text: str) -> list[str]:
    files = [one for one in (folder / "store").rglob("*") if one.is_file()]
    return [one.name for one in files if text.encode() in one.read_bytes()]


def test_an_erased_user_is_gone_from_the_file_in_time(bundle: Path, tmp_path: Path):
    hours = 3 / 3600
    service = Service(
        bundle, tmp_path / "rewrites", {"MELU_STORE_REWRITE_HOURS": f"{hours}"}
    ).start()
    try:
        with service.client() as client:
            visitor = Visitor(client, USER)
            visitor.rate({0: 5})
            Visitor(client, "stays").rate({0: 5})
            assert files_with(service.folder, USER)

            assert client.delete(visitor.path).status_code == 204

            wait_for(lambda: not files_with(service.folder, USER), "the file to be written", 20)
            assert Visitor(client, "stays").ratings() == {"0": 5}
        service.stop()
        service.start()
        with service.client() as client:
            assert Visitor(client, "stays").ratings() == {"0": 5}
            assert client.get(f"/users/{USER}").status_code == 404
    finally:
        service.stop()
