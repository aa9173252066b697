"""What is known about items before any meta-learning: statistics, factors, content."""
