"""The embedded server alone, in a folder, until SIGTERM: what a benchmark of one role runs on."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from moderation.store.embedded import EmbeddedServer


async def main(folder: Path, appendfsync: str) -> None:
    """Serves until SIGTERM."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    server = EmbeddedServer(folder, binary=None, appendfsync=appendfsync)
    await server.start()
    print("ready", flush=True)
    await stopping.wait()
    await server.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "everysec"))
