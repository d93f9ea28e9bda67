"""The spam classifier: features, model, artifact and its own commands. Knows nothing of the service."""
