import re

import pytest

from ondol.fit.memory import Use, estimate_memory
from ondol.fit.quant import weight_bytes
from ondol.fit.shape import ModelShape
from ondol.fit.shape_sources import read_entry
from ondol.model_store import CONVERTERS, FETCHERS
from ondol.model_store.catalogue import load_catalogue

MODELS = load_catalogue()
BUILT = [model for model in MODELS.values() if model.shape]


def test_the_defaults_are_a_chat_model_an_embedder_and_the_reader_on_it():
    defaults = [model for model in MODELS.values() if model.default]
    assert sorted(model.kind for model in defaults) == ["chat", "embeddings", "reader"]
    assert all(MODELS[model.base].default for model in defaults if model.base)


def test_every_source_can_be_fetched_and_every_wheels_file_is_pinned():
    for model in MODELS.values():
        assert model.license
        assert model.license_url or not model.sources
        for source in model.sources:
            assert model.notice or model.license == "Apache-2.0"
            assert source.kind in FETCHERS
            assert not source.convert or source.convert in CONVERTERS
            assert source.total_bytes < source.disk_bytes
            if source.kind == "index":
                assert all(re.fullmatch("[0-9a-f]{64}", file.sha256) and file.bytes for file in source.files)
                assert all(requirement.count("==") == 1 for requirement in source.where)


def test_about_twenty_chat_models_are_known_and_some_speak_korean():
    chat = [model for model in MODELS.values() if model.kind == "chat"]
    assert 20 <= len(chat) <= 35
    assert sum("ko" in model.languages for model in chat) >= 10
    assert sum(bool(model.reasoning) for model in chat) >= 8


@pytest.mark.parametrize("model", BUILT, ids=lambda model: model.name)
def test_the_shape_counts_as_many_parameters_as_the_publisher(model):
    counted = ModelShape(name=model.name, **model.shape).counted_parameters
    assert counted == pytest.approx(model.parameters, rel=0.001)


@pytest.mark.parametrize("model", BUILT, ids=lambda model: model.name)
def test_the_disk_that_is_asked_for_holds_the_file(model):
    shape = read_entry(model)
    assert estimate_memory(shape, Use()).total > 0
    for source in model.sources:
        assert weight_bytes(shape, shape.quant) < source.disk_bytes


def test_non_commercial_licences_are_marked():
    marked = {model.name for model in MODELS.values() if model.restrictions.startswith("non-commercial")}
    assert marked == {name for name in MODELS if name.startswith("exaone")}


def test_thinking_has_a_start_and_an_end():
    assert {len(model.reasoning) for model in MODELS.values()} == {0, 2}
