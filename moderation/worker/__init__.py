"""The worker: reads the stream, judges a batch, commits once."""
