"""What a network reads from all answers of a user, "haven't seen it" among them.

A user who does not know an item tells something: less than a rating does, but every question that
is asked gets such an answer at least. Beside the encoder of ratings stands one of its own, which
moves the amortised start where something was unknown, and leaves it alone where nothing was:

    ū₀ ← ū₀ + V relu(U x + b) + c        if any item was shown and not known.

A second one of the same shape tells how likely the user knows an item,

    P(i is known | answers) = σ(k · ō_i + k₀ + a logit r_i),

with r_i the share of the users who rated it. Both read the same x: the bags of entry vectors of
unseen, liked, disliked and all rated items, and how many there are of unseen and of rated ones.

Dimensions: B users, W width, H hidden width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from model.arrays import Float32Array

COUNT_SCALE = 3.0


def rate_logits(raters: Float32Array, users: float) -> Float32Array:
    """Tell how well known items are among all users.

    Args:
        raters: How many rated each item, shape [items].
        users: How many users rated anything.

    Returns:
        logit r, of (raters + 1/2) of (users + 1), shape [items].
    """
    share = (raters + np.float32(0.5)) / np.float32(users + 1)
    share = np.minimum(share, np.float32(1 - 1e-3))
    found: Float32Array = np.log(share / (1 - share)).astype(np.float32)
    return found


@dataclass(frozen=True)
class Dropout:
    """Leaves out a share of what a network reads.

    Attributes:
        rate: The share; 0 leaves all as it is.
        generator: Draws what is left out.
    """

    rate: float = 0.0
    generator: torch.Generator | None = None

    def of(self, values: Tensor) -> Tensor:
        """Return the values with some at 0 and the others larger in proportion."""
        if not self.rate:
            return values
        kept = torch.rand(values.shape, generator=self.generator) >= self.rate
        return values * kept / (1 - self.rate)


NO_DROPOUT = Dropout()


class AnswerNetwork(nn.Module):
    """One member's weights; see the module.

    Args:
        width: W.
        hidden_width: H.
        generator: Source of the initial weights; None for weights that are to be loaded, of which
            only the shapes are made.
    """

    def __init__(self, width: int, hidden_width: int, generator: torch.Generator | None) -> None:
        super().__init__()
        inputs = 4 * width + 2
        self.move_hidden = nn.Linear(inputs, hidden_width)
        self.move = nn.Linear(hidden_width, width + 1)
        self.known_hidden = nn.Linear(inputs, hidden_width)
        self.known = nn.Linear(hidden_width, width + 2)
        self.rate_weight = nn.Parameter(torch.ones(()))
        if generator is not None:
            bound = inputs**-0.5
            for hidden in (self.move_hidden, self.known_hidden):
                nn.init.uniform_(hidden.weight, -bound, bound, generator=generator)
                nn.init.zeros_(hidden.bias)
            for layer in (self.move, self.known):
                # Nothing is moved, and an item is as known as it is rated, until learnt otherwise.
                nn.init.zeros_(layer.weight)
                nn.init.zeros_(layer.bias)

    def moved(self, read: Tensor, unseen: Tensor, dropout: Dropout) -> Tensor:
        """Tell how far unknown items move the amortised start.

        Args:
            read: x of `read_answers`, shape [B, 4 W + 2].
            unseen: How many items each user did not know, shape [B, 1].
            dropout: What is left out, in training.

        Returns:
            Shape [B, W + 1]; 0 for a user who knew everything.
        """
        hidden = torch.relu(self.move_hidden(dropout.of(read)))
        moved: Tensor = self.move(dropout.of(hidden))
        return moved * (unseen > 0)

    def familiarity(
        self, read: Tensor, output: Tensor, rate_logit: Tensor, dropout: Dropout
    ) -> Tensor:
        """Tell how likely users know items.

        Args:
            read: x of `read_answers`, shape [B, 4 W + 2].
            output: ō of n items for each user, shape [B, n, W + 1].
            rate_logit: logit r of the same, shape [B, n].
            dropout: What is left out, in training.

        Returns:
            Logits, shape [B, n].
        """
        hidden = torch.relu(self.known_hidden(dropout.of(read)))
        weights = self.known(dropout.of(hidden))
        own = (output @ weights[:, :-1, None]).squeeze(2) + weights[:, -1:]
        logits: Tensor = own + self.rate_weight * rate_logit
        return logits


def read_answers(bags: Tensor, counts: Tensor) -> Tensor:
    """Lay out what the network reads.

    Args:
        bags: Sums of entry vectors of liked, disliked, other rated, and unseen items, shape
            [4, B, W].
        counts: How many there are of each, shape [4, B, 1].

    Returns:
        x, shape [B, 4 W + 2].
    """
    rated, unseen = counts[:3].sum(0), counts[3]
    damping = (rated + 1).rsqrt()
    # Dislikes alone are not seen, so that they never bring more of the same.
    disliked = bags[1] * counts[0] / (counts[0] + counts[1]).clamp(min=1)
    return torch.cat(
        [
            (unseen + 1).rsqrt() * bags[3],
            damping * bags[0],
            damping * disliked,
            damping * (bags[0] + bags[2] + disliked),
            unseen.log1p() / COUNT_SCALE,
            rated.log1p() / COUNT_SCALE,
        ],
        dim=1,
    )
