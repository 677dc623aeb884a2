import re

from ondol.model_store import CONVERTERS, FETCHERS
from ondol.model_store.catalogue import load_catalogue


def test_the_defaults_are_one_chat_model_and_one_embedder():
    defaults = [model for model in load_catalogue().values() if model.default]
    assert sorted(model.kind for model in defaults) == ["chat", "embeddings"]


def test_every_source_can_be_fetched_and_every_wheels_file_is_pinned():
    for model in load_catalogue().values():
        assert model.license
        assert model.license_url
        assert model.notice
        for source in model.sources:
            assert source.kind in FETCHERS
            assert not source.convert or source.convert in CONVERTERS
            assert source.total_bytes < source.disk_bytes
            if source.kind == "index":
                assert all(re.fullmatch("[0-9a-f]{64}", file.sha256) and file.bytes for file in source.files)
                assert all(requirement.count("==") == 1 for requirement in source.where)
