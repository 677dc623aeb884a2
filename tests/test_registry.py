import pytest

from ondol.errors import MissingExtra, NotFound, UsageError
from ondol.registry import Entry, resolve, split_spec
from ondol.vector_stores import VECTOR_STORES


def test_a_name_opens_its_leaf():
    assert resolve("ondol.vector_stores", VECTOR_STORES, "memory", what="vector store").__name__ == "open_memory"


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(NotFound) as caught:
        resolve("ondol.vector_stores", VECTOR_STORES, "fais", what="vector store")
    assert str(caught.value) == (
        "No vector store is called 'fais'.\n  → Did you mean 'faiss'? Known: chroma, faiss, memory."
    )
    assert caught.value.exit_code == 4


def test_a_missing_package_of_an_extra_says_what_to_install(tmp_path, monkeypatch):
    package = tmp_path / "parts"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "chroma.py").write_text("import no_such_package_chroma")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = {"chroma": Entry("chroma:open_chroma", extra="chroma")}
    with pytest.raises(MissingExtra) as caught:
        resolve("parts", registry, "chroma", what="vector store")
    assert str(caught.value).endswith('→ Install it with: pip install "ondol[chroma]"')
    assert "no_such_package_chroma" in caught.value.message


def test_a_bug_in_a_leaf_is_no_missing_extra(tmp_path, monkeypatch):
    package = tmp_path / "parts2"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "broken.py").write_text("import no_such_module_of_ours")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError):
        resolve("parts2", {"broken": Entry("broken:x")}, "broken", what="part")


def test_a_spec_is_split_at_its_first_colon():
    assert split_spec("openai:llama@http://x:1", what="m", example="e") == ("openai", "llama@http://x:1")
    assert split_spec("fake:", what="m", example="e") == ("fake", "")


@pytest.mark.parametrize("spec", ["gemma", ":gemma", ""])
def test_a_spec_without_a_runtime_is_refused_with_an_example(spec):
    with pytest.raises(UsageError, match=f"'{spec}' names no chat model: it is written runtime:name"):
        split_spec(spec, what="chat model", example="llama.cpp:gemma-3-270m")
