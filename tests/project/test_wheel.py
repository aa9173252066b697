"""What is in the wheel that users install."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def test_it_holds_the_product_and_no_benchmark(tmp_path: Path):
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            tmp_path,
            ROOT,
        ],
        check=True,
        timeout=300,
    )
    (path,) = tmp_path.glob("melu_online-*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        wheel.extractall(tmp_path / "installed")

    assert "app/static/index.html" in names
    assert "app/static/styles/1-base.css" in names
    assert "app/static/melu.js" in names
    assert "app/store/lua/read_user.lua" in names
    assert {"app/guide/index.html", "app/guide/api.md", "app/guide/llms.txt"} <= set(names)
    assert "scripts/demo.py" in names
    assert [name for name in names if "benchmark" in name or name.startswith("tests/")] == []
    assert [name for name in names if name.startswith("scripts/guide")] == []
    helped = subprocess.run(
        [sys.executable, "-c", "from scripts.cli import main; main()", "--help"],
        cwd=tmp_path / "installed",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "demo" in helped.stdout
    assert "benchmark" not in helped.stdout
    for arguments in ([], ["training", "data", "--repeats", "1"], ["--help"]):
        refused = subprocess.run(
            [sys.executable, "-c", "from scripts.cli import main; main()", "benchmark", *arguments],
            cwd=tmp_path / "installed",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert refused.returncode == 1
        assert "from a copy of the repository" in " ".join(refused.stderr.split())
