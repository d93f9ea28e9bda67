"""The service: comments in, decisions out."""
