"""The fixtures of the library's tests, and one that adds what a test wrote."""

import runpy
from pathlib import Path

import pytest

from ondol.ingest.add import add_documents

LIBRARY_TESTS = Path(__file__).parents[1] / "library" / "conftest.py"
library_tests = runpy.run_path(str(LIBRARY_TESTS))
library, open_again = library_tests["library"], library_tests["open_again"]


@pytest.fixture
def files(tmp_path):
    """A folder with `write(name, text or bytes)`."""
    folder = tmp_path / "files"
    folder.mkdir()

    class Files:
        path = folder

        def write(self, name, content):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
            return str(target)

    return Files()


@pytest.fixture
def words():
    """The tests' embedder."""
    return library_tests["Words"]()


@pytest.fixture
def add(library):
    return lambda *paths, **options: add_documents(library, paths, **options)
