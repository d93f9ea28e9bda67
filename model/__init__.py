"""The classifier of spam and toxicity: features, model, artifact and its own commands. Knows nothing of the service."""
