"""A small library on the fake embedder, and a store of threads in a home of its own."""

import pytest

import ondol
from ondol.chat.conversation import Conversation
from ondol.chat.graph import Chat
from ondol.chat.thread import new_thread
from ondol.chat.threads import ThreadStore
from ondol.models.fake import open_fake

DOCUMENTS = {
    "hut.md": "# The hut\n\nThe hut at Otter Ridge sleeps twelve guests. A night in the hut costs 15 euros. "
    "Tomas Quill takes the bookings.",
    "산장.md": "# 산장\n\n솔재 산장에는 손님 열두 명이 잘 수 있습니다. 산장 요금은 하룻밤에 만 원입니다.",
    "tea.md": "# Tea\n\nThe green tea leaves come from Hadong. They are picked in late April.",
}


@pytest.fixture
def retriever(tmp_path, monkeypatch):
    monkeypatch.setenv("ONDOL_EMBEDDINGS", "fake:")
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    with ondol.open_library(tmp_path / "home", create=True) as library:
        ondol.add_documents(library, [str(folder)])
        yield ondol.make_retriever(library)


@pytest.fixture
def store(tmp_path):
    with ThreadStore(tmp_path / "threads") as opened:
        yield opened


@pytest.fixture
def talk(store):
    """`talk("reply", …)`: a conversation without documents whose model says what it is told."""
    opened = []

    def start(*replies, retriever=None, thread=None, **options):
        model = open_fake(**options).model_copy(update={"replies": replies})
        thread = thread or new_thread(collection="main", model="fake:", docs=retriever is not None)
        opened.append(Conversation(store, thread, Chat(model, retriever)))
        return opened[-1]

    yield start
    for conversation in opened:
        conversation.close()
