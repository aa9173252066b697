"""Ask whether a pinned dependency has a known vulnerability; `make check` runs it."""

import json
import subprocess
import sys
from pathlib import Path

_CONSTRAINTS = Path(__file__).parent.parent / "constraints.txt"
_PATIENCE_SECONDS = 120


def main() -> int:
    """Run pip-audit; say what it found.

    Returns:
        1 if there is a vulnerability. 0 also where nobody could be asked, which is said.
    """
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", str(_CONSTRAINTS)),
        *("--no-deps", "--disable-pip", "--format", "json"),
        *("--progress-spinner", "off", "--timeout", "10"),
    ]
    try:
        run = subprocess.run(  # noqa: S603 - nothing in the command comes from outside
            command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False
        )
        found = json.loads(run.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        print("warning: no advisories could be had; nothing was audited", file=sys.stderr)
        return 0
    return report(found)


def report(dependencies: list[dict[str, object]]) -> int:
    """Print vulnerabilities, and how many dependencies could not be looked up.

    Args:
        dependencies: As pip-audit tells them.

    Returns:
        1 if there is a vulnerability, else 0.
    """
    skipped = [one for one in dependencies if "skip_reason" in one]
    vulnerable = [one for one in dependencies if one.get("vulns")]
    for one in vulnerable:
        print(f"{one['name']} {one['version']}: {json.dumps(one['vulns'])}", file=sys.stderr)
    if skipped:
        share = f"{len(skipped)} of {len(dependencies)}"
        print(f"warning: {share} dependencies could not be audited", file=sys.stderr)
    return 1 if vulnerable else 0


if __name__ == "__main__":
    raise SystemExit(main())
