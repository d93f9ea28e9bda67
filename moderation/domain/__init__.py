"""Comments, decisions and policy. Pure: no clock, no Redis, no HTTP."""
