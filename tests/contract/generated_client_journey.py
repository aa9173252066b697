"""A sign-up with the generated client; run by the generator's own Python.

Usage: generated_client_journey.py URL
"""

import sys

from melu_client import Client
from melu_client.api.feedback import delete_feedback, get_feedback, post_feedback
from melu_client.api.items import get_item, get_items
from melu_client.api.onboarding import get_onboarding_items
from melu_client.api.operations import get_metrics, get_model, healthz, readyz
from melu_client.api.recommendations import get_recommendations, post_recommendations
from melu_client.api.users import delete_user, get_user, put_user
from melu_client.models import (
    FeedbackAccepted,
    FeedbackEvent,
    FeedbackPage,
    FeedbackRequest,
    ItemPage,
    ModelDescription,
    OnboardingItems,
    ProblemBody,
    ProfileRequest,
    ProfileRequestAttributes,
    PutUser,
    RecommendationRequest,
    RecommendationsStrategy,
    UnstoredRecommendations,
    User,
)

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)
USER = "a generated client/user".replace("/", " ")

assert healthz.sync(client=client).status == "ok"
assert readyz.sync(client=client).store == "ok"
model = get_model.sync(client=client)
assert isinstance(model, ModelDescription)
assert model.rating_scale == [1.0, 5.0]

profile = ProfileRequest(attributes=ProfileRequestAttributes.from_dict({"city": "Rome"}))
put = put_user.sync_detailed(USER, client=client, body=profile)
assert put.status_code == 201
assert isinstance(put.parsed, PutUser)
assert put.headers["x-request-id"]

prior = get_recommendations.sync(USER, client=client, limit=5)
assert prior.strategy == RecommendationsStrategy.PRIOR
assert len(prior.items) == 5

asked = get_onboarding_items.sync(client=client, user_id=USER, limit=3)
assert isinstance(asked, OnboardingItems)
events = [FeedbackEvent(item_id=item.item_id, rating=5) for item in asked.items]
told = post_feedback.sync(USER, client=client, body=FeedbackRequest(events=events))
assert isinstance(told, FeedbackAccepted)
assert told.accepted == 3

adapted = get_recommendations.sync(USER, client=client, filter_=["genre:comedy"], exclude=["0"])
assert adapted.strategy == RecommendationsStrategy.ADAPTED
assert adapted.items[0].title
assert "0" not in {item.item_id for item in adapted.items}

request = RecommendationRequest(feedback=events, candidates=["0", "30"], exclude_seen=False)
unstored = post_recommendations.sync(client=client, body=request)
assert isinstance(unstored, UnstoredRecommendations)
assert unstored.support_size == 3
assert {item.item_id for item in unstored.items} == {"0", "30"}

page = get_feedback.sync(USER, client=client, limit=2)
assert isinstance(page, FeedbackPage)
assert len(page.items) == 2
assert get_feedback.sync(USER, client=client, cursor=page.next_cursor).next_cursor is None
assert delete_feedback.sync_detailed(USER, asked.items[0].item_id, client=client).status_code == 204

found = get_items.sync(client=client, query="com nig")
assert isinstance(found, ItemPage)
assert get_item.sync(found.items[0].item_id, client=client).title == found.items[0].title
missing = get_item.sync("no such item", client=client)
assert isinstance(missing, ProblemBody)
assert missing.code == "unknown_item"

stored = get_user.sync(USER, client=client)
assert isinstance(stored, User)
assert stored.support_size == 2
assert "melu_requests_total" in get_metrics.sync_detailed(client=client).content.decode()
assert delete_user.sync_detailed(USER, client=client).status_code == 204
assert isinstance(get_user.sync(USER, client=client), ProblemBody)
print("the journey is over")
