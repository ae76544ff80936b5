"""What a model makes of tokens: batches as they arrive, losses and log-probabilities, text that it goes on with."""
