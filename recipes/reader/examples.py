"""What the two models learn from drawn questions: spans of chunks, and short cited answers in the prompt of `ask`."""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from draw import write
from sources import SEED, Row, chance, read

from ondol.answer.prompt import REFUSAL, chat_prompt
from ondol.answer.reading_text import names_of, with_names

MEASURED = 60
"""Questions that are measured while a model learns."""
CHAT = {"tydiqa_en": 0.45, "xquad_en": 0.25}
"""Share of a set that the writer learns; all of the others. Both languages weigh alike, in a million tokens."""
MANY = (35, 25, 20, 10, 10)
"""How often of 100 examples one to five chunks are shown; `ask` shows three."""
SHUFFLED = 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="Of the drawn questions; the files are written beside them.")
    write_examples(parser.parse_args().folder)


def write_examples(folder: Path) -> None:
    for side in ("train", "dev"):
        rows = read(folder / f"{side}.jsonl")
        rows = rows if side == "train" else rows[:: max(1, len(rows) // MEASURED)]
        luck = random.Random(SEED)  # noqa: S311 - no secret
        write(folder / f"{side}.span.jsonl", [span for row in rows for span in spans_of(row, luck)])
        some = [row for row in rows if chance(row["id"]) < CHAT.get(row["set"], 1.0)]
        write(folder / f"{side}.chat.jsonl", [chat_of(row, luck) for row in some])


def spans_of(row: Row, luck: random.Random) -> Iterator[dict[str, Any]]:
    """The right chunk with its answer, and one of the first wrong ones without; of unanswerable questions two wrong."""
    wrong = [place for place in range(len(row["chunks"])) if place != row["gold"]]
    right = [row["gold"]] if row["gold"] >= 0 else []
    for place in [*right, *sorted(luck.sample(wrong, min(len(wrong), 2 - len(right))))]:
        chunk = row["chunks"][place]
        context, begin = with_names(names_of(chunk), chunk["text"])
        yield {
            "question": row["question"], "context": context, "answers": [row["answer"]] if place in right else [],
            "answer_starts": [begin + row["start"]] if place in right else [],
        }  # fmt: skip


def chat_of(row: Row, luck: random.Random) -> dict[str, Any]:
    """The messages of `ask` with one to five chunks, mostly in its order, and the answer with its chunk's number."""
    many = min(luck.choices(range(1, 6), MANY)[0], len(row["chunks"]))
    shown = row["order"][:many]
    if row["gold"] >= 0 and row["gold"] not in shown:
        shown[luck.randrange(many)] = row["gold"]
    if luck.random() < SHUFFLED:
        luck.shuffle(shown)
    passages = [with_names(names_of(row["chunks"][place]), row["chunks"][place]["text"])[0] for place in shown]
    answer = f"{row['answer']} [{shown.index(row['gold']) + 1}]" if row["gold"] >= 0 else REFUSAL[row["language"]]
    system, asked = chat_prompt(row["question"], passages)
    turns = (("system", system.text), ("user", asked.text), ("assistant", answer))
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


if __name__ == "__main__":
    main()
