"""Tags that a person gives stay until they are taken off; those of the source come and go with it."""

import unicodedata
from dataclasses import replace

import pytest

from ondol.errors import UsageError
from ondol.library.tags import TagChange, list_tags, split_tags


@pytest.fixture
def write(library, draft):
    def write(name, *tags):
        library.write([replace(draft(name, f"text of {name}"), tags=split_tags(tags))])

    return write


def tags_of(library, name):
    return library.show(name)["tags"]


def test_commas_separate_and_case_and_unicode_form_do_not_count():
    given = ["계약, #초안", unicodedata.normalize("NFD", "계약"), " Draft ", "draft", ",", "two  words"]
    assert split_tags(given) == ("계약", "초안", "Draft", "two words")


def test_a_given_tag_is_counted_once_per_source_that_it_changes(library, write):
    write("a")
    write("b", "계약")
    assert library.tag(["a", "b", "unknown"], TagChange(add=["계약", "2024"])) == 2
    assert tags_of(library, "a") == tags_of(library, "b") == ["2024", "계약"]
    assert library.tag(["a", "b"], TagChange(add=["계약"])) == 0
    assert library.tag(["a"], TagChange(remove=["계약"])) == 1
    assert (tags_of(library, "a"), tags_of(library, "b")) == (["2024"], ["2024", "계약"])


def test_own_tags_change_with_the_source_and_given_ones_stay(library, write):
    write("a", "old", "both")
    library.tag(["a"], TagChange(add=["mine", "Both"]))
    write("a", "new")
    assert tags_of(library, "a") == ["both", "mine", "new"]


def test_tags_go_with_their_source(library, write):
    write("a", "only")
    library.remove(["a"])
    assert list_tags(library._db) == {}


def test_tags_are_listed_by_how_many_sources_have_them(library, write):
    write("a", "Draft", "계약")
    write("b", "draft")
    write("c", "draft")
    assert list_tags(library._db) == {"draft": 3, "계약": 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"add": [" , "]}, "A tag is empty.\n  → Write it as: --tag NAME"),
        ({"add": ["!draft"]}, "'!draft' is no tag: '!' means all that do not have it, in search.\n"
                              "  → Take a tag off with: ondol add PATH --untag NAME"),
        ({"add": ["Draft"], "remove": ["draft"]}, "The tag 'draft' is both to be given and to be taken off.\n"
                                                  "  → Leave one out."),
        ({"add": ["x" * 101]}, "A tag is longer than 100 characters.\n  → Give several: --tag A --tag B"),
    ],
    ids=["empty", "excluded", "both", "long"],
)  # fmt: skip
def test_what_cannot_be_a_tag_is_told(change, message):
    with pytest.raises(UsageError) as caught:
        TagChange(**change)
    assert str(caught.value) == message
