"""URLs of stores."""

import pytest

from app.store.address import StoreAddress, Topology


@pytest.mark.parametrize("url", ["redis://h", "rediss://u:p@h:1/2", "unix:///a/socket?db=1"])
def test_of_one_server_it_is_kept_as_it_is(url: str):
    address = StoreAddress.parse(url)

    assert (address.topology, address.url) == (Topology.SERVER, url)


def test_of_a_cluster():
    address = StoreAddress.parse("redis+cluster://me:p%40ss@one:7000,two,[::1]:7002")

    assert address.topology is Topology.CLUSTER
    assert address.hosts == (("one", 7000), ("two", 6379), ("::1", 7002))
    assert address.options == {"username": "me", "password": "p@ss"}


def test_of_sentinels():
    address = StoreAddress.parse(
        "rediss+sentinel://:pass@one,two:7/main/3?sentinel_password=other&ssl_cert_reqs=none"
    )

    assert (address.topology, address.service) == (Topology.SENTINEL, "main")
    assert address.hosts == (("one", 26379), ("two", 7))
    assert address.options == {"password": "pass", "db": 3, "ssl": True, "ssl_cert_reqs": "none"}
    assert address.sentinel_options == {"password": "other"}


def test_no_credential_is_shown():
    for url in ("redis://:hush@h", "redis+cluster://:hush@h", "redis+sentinel://:hush@h/main"):
        assert "hush" not in repr(StoreAddress.parse(url))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h:6379",
        "http://h",
        "redis://h:0",
        "redis://h:x",
        "redis+cluster://",
        "redis+cluster://h:x",
        "redis+cluster://h:0",
        "redis+cluster://h,,i",
        "redis+cluster://h/1",
        "redis+sentinel://h",
        "redis+ring://h",
        "unix+cluster://h",
    ],
)
def test_what_is_none_is_refused(url: str):
    with pytest.raises(ValueError, match=r"expected a URL|ends with"):
        StoreAddress.parse(url)
