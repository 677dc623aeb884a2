"""Every reply as a line of JSONL, written as it comes, so that an interrupted evaluation goes on where it ended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ondol.evaluate.answers_arms import Reply, reply_from_json
from ondol.resumable import ResumableFile

Replies = dict[tuple[str, str], Reply]
"""(arm, question's id) → reply."""
Nats = dict[tuple[str, str], tuple[float, int]]
"""(arm, name of a general text) → (-log probability, bytes)."""
OTHER = "{path} holds something else than replies to these questions by these arms and this model."


class RepliesFile(ResumableFile):
    """The lines of one evaluation; without a path they are only kept in memory."""

    def __init__(self, path: Path | None, asked: Mapping[str, Any]) -> None:
        super().__init__(path, asked, kind="answers", refusal=OTHER)
        self.replies, self.general = Replies(), Nats()
        rows = [row for _, row in self.read()[1:]]
        self.resumed = len(rows)
        """Lines that were there already."""
        for row in rows:
            if "general" in row:
                self.general[row["arm"], row["general"]] = row["nats"], row["bytes"]
            else:
                self.replies[row["arm"], row["id"]] = reply_from_json(row)

    def add_reply(self, arm: str, question: str, reply: Reply) -> None:
        self.replies[arm, question] = reply
        self.write({"arm": arm, "id": question, **reply.to_json()})

    def add_general(self, arm: str, name: str, nats: float, size: int) -> None:
        self.general[arm, name] = nats, size
        self.write({"arm": arm, "general": name, "nats": nats, "bytes": size})
