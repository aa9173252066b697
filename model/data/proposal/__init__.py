"""Look at the files of a folder and propose the `dataset.toml` that describes them."""

from model.data.proposal.proposal import Proposal, propose
from model.data.proposal.toml_text import as_toml

__all__ = ["Proposal", "as_toml", "propose"]
