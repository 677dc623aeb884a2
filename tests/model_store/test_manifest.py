"""`manifest.json`: what cannot be read as one is none."""

import pytest

from ondol.model_store.manifest import make_manifest, read_manifest, write_manifest


def test_a_manifest_comes_back_as_it_was_written(tmp_path):
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    manifest = make_manifest(tmp_path, "hub o/r")
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest


@pytest.mark.parametrize(
    "content",
    ["", "[]", "[" * 100_000, '{"source": "", "files": [], "date": ""}', '{"source": "", "files": {}, "date": ""}'],
)
def test_one_that_makes_no_sense_is_none(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    assert read_manifest(tmp_path) is None
