import pytest

import ondol
from ondol.errors import NotFound


@pytest.fixture
def library(tmp_path, monkeypatch):
    monkeypatch.setenv("ONDOL_EMBEDDINGS", "fake:")
    file = tmp_path / "mill.md"
    file.write_text(
        "---\ntags: [brook]\n---\n# 방앗간\n\n방앗간은 밀을 빻습니다.\n\n## 요금\n\n3,000원입니다.", encoding="utf-8"
    )
    with ondol.open_library(tmp_path / "home", create=True) as opened:
        ondol.add_documents(opened, [str(file)], tags=["trips"])
        yield opened


def test_a_copy_writes_the_source_as_it_was(library):
    [row] = library.source_rows()
    name = row["document_id"]
    before, copy = library.show(name), library.copy(name, most=10_000)
    library.remove([name])
    assert library.source_rows() == []
    library.write(copy.drafts, files=copy.files)
    library.finish()
    assert {**library.show(name), "tags": before["tags"]} == before
    assert copy.tags == {name: ["trips"]}
    assert "brook" in library.show(name)["tags"]
    assert library.verify() == []


def test_a_text_above_the_limit_is_not_copied(library):
    [row] = library.source_rows()
    assert library.copy(row["document_id"], most=10) is None
    with pytest.raises(NotFound):
        library.copy("nothing", most=10)


def test_without_waiting_what_is_removed_is_hidden_while_another_writes(library):
    from ondol.library.finishing import count_unfinished, one_writer

    [row] = library.source_rows()
    with one_writer(library.folder):
        library.remove([row["document_id"]], wait=False)
        assert library.source_rows() == []
        assert count_unfinished(library._db)[1] > 0
    library.finish()
    assert library.verify() == []
