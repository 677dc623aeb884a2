"""A small bilingual library on the fake embedder, and what is asked of it."""

import json

import pytest

from ondol.assemble import open_library
from ondol.evaluate.qrels import Judged, Query, QuestionSet
from ondol.evaluate.retrieval import Answered, EvaluationConfig, QuestionResult, summarise
from ondol.ingest.add import add_documents
from ondol.settings import Settings

DOCUMENTS = {
    "museum.md": "# Harbour museum\n\nThe museum shows ships.\n\n## Opening hours of the museum\n\nIt opens at 9:30. "
    "A barge is a flat boat that carries goods on rivers and canals.\n",
    "mill.md": "# 방앗간 안내\n\n방앗간은 곡식을 빻아 가루로 만드는 곳이다. 입장료는 3,000원입니다.\n\n"
    "## 단체 관람을 신청하는 방법\n\n전화로 예약합니다.\n",
    "tea.md": "# Tea house\n\nThe tea house closes at 18:00 and serves green tea.\n",
}


@pytest.fixture
def library(tmp_path):
    for name, text in DOCUMENTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with open_library(settings=Settings(home=tmp_path / "home", embeddings="fake:"), create=True) as opened:
        add_documents(opened, [str(tmp_path / "*.md")])
        yield opened


@pytest.fixture
def ids(library):
    """File name → document id."""
    return {row["source"].rpartition("/")[2]: row["document_id"] for row in library.source_rows()}


@pytest.fixture
def write(tmp_path):
    def rows(name, *lines):
        path = tmp_path / name
        text = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
        path.write_text(text + "\n", encoding="utf-8")
        return path

    return rows


@pytest.fixture
def evaluated():
    """An evaluation whose values are given: setting → one number per question, taken for every metric."""

    def make(values, *, k=10, ms=5.0, **of_set):
        count = len(next(iter(values.values())))
        rows, judged = [], []
        for number in range(count):
            arms = {}
            for place, (arm, numbers) in enumerate(values.items(), 1):
                metrics = dict.fromkeys([f"ndcg@{k}", f"recall@{k}", f"mrr@{k}", "hit@1", "hit@5"], numbers[number])
                arms[arm] = Answered(found=[f"d{number}", "other"], metrics=metrics, ms=ms * place)
            row = {"id": f"q{number}", "question": f"Question {number}?", "expected": [f"d{number}"]}
            rows.append(QuestionResult(**row, arms=arms))
            judged.append(Judged(Query(f"q{number}", f"Question {number}?"), {f"d{number}": 1.0}))
        return summarise(QuestionSet(judged=judged, **of_set), rows, list(values), EvaluationConfig(k=k))

    return make
