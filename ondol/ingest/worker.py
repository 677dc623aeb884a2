"""A process that reads files for another one: a file that is a trap takes this process with it, not the run.

    python -m ondol.ingest.worker MEMORY_MB SILENCE_S

Requests come as lines of JSON, `{"place", "known"}`; the answers to each are `messages` up to the last one of a file.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ondol.ingest import child
from ondol.ingest.alive import listen
from ondol.ingest.messages import Alive, Done, Failed, Message, encode
from ondol.ingest.unpack import read_file
from ondol.lang import translate

LARGE_MB = 700
"""A process that has grown to this ends after its file, and a fresh one takes its place."""


def main() -> None:
    limit_mb, silence_s = int(sys.argv[1]), float(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process decides when work ends
    child.limit_memory(limit_mb)
    with child.answers() as out:
        for line in sys.stdin.buffer:
            request = json.loads(line)
            place = Path(os.fsdecode(bytes.fromhex(request["place"])))
            if not serve(out, place, request["known"], limit_mb=limit_mb, silence_s=silence_s):
                return
            child.limit_silence(0)


def serve(out: BinaryIO, place: Path, known: str, *, limit_mb: int, silence_s: float) -> bool:
    """Read one file; False when this process should end."""

    def send(message: Message) -> None:
        child.limit_silence(0)  # whoever is told may take its time
        child.send(out, encode(message))
        child.limit_silence(2 * silence_s)  # the other process is quicker, while there is one

    child.limit_silence(2 * silence_s)
    listen(_beat(send))
    try:
        for message in read_file(place, known):
            if isinstance(message, Done):
                grown = child.has_grown(LARGE_MB)
                send(Done(message.sha256, leaves=grown))
                return not grown
            send(message)
    except MemoryError:
        send(Failed("", translate("Reading it takes more than {limit} MB of memory.", limit=limit_mb), leaves=True))
        return False
    return True


def _beat(send: Callable[[Message], None]) -> Callable[[], None]:
    return lambda: send(Alive())


if __name__ == "__main__":
    main()
