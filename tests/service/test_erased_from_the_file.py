"""What was erased is gone from the embedded store's files once these are written anew."""

from contextlib import suppress
from pathlib import Path

from tests.running import Service, wait_for
from tests.service.visitors import Visitor

USER = "erased-from-the-file"


def files_with(folder: Path, text: str) -> list[str]:
    found = []
    for one in (folder / "store").rglob("*"):
        # Where files are written anew, one may go between being listed and being read.
        with suppress(FileNotFoundError):
            if one.is_file() and text.encode() in one.read_bytes():
                found.append(one.name)
    return found


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
