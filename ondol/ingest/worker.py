"""A process that reads files for another one: a file that is a trap takes this process with it, not the run.

    python -m ondol.ingest.worker MEMORY_MB

Requests come as lines of JSON, `{"place", "known"}`; the answers to each are `messages` up to the last one of a file.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ondol.ingest.alive import listen
from ondol.ingest.messages import Alive, Done, Failed, Message, encode
from ondol.ingest.unpack import read_file
from ondol.lang import translate

LARGE_MB = 700
"""A process that has grown to this ends after its file, and a fresh one takes its place."""


def main() -> None:
    limit_mb = int(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process decides when work ends
    _limit_memory(limit_mb)
    with os.fdopen(os.dup(1), "wb", buffering=0) as out:
        os.dup2(2, 1)  # what a library prints must not come between the messages
        for line in sys.stdin.buffer:
            request = json.loads(line)
            if not serve(out, Path(os.fsdecode(bytes.fromhex(request["place"]))), request["known"], limit_mb):
                return


def serve(out: BinaryIO, place: Path, known: str, limit_mb: int) -> bool:
    """Read one file; False when this process should end."""

    def send(message: Message) -> None:
        rest = memoryview(encode(message))
        while rest:
            rest = rest[out.write(rest) :]

    listen(_beat(send))
    try:
        for message in read_file(place, known):
            if isinstance(message, Done):
                grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > LARGE_MB * _RSS_UNITS
                send(Done(message.sha256, leaves=grown))
                return not grown
            send(message)
    except MemoryError:
        send(Failed("", translate("Reading it takes more than {limit} MB of memory.", limit=limit_mb), leaves=True))
        return False
    return True


_RSS_UNITS = 1 << 20 if sys.platform == "darwin" else 1 << 10
"""`ru_maxrss` of a megabyte: macOS counts bytes, Linux kilobytes."""


def _beat(send: Callable[[Message], None]) -> Callable[[], None]:
    return lambda: send(Alive())


def _limit_memory(limit_mb: int) -> None:
    """Address space where the system enforces it (Linux)."""
    if sys.platform == "linux":
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = limit_mb << 20
        resource.setrlimit(resource.RLIMIT_AS, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))


if __name__ == "__main__":
    main()
