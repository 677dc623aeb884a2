"""What is asked of the hub, and what is a name or path here; the hub itself is never asked."""

import pytest

from ondol.models.hf.hub import is_repository


@pytest.mark.parametrize("name", ["meta-llama/Llama-3.2-1B", "a/b@main", "LGAI-EXAONE/EXAONE-4.0-1.2B"])
def test_a_repository_is_an_owner_and_a_name(name):
    assert is_repository(name)


@pytest.mark.parametrize("name", ["name", "./a/b", "../b", "/a/b", "~/b", "a/b/c", "a/b c", ""])
def test_anything_else_is_a_name_or_a_path(name):
    assert not is_repository(name)
