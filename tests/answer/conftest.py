"""A small bilingual library on the fake embedder, which knows words and nothing else."""

import pytest

import ondol
from ondol.embeddings.fake import open_fake as open_fake_embeddings
from ondol.models.fake import open_fake as open_fake_model

DOCUMENTS = {
    "hours.md": "# Opening hours\n\nThe reading room of Solbat opens at 9:30 and closes at 18:00. "
    "On Mondays it is not open. A reader may borrow five books.",
    "시간.md": "# 이용 시간\n\n솔밭 열람실은 오전 9시 30분에 열고 오후 6시에 닫습니다. 월요일에는 열지 않습니다. "
    "한 사람이 책을 다섯 권까지 빌릴 수 있습니다.",
    "garden.md": "# Garden\n\nThe roses were planted in 1931 by Mina Orr. Watering starts in April.",
}


@pytest.fixture
def library(tmp_path, monkeypatch):
    monkeypatch.setenv("ONDOL_EMBEDDINGS", "fake:")
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    with ondol.open_library(tmp_path / "home", create=True) as opened:
        ondol.add_documents(opened, [str(folder)])
        yield opened


@pytest.fixture
def retriever(library):
    return ondol.make_retriever(library)


@pytest.fixture
def embeddings():
    return open_fake_embeddings()


@pytest.fixture
def say():
    """A model that says what it is told."""
    return open_fake_model
