"""θ of the relevance objective: what all users share.

An item i has an output vector ō_i = (o_i, b_i), of which b_i begins as the logarithm of its
popularity, and an entry vector e_i, by which it stands in a support set. Both are a linear function
of its content and, for an item that training knows, something of its own. A user's own copy of the
decision layers is a vector ū, and the chance of choosing i of all items and liking it is

    p(i | ū) = exp(ū · ō_i) / Σ_j exp(ū · ō_j).

How ū follows from a support set is `model.relevance.local_update`.

Dimensions: B episodes, I items, C content inputs, W width, H hidden width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.features import FeatureSpace
from model.relevance.answer_network import AnswerNetwork
from model.relevance.config import RelevanceConfig

_ITEM_SPREAD = 0.05
_CONTENT_SPREAD = 0.02
_ATTRIBUTE_SPREAD = 0.1
_FIRST_RATE = 0.3
EVERY_ROW = slice(None)


@dataclass(frozen=True)
class RepresentedItems:
    """What users choose from.

    Attributes:
        entry: e, shape [I, W].
        output: ō, shape [I, W + 1].
    """

    entry: Tensor
    output: Tensor


class RelevanceNetwork(nn.Module):
    """One member of the ensemble, without what it knows of single items.

    Args:
        config: Configuration.
        content_inputs: C.
        users: Encoders of the user features.
        generator: Source of the initial weights; None for weights that are to be loaded, of which
            only the shapes are made.
    """

    def __init__(
        self,
        config: RelevanceConfig,
        content_inputs: int,
        users: FeatureSpace,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        width = config.width
        self.width = width
        self.content_entry = nn.Parameter(torch.empty(content_inputs, width))
        self.content_output = nn.Parameter(torch.empty(content_inputs, width + 1))
        self.bias = nn.Parameter(torch.zeros(()))
        self.user_embeddings = nn.ParameterList(
            torch.empty(encoder.slots, config.attribute_width)
            for encoder in users.encoders.values()
        )
        self.user_features = tuple(users.encoders)
        inputs = 3 * width + config.attribute_width * len(self.user_features) + 1
        self.hidden = nn.Linear(inputs, config.hidden_width)
        self.start = nn.Linear(config.hidden_width, width + 1)
        self.rates = nn.Parameter(torch.full((config.local_steps, width + 1), _FIRST_RATE))
        self.support_damping_log = nn.Parameter(torch.zeros(()))
        self.dislike_log = nn.Parameter(torch.zeros(()))
        if generator is not None:
            self._initialise(generator)
        # From a source of its own: what ratings teach does not depend on what is learnt after it.
        own = torch.Generator().manual_seed(generator.initial_seed()) if generator else None
        self.answers = AnswerNetwork(width, config.answer_width, own)

    def _initialise(self, generator: torch.Generator) -> None:
        for content in (self.content_entry, self.content_output):
            nn.init.normal_(content, 0, _CONTENT_SPREAD, generator=generator)
        for embedding in self.user_embeddings:
            nn.init.normal_(embedding, 0, _ATTRIBUTE_SPREAD, generator=generator)
        for layer in (self.hidden, self.start):
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            # Everybody begins with popularity as it is.
            self.start.weight[-1] = 0
            self.content_output[:, -1] = 0

    def of_content(self, content: Tensor) -> RepresentedItems:
        """Represent items by what they are alone.

        Args:
            content: Content inputs, shape [I, C].

        Returns:
            The items as if nobody had ever chosen them.
        """
        output = content @ self.content_output
        bias = torch.zeros(self.width + 1, dtype=output.dtype)
        bias[-1] = 1
        return RepresentedItems(content @ self.content_entry, output + self.bias * bias)


class ItemResiduals(nn.Module):
    """What a network knows of single items beyond their content.

    Args:
        config: Configuration.
        log_popularity: ln of each item's share of the likes, shape [I].
        generator: Source of the initial values.
    """

    def __init__(
        self, config: RelevanceConfig, log_popularity: Tensor, generator: torch.Generator
    ) -> None:
        super().__init__()
        items = len(log_popularity)
        self.entry = nn.Parameter(torch.empty(items, config.width))
        self.output = nn.Parameter(torch.empty(items, config.width))
        self.bias = nn.Parameter(log_popularity.clone())
        for table in (self.entry, self.output):
            nn.init.normal_(table, 0, _ITEM_SPREAD, generator=generator)

    def added_to(
        self, items: RepresentedItems, known: Tensor, rows: Tensor | slice = EVERY_ROW
    ) -> RepresentedItems:
        """Add what is known of single items to what their content says.

        Args:
            items: By content alone.
            known: 1 for an item that is shown as known, 0 for one shown as new, one an item.
            rows: Which items they are.

        Returns:
            The items.
        """
        known = known.unsqueeze(1)
        own = torch.cat([self.output[rows], self.bias[rows].unsqueeze(1)], dim=1)
        return RepresentedItems(items.entry + known * self.entry[rows], items.output + known * own)
