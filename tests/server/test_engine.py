import threading
from dataclasses import replace

import pytest

from ondol.errors import NotFound, UsageError
from ondol.ingest.add import add_documents
from ondol.retrieve.config import RetrieveConfig
from ondol.server.engine import Engine
from ondol.settings import load_settings


@pytest.fixture
def engine(environment):
    with Engine(load_settings()) as opened:
        yield opened


def test_a_collection_is_opened_once(engine, filled):
    with engine.library() as one, engine.library("main") as other:
        assert one is other


def test_an_unknown_collection_is_not_found(engine, filled):
    with pytest.raises(NotFound, match="nowhere"), engine.library("nowhere"):
        pass


def test_a_new_collection_is_made_where_that_is_asked_for(engine):
    with engine.library("새 모음", create=True) as library:
        assert library.state()["sources"] == 0


def test_a_forgotten_collection_is_opened_anew(engine, filled):
    with engine.library() as before:
        pass
    engine.forget("main")
    with engine.library() as after:
        assert after is not before
        assert after.state()["sources"] == 2


def test_threads_search_while_one_writes(engine, filled, tmp_path):
    extra, failed, ended = tmp_path / "extra.txt", [], threading.Event()
    extra.write_text("Another museum opens at noon.")

    def search():
        try:
            while not ended.is_set():
                with engine.retriever(None, RetrieveConfig()) as retriever:
                    assert retriever.search("When does the museum open?").hits
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=search) for _ in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        with engine.library() as library:
            add_documents(library, [str(extra)])
            library.remove([str(extra)])
    ended.set()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_model_stays_open_for_the_next_question(engine):
    with engine.model() as one:
        pass
    with engine.model() as other:
        assert one is other


def test_two_models_are_kept_and_a_third_replaces_the_older_one(engine):
    kept = {}
    for spec in ("fake:a", "fake:b", "fake:a", "fake:c"):
        with engine.model(spec) as model:
            kept[spec] = model
    with engine.model("fake:a") as model:
        assert model is kept["fake:a"]
    with engine.model("fake:b") as model:
        assert model is not kept["fake:b"]


@pytest.mark.parametrize(
    "spec",
    ["llama.cpp:/etc/passwd", "llama.cpp:../../secret.gguf", "openai:x@http://169.254.169.254/v1", "hf:/tmp", "x"],
)  # fmt: skip
def test_a_model_that_is_not_offered_is_refused(engine, spec):
    with pytest.raises(NotFound), engine.model(spec, "none"):
        pass


def test_an_adapter_that_is_not_offered_is_refused(engine):
    with pytest.raises(NotFound, match="adapter"), engine.model("fake:", "/etc/passwd"):
        pass


def test_an_embedder_that_is_not_offered_is_refused(engine):
    with pytest.raises(NotFound):
        engine.embedder("onnx:/tmp")


def test_the_settings_model_is_offered_whatever_it_is(environment):
    with Engine(replace(load_settings(), model="fake:yes")) as engine, engine.model("fake:yes") as model:
        assert model.invoke("so?").text == "yes"


def test_a_changed_setting_lives_as_long_as_the_process(engine):
    engine.change(threshold=0.9)
    assert engine.settings.threshold == 0.9
    assert engine.settings.origin["threshold"] == "argument"
    assert load_settings().threshold == 0.5


@pytest.mark.parametrize("wrong", [{"threshold": 2}, {"threshold": "much"}, {"home": "/"}, {"collection": " "}])
def test_a_setting_that_cannot_be_is_refused(engine, wrong):
    with pytest.raises(UsageError):
        engine.change(**wrong)


def test_no_reader_is_none(engine):
    assert engine.reader() is None


def test_a_warm_engine_has_opened_the_collection(engine, filled, monkeypatch):
    engine.warm()
    monkeypatch.setattr("ondol.server.engine.open_library", None)
    with engine.library() as library:
        assert library.name == "main"


def test_a_home_without_a_collection_is_warm_at_once(engine):
    engine.warm()
