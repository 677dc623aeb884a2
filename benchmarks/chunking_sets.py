"""Documents long enough to be split, and questions whose passage and answer are known by their place in them.

| set | documents | questions |
| --- | --- | --- |
| `labor_act` | the text of one law | 48 of ours, `labor_act_questions.jsonl`; passages are its articles |
| `autorag_ko` | one government notice, put together again from its 55 overlapping passages | 20 |
| `tydiqa_ko`, `tydiqa_en` | 15 passages in one document, those of one title together, without titles | its own |
| `tydiqa_ko_md`, `tydiqa_en_md` | the same as Markdown files with the titles as headings | the same |
| `tydiqa_ko_short`, `tydiqa_en_short` | every passage a document with its title | the same |
| `scifact` | abstracts | claims of its train part, without answers |

Questions are shuffled by id (seed 13): settings are chosen on the first half (0) and told for the second (1).
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from answers import halves, read_rows

from ondol.ingest.parsed import canonical

JOINED = 15
"""Passages of TyDi QA in one document: about 2,500 tokens."""
PASSAGES = 400
DISTRACTORS = 100
"""Abstracts of SciFact that answer none of the claims."""
LAW = "labor_act/근로기준법.txt"
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Asked:
    id: str
    text: str
    half: int
    right: frozenset[str]
    """Names of the passages that answer it."""
    answers: frozenset[tuple[str, int, int]] = frozenset()
    """Document, start and end of every answer; empty where none is known."""


@dataclass(slots=True)
class Set:
    name: str
    asked: list[Asked]
    texts: dict[str, str] = field(default_factory=dict)
    """Document → text."""
    titles: dict[str, str] = field(default_factory=dict)
    passages: dict[str, list[tuple[str, int, int]]] = field(default_factory=dict)
    """Document → name, start and end of its passages, in order."""
    suffix: str = ""
    """Of the files that the documents are; empty for records."""

    def write(self, folder: Path) -> list[str]:
        """Write what `add` reads; returns the paths."""
        if self.suffix:
            for name, text in self.texts.items():
                (folder / f"{name}{self.suffix}").write_text(text, encoding="utf-8")
            return [str(folder / f"{name}{self.suffix}") for name in self.texts]
        rows = ({"id": name, "text": text, "title": self.titles.get(name, "")} for name, text in self.texts.items())
        path = folder / f"{self.name}.jsonl"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return [str(path)]


class Bare:
    """Finds a text whatever white space stands in it: lines of the law break inside words."""

    def __init__(self, text: str) -> None:
        self._places = [place for place, char in enumerate(text) if not char.isspace()]
        self._letters = "".join(text[place] for place in self._places)

    def find(self, piece: str) -> Span | None:
        letters = "".join(piece.split())
        at = self._letters.find(letters)
        return None if at < 0 else (self._places[at], self._places[at + len(letters) - 1] + 1)


def chosen_questions(rows: list[dict], asked: slice) -> list[tuple[dict, int]]:
    """Those of each half, with its number."""
    return [(row, number) for number, half in enumerate(halves(rows)) for row in half[asked]]


def read_law(data: Path, asked: slice) -> Set:
    text = canonical((data / LAW).read_text(encoding="utf-8"))
    made = Set("labor_act", [], {"law": text}, suffix=".txt")
    bare, spans = Bare(text), []
    for row in read_rows(data / "labor_act" / "articles.jsonl"):
        start, end = bare.find(canonical(row["text"]))
        spans.append((row["article"], start, end))
    made.passages["law"] = spans
    for row, half in chosen_questions(read_rows(Path(__file__).with_name("labor_act_questions.jsonl")), asked):
        articles = [(start, end) for name, start, end in spans if name == row["article"]]  # some stand there twice
        inside = [(start, Bare(text[start:end]).find(row["answer"])) for start, end in articles]
        answers = frozenset(("law", start + span[0], start + span[1]) for start, span in inside if span)
        assert answers, f"{row['id']}: the answer does not stand in {row['article']}"
        made.asked.append(Asked(row["id"], row["question"], half, frozenset([row["article"]]), answers))
    return made


def read_notice(data: Path, asked: slice) -> Set:
    """Every passage begins with the last lines of the one before."""
    text, spans = "", []
    for row in read_rows(data / "autorag_ko" / "corpus.jsonl"):
        piece = canonical(row["text"].partition("내용: ")[2]).strip()
        shared = next((size for size in range(min(len(piece), len(text)), 0, -1) if text.endswith(piece[:size])), 0)
        text += "" if shared else "\n\n" * bool(text)
        spans.append((row["id"], len(text) - shared, len(text) - shared + len(piece)))
        text += piece[shared:]
    made = Set(
        "autorag_ko", [], {"notice": text}, {"notice": "2024년 글로벌 팁스 창업기업 모집공고"}, {"notice": spans}
    )
    for row, half in chosen_questions(read_rows(data / "autorag_ko" / "questions.jsonl"), asked):
        right = frozenset(name for group in row["context_ids"] for name in group)
        made.asked.append(Asked(row["id"], row["question"], half, right))
    return made


def read_tydiqa(name: str, data: Path, asked: slice) -> Set:
    folder, _, form = name.removeprefix("tydiqa_").partition("_")
    folder = data / f"tydiqa_{folder}"
    rows = chosen_questions(read_rows(folder / "questions_train.jsonl"), asked)
    wanted = {row["context_id"] for row, _ in rows}
    contexts = sorted(read_rows(folder / "contexts_train.jsonl"), key=lambda row: (row["id"] not in wanted, row["id"]))
    contexts = contexts[: max(len(wanted), PASSAGES)]
    made = Set(name, [], suffix=".md" if form == "md" else "")
    places: dict[str, tuple[str, int]] = {}
    contexts, size = by_title(contexts), 1 if form == "short" else JOINED
    for start in range(0, len(contexts), size):
        document, text, group = f"d{start:04}", "", contexts[start : start + size]
        for row in group:
            heading = f"## {canonical(row['title'])}\n\n" if form == "md" else ""
            text += "\n\n" * bool(text) + heading
            places[row["id"]] = document, len(text)
            piece = canonical(row["text"])
            made.passages.setdefault(document, []).append((row["id"], len(text), len(text) + len(piece)))
            text += piece
        made.texts[document] = text
        if form == "short":
            made.titles[document] = group[0]["title"]
    texts = {row["id"]: row["text"] for row in contexts}
    for row, half in rows:
        document, place = places[row["context_id"]]
        starts = [place + len(canonical(texts[row["context_id"]][:start])) for start in row["answer_starts"]]
        ends = [start + len(canonical(answer)) for start, answer in zip(starts, row["answers"], strict=True)]
        answers = frozenset((document, start, end) for start, end in zip(starts, ends, strict=True))
        assert any(made.texts[document][start:end] == canonical(a) for _, start, end in answers for a in row["answers"])
        made.asked.append(Asked(row["id"], row["question"], half, frozenset([row["context_id"]]), answers))
    return made


def by_title(rows: Iterable[dict]) -> list[dict]:
    """Passages of one title together, titles shuffled."""
    rows = sorted(rows, key=lambda row: (row["title"], row["id"]))
    groups = [list(group) for _, group in groupby(rows, key=lambda row: row["title"])]
    random.Random(13).shuffle(groups)
    return [row for group in groups for row in group]


def read_scifact(data: Path, asked: slice) -> Set:
    folder = data / "scifact"
    right: dict[str, set[str]] = {}
    with (folder / "qrels_train.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            right.setdefault(row["query-id"], set()).add(row["corpus-id"])
    queries = [{"id": row["_id"], "question": row["text"]} for row in read_rows(folder / "queries_train.jsonl")]
    rows = chosen_questions([row for row in queries if row["id"] in right], asked)
    wanted = {name for row, _ in rows for name in right[row["id"]]}
    made = Set("scifact", [])
    corpus = sorted(read_rows(folder / "corpus.jsonl"), key=lambda row: (row["_id"] not in wanted, row["_id"]))
    for row in corpus[: len(wanted) + DISTRACTORS]:
        made.texts[row["_id"]], made.titles[row["_id"]] = canonical(row["text"]), row["title"]
        made.passages[row["_id"]] = [(row["_id"], 0, len(made.texts[row["_id"]]))]
    made.asked = [Asked(row["id"], row["question"], half, frozenset(right[row["id"]])) for row, half in rows]
    return made


TYDIQA = [f"tydiqa_{language}{form}" for form in ("", "_md", "_short") for language in ("ko", "en")]
SETS: dict[str, Callable[[Path, slice], Set]] = {
    "labor_act": read_law,
    "autorag_ko": read_notice,
    **{name: (lambda data, asked, name=name: read_tydiqa(name, data, asked)) for name in TYDIQA},
    "scifact": read_scifact,
}
