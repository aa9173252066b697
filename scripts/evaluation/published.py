"""What others report on public data, to stand beside our own numbers."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedRow:
    """One line of somebody's results.

    Attributes:
        state: The state it is about.
        model: The model, as its authors call it.
        metrics: Metric → value as printed.
        source: Where it stands, and what differs from our protocol.
    """

    state: str
    model: str
    metrics: Mapping[str, float]
    source: str


# The paper prints the formula with exponential gain, but its numbers fit the linear one.
_PAPER = "MeLU paper, Table 2; regime T, random users"
_TUNED = "README of waterhorse1/MELU_pytorch"
_OTHER = "HIRE, ICDE 2025; support set of 10 %"

PUBLISHED: dict[str, tuple[PublishedRow, ...]] = {
    "ml-1m": (
        PublishedRow(
            "user_cold",
            "Wide & Deep",
            {"mae": 1.069, "ndcg_lin@1": 0.856, "ndcg_lin@3": 0.864},
            _PAPER,
        ),
        PublishedRow(
            "user_cold",
            "MeLU-1",
            {"mae": 0.788, "ndcg_lin@1": 0.880, "ndcg_lin@3": 0.881},
            _PAPER,
        ),
        PublishedRow(
            "user_cold",
            "MeLU-5",
            {"mae": 0.785, "ndcg_lin@1": 0.880, "ndcg_lin@3": 0.881},
            _PAPER,
        ),
        PublishedRow("user_cold", "MetaHIN", {"mae": 0.787}, "its paper; another user split"),
        PublishedRow("user_cold", "tuned second-order MeLU", {"mae": 0.74}, _TUNED),
        PublishedRow("user_cold", "HIRE", {"ndcg_lin@5": 0.917}, _OTHER),
        PublishedRow("user_cold", "TaNP", {"ndcg_lin@5": 0.872}, _OTHER),
        PublishedRow("item_cold", "MeLU-5", {"mae": 0.9275}, _PAPER),
        PublishedRow("item_cold", "tuned second-order MeLU", {"mae": 0.90}, _TUNED),
        PublishedRow("user_and_item_cold", "MeLU-5", {"mae": 0.9235}, _PAPER),
        PublishedRow("user_and_item_cold", "tuned second-order MeLU", {"mae": 0.89}, _TUNED),
    )
}
"""Name of the data set → published rows; other draws than ours, so no paired comparison."""
