"""Downloads of MovieLens, each held to its checksum."""

import hashlib
import subprocess
import sys
from pathlib import Path

import httpx
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from scripts.movielens.errors import FetchError
from scripts.terminal import plain_console

GROUPLENS = "https://files.grouplens.org/datasets/movielens"
RECBOLE = "recbole==1.2.1"
RECBOLE_SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
ZIP_MD5 = {
    # As GroupLens publishes them beside the archives.
    "ml-100k": "0e33842e24a9c977be4e0107933c0723",
    "ml-1m": "c4d9eecfca2ab87c1945afe126590906",
}

console = plain_console(stderr=True)


def download_wheel(folder: Path) -> Path:
    """Let pip fetch the wheel that holds MovieLens 100K, so that its index and proxy settings hold.

    Args:
        folder: Where to write it.

    Returns:
        The wheel.

    Raises:
        FetchError: If it can't be had, or is another one.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), RECBOLE]
    with console.status(f"Fetching MovieLens 100K from the wheel {RECBOLE}"):
        try:
            finished = subprocess.run(  # noqa: S603 - a fixed command, no shell
                command, capture_output=True, text=True, check=False, timeout=300
            )
        except subprocess.TimeoutExpired as error:
            raise FetchError(f"pip took more than 300 s to download {RECBOLE}.") from error
    wheels = list(folder.glob("*.whl"))
    if finished.returncode or not wheels:
        raise FetchError(f"pip could not download {RECBOLE}.")
    verify(wheels[0], "sha256", RECBOLE_SHA256)
    return wheels[0]


def download_zip(name: str, folder: Path) -> Path:
    """Download an archive of GroupLens.

    Args:
        name: Of the data set, as GroupLens has it.
        folder: Where to write it.

    Returns:
        The archive.

    Raises:
        FetchError: If it can't be had, or is another one.
    """
    url = f"{GROUPLENS}/{name}.zip"
    path = folder / f"{name}.zip"
    columns = (TextColumn(f"{name}.zip"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    try:
        with (
            httpx.stream("GET", url, follow_redirects=True, timeout=30) as response,
            Progress(*columns, console=console) as progress,
            path.open("wb") as file,
        ):
            response.raise_for_status()
            length = response.headers.get("content-length")
            bar = progress.add_task(name, total=int(length) if length else None)
            for chunk in response.iter_bytes():
                file.write(chunk)
                progress.advance(bar, len(chunk))
    except httpx.HTTPError as error:
        raise FetchError(
            f"{url} can't be reached ({error}); download it elsewhere and pass its unpacked "
            "folder with --from where the command has it."
        ) from error
    verify(path, "md5", ZIP_MD5[name])
    return path


def verify(path: Path, algorithm: str, expected: str) -> None:
    """Compare a file with its checksum.

    Args:
        path: The file.
        algorithm: As `hashlib` calls it.
        expected: The checksum.

    Raises:
        FetchError: If it is another one.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, algorithm).hexdigest()
    if found != expected:
        raise FetchError(
            f"{path.name} has {algorithm} {found}, not {expected}: the download is damaged or "
            "the file was changed. Run the command again."
        )
