"""What tests of races share."""

from __future__ import annotations

import asyncio
import random


async def pause(chance: random.Random) -> None:
    """Some turns of the loop: round trips fall into every order."""
    for _ in range(chance.randrange(12)):
        await asyncio.sleep(0)
