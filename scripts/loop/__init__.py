"""Keep θ learning: export what users told, add it to the data, train, promote what is better."""
