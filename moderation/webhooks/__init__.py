"""Telling other software what happened: signed deliveries of the event log, through one guarded door out."""
