"""HTTP: thin handlers, parse -> one call -> wire."""
