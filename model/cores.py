"""How many cores there are for work side by side."""

from loky import cpu_count


def usable_cores() -> int:
    """Count the cores that this process may use, not those of the machine.

    A container with a share of a large machine would otherwise start a thread for each core of
    that machine, all of which take turns on its share.

    Returns:
        At most as many as the process is bound to, and as a container's quota of processor time
        (cgroups) adds up to, rounded up; at least 1.
    """
    found: int = cpu_count()
    return found
