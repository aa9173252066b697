"""Two ways to answer, each for a share of the users, and what becomes of their lists."""
