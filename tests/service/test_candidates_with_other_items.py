"""A candidate answers for the items of the current model, or is refused with the remedy."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from app.services.arms.alignment import aligned, check_candidate, items_told
from model.bundle.manifest import Manifest
from model.catalogue.live import ItemChange
from model.data import load_dataset
from model.errors import BundleError
from model.recommender import Recommender
from tests.conftest import QUICK_PRESETS
from tests.running import Service, run_melu
from tests.sealing import edit_manifest
from tests.service.arms import COMPARING, dealt
from tests.service.visitors import Visitor, assert_problem, ok
from tests.training import train_bundle

GONE, NEW = "5", "a film that only the candidate has"


@pytest.fixture(scope="module")
def other_items(two_tastes_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the same data without one item, and with another."""
    folder = tmp_path_factory.mktemp("other-items")
    shutil.copytree(two_tastes_folder, folder / "data")
    path = folder / "data" / "items.csv"
    items = pl.read_csv(path, infer_schema=False)
    new = items.filter(pl.col("item_id") == "6").with_columns(item_id=pl.lit(NEW))
    pl.concat([items.filter(pl.col("item_id") != GONE), new]).write_csv(path)
    path = folder / "data" / "ratings.csv"
    ratings = pl.read_csv(path, infer_schema=False)
    ratings.filter(pl.col("item_id") != GONE).write_csv(path)
    train_bundle(load_dataset(folder / "data"), QUICK_PRESETS["melu"], folder / "model")
    return folder / "model"


@pytest.fixture(scope="module")
def comparing(
    bundle: Path, other_items: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("comparing")
    shutil.copytree(other_items, folder / "candidate")
    environment = COMPARING | {
        "MELU_CANDIDATE": str(folder / "candidate"),
        "MELU_MODEL_WATCH_SECONDS": "0",
    }
    service = Service(bundle, folder / "run", environment).start()
    yield service
    service.stop()


def test_an_aligned_candidate_has_the_items_of_the_other(
    recommender: Recommender, other_items: Path
):
    candidate = Recommender.load(other_items)
    told = items_told(candidate, recommender.catalogue)

    found = aligned(candidate, recommender)

    assert told is None
    assert set(found.catalogue.index_of) == set(recommender.catalogue.index_of)
    records = [
        one.catalogue.records([one.catalogue.index_of[GONE]])[0] for one in (found, recommender)
    ]
    assert records[0] == records[1]
    assert "did not see 1 of the 60 items" in str(items_told(found, recommender.catalogue))
    assert aligned(found, recommender).catalogue.index_of.keys() == found.catalogue.index_of.keys()
    ranking = found.rank(found.adapt({}, []), 100)
    assert len(ranking.index) == 60


def test_a_candidate_with_the_same_items_stays_as_it_is(recommender: Recommender):
    assert aligned(recommender, recommender) is recommender


def test_changes_lie_over_an_aligned_catalogue(recommender: Recommender, other_items: Path):
    found = aligned(Recommender.load(other_items), recommender)
    content = {"genre": ["comedy"]}

    after = found.with_changes([ItemChange(NEW, "Back", content), ItemChange(GONE)])

    assert NEW in after.catalogue.index_of
    assert GONE not in after.catalogue.index_of


def test_users_of_both_arms_can_get_the_same_items(comparing: Service, user: str):
    with comparing.client() as client:
        listed = {}
        for arm in ("current", "candidate"):
            visitor = Visitor(client, dealt(user, arm))
            visitor.tell({"item_id": GONE, "rating": 5})
            answer = visitor.recommendations(limit=200, exclude_seen=False)
            assert answer["arm"] == arm
            assert answer["strategy"] == "adapted"
            listed[arm] = {item["item_id"] for item in answer["items"]}
        ready = ok(client.get("/readyz"))
        filtered = Visitor(client, dealt(user, "candidate")).recommendations(
            filter=["genre:comedy", "year:..1990"], limit=200
        )

    assert listed["current"] == listed["candidate"]
    assert len(listed["current"]) == 60
    assert "did not see 1 of the 60 items" in ready["warnings"][0]
    assert {item["attributes"]["genre"][0] for item in filtered["items"]} == {"comedy"}
    assert "did not see 1 of the 60 items" in comparing.log


def test_a_new_bundle_of_the_candidate_takes_over_and_a_bad_one_changes_nothing(
    comparing: Service, bundle: Path, user: str
):
    place = Path(comparing.environment["MELU_CANDIDATE"])
    with comparing.client() as client:
        visitor = Visitor(client, dealt(user, "candidate"))
        visitor.rate({0: 5, 30: 1})
        before = visitor.recommendations()

        shutil.copytree(place, place.with_name("kept"))
        edit_manifest(place, lambda manifest: manifest.update(dataset="another"))
        problem = assert_problem(client.post("/admin/model/reload"), 422, "invalid_bundle")
        assert "take MELU_CANDIDATE away" in problem["detail"]
        assert visitor.recommendations() == before

        shutil.rmtree(place)
        shutil.copytree(bundle, place)
        done = ok(client.post("/admin/model/reload"))
        after = visitor.recommendations()
        assert done["candidate_version"] == after["model_version"] != before["model_version"]
        assert done["version"] == done["previous_version"] == after["model_version"]
        # The same bundle twice, and yet two arms.
        assert after["arm"] == "candidate"
        assert after["list_id"] != before["list_id"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"dataset": "other"}, "on data of that name"),
        ({"rating_scale": (0, 10)}, "on the same scale"),
    ],
)
def test_what_means_something_else_is_refused(
    recommender: Recommender, change: dict[str, object], told: str
):
    manifest: Manifest = recommender.manifest.model_copy(update=change)

    with pytest.raises(BundleError, match=told):
        check_candidate(replace(recommender.bundle, manifest=manifest), recommender.bundle)


def test_an_attribute_that_requests_filter_by_has_to_be_there(recommender: Recommender):
    bundle = recommender.bundle
    table = bundle.catalogue.table
    without = type(bundle.catalogue)(table.drop("attribute.year"), bundle.catalogue.kinds)

    with pytest.raises(BundleError, match="year; requests may filter"):
        check_candidate(replace(bundle, catalogue=without), bundle)
    check_candidate(bundle, replace(bundle, catalogue=without))


def test_the_command_does_not_start_with_a_candidate_of_other_data(bundle: Path, tmp_path: Path):
    shutil.copytree(bundle, tmp_path / "other")
    edit_manifest(tmp_path / "other", lambda manifest: manifest.update(dataset="other"))

    done = run_melu(
        *("serve", "--model", str(bundle), "--port", "0"),
        MELU_CANDIDATE=str(tmp_path / "other"),
        MELU_STORE_FOLDER=str(tmp_path / "store"),
    )

    assert done.returncode == 1
    assert "the candidate was trained on 'other'" in done.stderr
    assert "Traceback" not in done.stderr
