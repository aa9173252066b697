"""Configuration of the relevance objective."""

from pydantic import BaseModel, ConfigDict, Field


class RelevanceConfig(BaseModel):
    """The shape of the relevance networks and how they are learnt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    members: int = Field(default=1, ge=1)
    """Networks that are trained apart and averaged."""
    width: int = Field(default=128, ge=1)
    """Width of an item's vector, and of a user's."""
    hidden_width: int = Field(default=512, ge=1)
    """Hidden width of the support set's encoder."""
    answer_width: int = Field(default=256, ge=1)
    """Hidden width of what reads unknown items, and of what tells which items are known."""
    attribute_width: int = Field(default=16, ge=1)
    """Width of the embedding of a user's attribute."""
    content_width: int = Field(default=64, ge=0)
    """Principal components of the content that items are known by."""
    local_steps: int = Field(default=1, ge=0)
    """Gradient steps of the choice loss after the amortised start."""
    sample: int = Field(default=1_024, ge=1, le=100_000)
    """Items that stand for the catalogue in those steps, drawn by popularity."""

    passes: int = Field(default=50, ge=1)
    """Passes over the users, within the next two bounds: few users are soon learnt by heart."""
    least_updates: int = Field(default=300, ge=1)
    """Global updates at least."""
    most_updates: int = Field(default=1_200, ge=1)
    """Global updates at most."""
    batch_users: int = Field(default=256, ge=1)
    """Episodes a global update."""
    learning_rate: float = Field(default=3e-3, gt=0)
    """Adam's largest step size; it rises and falls over the training (one cycle)."""
    dropout: float = Field(default=0.4, ge=0, lt=1)
    """Drop-out of what the support set's encoder reads, and of its hidden layer."""
    weight_decay: float = Field(default=3e-5, ge=0)
    """L2 penalty on what is learnt of single items."""
    few_share: float = Field(default=0.6, ge=0, le=1)
    """Share of the episodes with at most 20 ratings in the support set."""
    support_limit: int = Field(default=100, ge=1)
    """Most ratings in a training episode's support set."""
    list_length: int = Field(default=20, ge=1)
    """Places of the list that is judged: a user counts as 1, with fewer likes than that as less."""
    cold_items: float = Field(default=0.1, ge=0, le=1)
    """Largest share of the items that an update shows as if they were new."""
    unknown_rate: float = Field(default=0.1, ge=0, lt=1)
    """Share of the episodes in which a user's attributes are unknown."""
    softmax_items: int = Field(default=4_096, ge=1, le=1_000_000)
    """Items up to which the choice is among all of them; of more, among as many drawn ones."""
    answer_passes: int = Field(default=20, ge=0)
    """Passes over the users in which answers to questions are learnt, within two bounds."""
    least_answer_updates: int = Field(default=150, ge=0)
    """Updates of those at least."""
    most_answer_updates: int = Field(default=600, ge=0)
    """Updates of those at most."""
    patience: int = Field(default=3, ge=1)
    """Measurements in a row of certainly worse lists, of users held out, that end the training."""
    held_out: float = Field(default=0.1, ge=0, le=0.5)
    """Share of the users that a member does not learn from, on whom the blend is chosen."""

    def updates(self, users: int) -> int:
        """Return the number of global updates for so many users to learn from."""
        wanted = self.passes * users // self.batch_users
        return max(self.least_updates, min(self.most_updates, wanted))

    def answer_updates(self, users: int) -> int:
        """Return the number of updates of what reads answers to questions."""
        wanted = self.answer_passes * users // self.batch_users
        return max(self.least_answer_updates, min(self.most_answer_updates, wanted))
