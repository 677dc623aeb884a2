"""Questions that a document itself offers, and how they are drawn from all documents alike."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

How = Literal["heading", "definition", "model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A question and the place that answers it."""

    question: str
    document_id: str
    start: int
    end: int
    """Characters of the document's text."""
    how: How
    key: str
    """What it asks about; a key that several documents have belongs to none of them."""

    def to_json(self, name: str) -> dict[str, Any]:
        """A row of the set; `ondol evaluate retrieval --queries` reads it."""
        return {
            "id": name,
            "question": self.question,
            "document_id": self.document_id,
            "start": self.start,
            "end": self.end,
            "synthetic": True,
            "how": self.how,
        }


def plain(text: str) -> str:
    """Letters and digits alone, in lower case: what must differ between two questions."""
    return re.sub(r"[\W_]+", "", text).casefold()


def unambiguous(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those whose key only one document has; of one document's equal questions the first."""
    rows = list(candidates)
    homes = defaultdict[str, set[str]](set)
    for row in rows:
        homes[row.key].add(row.document_id)
    kept = {(row.document_id, plain(row.question)): row for row in reversed(rows) if len(homes[row.key]) == 1}
    return sorted(kept.values(), key=lambda row: (row.document_id, row.start, row.how))


def spread(candidates: Iterable[Candidate], rng: random.Random) -> Iterator[Candidate]:
    """One of every document in turn, documents and their questions in random order, kinds alternating."""
    queues = defaultdict[str, list[Candidate]](list)
    for row in candidates:
        queues[row.document_id].append(row)
    documents = sorted(queues)
    rng.shuffle(documents)
    for name in documents:
        rng.shuffle(queues[name])
        queues[name] = list(_alternate(queues[name]))
    for turn in range(max(map(len, queues.values()), default=0)):
        for name in documents:
            if turn < len(queues[name]):
                yield queues[name][turn]


def _alternate(rows: list[Candidate]) -> Iterator[Candidate]:
    """A definition, a heading, a definition …, as long as there are both."""
    kinds = defaultdict[str, list[Candidate]](list)
    for row in rows:
        kinds[row.how].append(row)
    columns = [kinds[how] for how in ("definition", "heading", "model") if kinds[how]]
    for turn in range(max(map(len, columns), default=0)):
        yield from (column[turn] for column in columns if turn < len(column))
