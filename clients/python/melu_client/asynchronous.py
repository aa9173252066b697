"""The client whose calls are awaited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from types import TracebackType
from typing import TypeVar, Unpack

import anyio
import httpx

from melu_client import calls
from melu_client.api_types import (
    ActedItem,
    BulkItem,
    ComparedPair,
    FeedbackAccepted,
    FeedbackEvent,
    FeedbackPage,
    GroupPoints,
    Item,
    ItemContent,
    ItemPage,
    ItemsPut,
    Merged,
    ModelCard,
    ModelDescription,
    ModelReloaded,
    OnboardingItems,
    OnboardingReport,
    PutItem,
    PutUser,
    RatedItem,
    RecommendationRequest,
    Recommendations,
    RecommendedItem,
    UnstoredRecommendations,
    User,
    UserToken,
)
from melu_client.attempts import AnswerMemory, AskForToken, Outcome, Policy, Sleep, attempts
from melu_client.bulk import ImportResult, ProgressCallback, importing
from melu_client.calls import AttributeValue, Call
from melu_client.errors import InvalidRequest, Unreachable
from melu_client.queries import FeedbackQuery, ItemQuery, OnboardingQuery, RecommendationQuery

T = TypeVar("T")


class AsyncMelu:
    """Calls a service; use it in an `async with`, or `close` it.

    Args:
        base_url: Where the service is, such as `http://127.0.0.1:8000`.
        token: An API key or a user's token.
        get_token: Where tokens come from, by user; called again, once, when one is refused.
        retries: Attempts after the first one.
        longest_wait: Seconds of `Retry-After` to wait for; a longer one is an error at once.
        timeout: Seconds without a word from the service until an attempt counts as not answered,
            and seconds that `get_token` has.
        http: An httpx client of your own, for proxies, certificates and hooks; it stays open.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        get_token: Callable[[str | None], Awaitable[str]] | None = None,
        retries: int = 3,
        longest_wait: float = 30,
        timeout: float = 15,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/") + "/"
        self._token = token
        self._get_token = get_token
        self._had_token: tuple[str | None, str] | None = None
        self._asking = anyio.Lock()
        self._timeout = timeout
        self._policy = Policy(retries, longest_wait)
        self._memory = AnswerMemory()
        self._owns_http = http is None
        self._http = http or httpx.AsyncClient(timeout=timeout)

    async def __aenter__(self) -> AsyncMelu:
        """Return the client itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        if self._owns_http:
            await self._http.aclose()

    async def onboarding(self, **query: Unpack[OnboardingQuery]) -> OnboardingItems:
        """Tell what to ask; `mode` is `items`, `grid`, `pair` or `groups`."""
        return await self._do(calls.onboarding(query))

    async def send_feedback(
        self, user_id: str, events: FeedbackEvent | Iterable[FeedbackEvent]
    ) -> FeedbackAccepted:
        """Send one or up to 500 events, all or none. To be cut off and try again does no harm."""
        return await self._do(calls.send_feedback(user_id, events))

    async def feedback(self, user_id: str, **query: Unpack[FeedbackQuery]) -> FeedbackPage:
        """Return a page of what is stored, newest first."""
        return await self._do(calls.feedback(user_id, query))

    async def all_feedback(
        self, user_id: str, **query: Unpack[FeedbackQuery]
    ) -> AsyncIterator[RatedItem | ActedItem | ComparedPair | GroupPoints]:
        """Go through all that is stored, newest first."""
        cursor = query.get("cursor")
        while True:
            if cursor is not None:
                query["cursor"] = cursor
            page = await self.feedback(user_id, **query)
            for one in page["items"]:
                yield one
            cursor = page["next_cursor"]
            if cursor is None:
                return

    async def delete_feedback(self, user_id: str, item_id: str) -> None:
        """Take the feedback on one item back."""
        await self._do(calls.delete_feedback(user_id, item_id))

    async def delete_pair(self, user_id: str, preferred: str, over: str) -> None:
        """Take a comparison back, whichever of the two was preferred."""
        await self._do(calls.delete_pair(user_id, preferred, over))

    async def delete_group(self, user_id: str, group_id: str) -> None:
        """Take the points of a group back."""
        await self._do(calls.delete_group(user_id, group_id))

    async def recommendations(
        self, user_id: str, **query: Unpack[RecommendationQuery]
    ) -> Recommendations:
        """Return a page of the user's own ranking."""
        return await self._do(calls.recommendations(user_id, query))

    async def all_recommendations(
        self, user_id: str, **query: Unpack[RecommendationQuery]
    ) -> AsyncIterator[RecommendedItem]:
        """Go through every page of one ranking, which holds still meanwhile."""
        cursor = query.get("cursor")
        while True:
            if cursor is not None:
                query["cursor"] = cursor
            page = await self.recommendations(user_id, **query)
            for one in page["items"]:
                yield one
            cursor = page["next_cursor"]
            if cursor is None:
                return

    async def unstored_recommendations(
        self, request: RecommendationRequest
    ) -> UnstoredRecommendations:
        """Rank for what the request tells; nothing is stored. Needs a server key."""
        return await self._do(calls.unstored_recommendations(request))

    async def items(self, **query: Unpack[ItemQuery]) -> ItemPage:
        """Return a page of the items whose titles match, the best matches first."""
        return await self._do(calls.items(query))

    async def all_items(self, **query: Unpack[ItemQuery]) -> AsyncIterator[Item]:
        """Go through all items whose titles match."""
        cursor = query.get("cursor")
        while True:
            if cursor is not None:
                query["cursor"] = cursor
            page = await self.items(**query)
            for one in page["items"]:
                yield one
            cursor = page["next_cursor"]
            if cursor is None:
                return

    async def item(self, item_id: str) -> Item:
        """Return one item."""
        return await self._do(calls.item(item_id))

    async def put_item(self, item_id: str, content: ItemContent) -> PutItem:
        """Add or change an item. Needs a server key."""
        return await self._do(calls.put_item(item_id, content))

    async def put_items(self, items: Iterable[BulkItem], *, dry_run: bool = False) -> ItemsPut:
        """Add or change up to 1,000 items, all or none. Needs a server key.

        A dry run stores nothing, and tells in `changes` what would become of each item.
        """
        return await self._do(calls.put_items(items, dry_run))

    async def delete_item(self, item_id: str) -> None:
        """Take an item from the catalogue. Needs a server key."""
        await self._do(calls.delete_item(item_id))

    async def user(self, user_id: str) -> User:
        """Show what is stored for a user."""
        return await self._do(calls.user(user_id))

    async def put_user(self, user_id: str, attributes: Mapping[str, AttributeValue]) -> PutUser:
        """Set a user's profile."""
        return await self._do(calls.put_user(user_id, attributes))

    async def delete_user(self, user_id: str) -> None:
        """Erase a user."""
        self._memory.forget()
        await self._do(calls.delete_user(user_id))

    async def merge_user(self, user_id: str, from_user_id: str) -> Merged:
        """Move another user's feedback to this one, and erase the other. Needs a server key."""
        return await self._do(calls.merge_user(user_id, from_user_id))

    async def user_token(self, user_id: str) -> UserToken:
        """Make a short-lived token for a user's browser. Needs a server key."""
        return await self._do(calls.user_token(user_id))

    async def model(self) -> ModelDescription:
        """Tell what model is served."""
        return await self._do(calls.model())

    async def model_card(self) -> ModelCard:
        """Tell how the model was trained. Needs a server key."""
        return await self._do(calls.model_card())

    async def reload_model(self) -> ModelReloaded:
        """Load the bundle that is now in the service's folder. Needs a server key."""
        return await self._do(calls.reload_model())

    async def onboarding_report(self) -> OnboardingReport:
        """Tell how the onboarding goes since the service started. Needs a server key."""
        return await self._do(calls.onboarding_report())

    async def import_items(
        self,
        items: Iterable[BulkItem],
        progress: ProgressCallback | None = None,
        *,
        dry_run: bool = False,
    ) -> ImportResult:
        """Add or change any number of items; those that the service refuses do not stop the rest.

        Args:
            items: An iterator will do; a part of it is held at a time.
            progress: Called after each part that the service has answered.
            dry_run: Store nothing; tell what would become of each item.

        Returns:
            How many are new and how many were there before, and those that were refused.
        """
        steps = importing(items, progress)
        try:
            part = next(steps)
            while True:
                try:
                    stored = await self.put_items(part, dry_run=dry_run)
                except InvalidRequest as error:
                    part = steps.send(error)
                else:
                    part = steps.send(stored)
        except StopIteration as end:
            result: ImportResult = end.value
            return result

    async def _do(self, call: Call[T]) -> T:
        """Make a call, step by step."""
        steps = attempts(
            self._base_url,
            call,
            self._policy,
            self._memory,
            renews_tokens=self._get_token is not None,
        )
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                answer: T = end.value
                return answer
            match step:
                case AskForToken():
                    outcome = await self._token_for(step)
                case Sleep():
                    outcome = None
                    await anyio.sleep(step.seconds)
                case _:
                    try:
                        outcome = await self._http.request(
                            step.method,
                            step.url,
                            params=step.query,
                            headers=step.headers,
                            content=step.content,
                        )
                    except httpx.RequestError as error:
                        outcome = error

    async def _token_for(self, asked: AskForToken) -> str | None:
        if self._get_token is None:
            return self._token
        # Those who wait for their turn are within it too.
        with anyio.move_on_after(self._timeout):
            async with self._asking:
                had = self._had_token
                if had is None or had[0] != asked.user_id or had[1] == asked.refused:
                    had = self._had_token = (asked.user_id, await self._get_token(asked.user_id))
                return had[1]
        raise Unreachable("timeout", f"get_token gave no token within {self._timeout} s.")
