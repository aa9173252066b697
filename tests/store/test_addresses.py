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
        # A mark in a password begins something else; what it holds must not be told.
        "redis+cluster://u:SECR?ETPW@h:7000",
        "redis+sentinel://u:SECR#ETPW@h/m",
        "redis+sentinel://:12#34SECRET@h/m",
        "redis://:1234#SECRET@h:1",
        "redis://u:SECR?ETPW@h:7000",
        "redis://",
    ],
)
def test_what_is_none_is_refused(url: str):
    with pytest.raises(ValueError, match=r"expected a URL|ends with") as caught:
        StoreAddress.parse(url)
    assert "SECR" not in str(caught.value)


def test_options_that_there_are_not_are_refused():
    for url in ("redis://h?nosuch=x", "redis+cluster://h?nosuch=x"):
        with pytest.raises(ValueError, match="no 'nosuch'"):
            StoreAddress.parse(url)
    assert StoreAddress.parse("redis://h?db=1&max_connections=3&health_check_interval=5").url
