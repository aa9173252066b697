"""Settings that do nothing with the model that answers are told, in the log and in /readyz."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.running import Service
from tests.service.visitors import Visitor, ok

OF_RELEVANCE = {
    "MELU_EXPLORE": "0.3",
    "MELU_ONBOARDING_ENOUGH": "0.5",
    "MELU_ACTIONS": json.dumps(
        {
            "share": {"positive": True},
            "finish": {"place": 1, "weight": 3},
            "open": {"place": 0.6},
            "later": {},
        }
    ),
}
TOLD = {"MELU_EXPLORE", "MELU_ONBOARDING_ENOUGH", "action share", "action finish"}


def warnings_of(service: Service) -> list[str]:
    with service.client() as client:
        told: list[str] = ok(client.get("/readyz")).get("warnings", [])
    return told


def explored(service: Service) -> int:
    """How many places of a list are explored, once there is a new item to be unsure about."""
    new = {"title": "Horror of Tomorrow", "attributes": {"genre": ["horror"], "year": 1990}}
    with service.client() as client:
        ok(client.put("/items/new", json=new), 201)
        items = Visitor(client, "somebody").recommendations()["items"]
    return sum(item["explored"] for item in items)


def named(told: list[str], names: set[str]) -> Mapping[str, str]:
    """Each warning by what it names, of which it names one thing alone."""
    found = {name: one for one in told for name in names if name in one}
    assert len(found) == len(told), told
    return found


def test_each_is_told_once_of_a_model_without_relevance(
    bundle_of: Callable[[str], Path], tmp_path: Path
):
    service = Service(bundle_of("melu"), tmp_path, OF_RELEVANCE).start()
    try:
        told = warnings_of(service)
        with service.client() as client:
            visitor = Visitor(client, "ann")
            visitor.tell({"item_id": "0", "action": "share"})
            answer = visitor.recommendations()
        places = explored(service)
    finally:
        service.stop()

    assert named(told, TOLD).keys() == TOLD
    assert [service.log.count(one) for one in told] == [1] * len(told)
    # And so it is.
    assert answer["strategy"] == "prior"
    assert places == 0


def test_none_is_told_of_a_model_that_follows_them(bundle: Path, tmp_path: Path):
    service = Service(bundle, tmp_path, OF_RELEVANCE).start()
    try:
        told = warnings_of(service)
        places = explored(service)
    finally:
        service.stop()

    assert told == []
    assert places == 1


def test_what_is_not_set_is_not_told(bundle_of: Callable[[str], Path], tmp_path: Path):
    service = Service(bundle_of("melu"), tmp_path, {"MELU_EXPLORE": "0"}).start()
    try:
        assert warnings_of(service) == []
    finally:
        service.stop()


def test_pictures_that_no_item_has(bundle: Path, tmp_path: Path):
    origins = {"MELU_IMAGE_ORIGINS": "https://pictures.example"}
    service = Service(bundle, tmp_path, origins).start()
    try:
        assert named(warnings_of(service), {"MELU_IMAGE_ORIGINS"})
    finally:
        service.stop()


def test_a_reload_tells_of_the_new_model(
    bundle: Path, bundle_of: Callable[[str], Path], tmp_path: Path
):
    place = tmp_path / "model"
    shutil.copytree(bundle, place)
    environment = {"MELU_EXPLORE": "0.3", "MELU_MODEL_WATCH_SECONDS": "0"}
    service = Service(place, tmp_path / "run", environment).start()
    try:
        assert warnings_of(service) == []
        place.rename(tmp_path / "before")
        shutil.copytree(bundle_of("melu"), place)
        with service.client() as client:
            version = ok(client.post("/admin/model/reload"))["version"]
            metrics = client.get("/metrics").text
        told = warnings_of(service)
    finally:
        service.stop()

    assert named(told, {"MELU_EXPLORE"})
    assert service.log.count(told[0]) == 1
    # The metric names the new model alone, too.
    info = [line for line in metrics.splitlines() if line.startswith("melu_model_info{")]
    assert [version in line for line in info if line.endswith(" 1.0")] == [True]


def test_a_candidate_that_does_not_explore(
    bundle: Path, bundle_of: Callable[[str], Path], tmp_path: Path
):
    candidate = {"MELU_EXPLORE": "0.3", "MELU_CANDIDATE": str(bundle_of("melu"))}
    service = Service(bundle, tmp_path, candidate).start()
    try:
        assert "candidate" in named(warnings_of(service), {"MELU_EXPLORE"})["MELU_EXPLORE"]
    finally:
        service.stop()
