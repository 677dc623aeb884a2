"""[n] stays where passage n says the sentence."""

import pytest
from langchain_core.documents import Document

from ondol.agents.citations import check_citations, plain_korean

TEXT = "The library opens at 9:30. It closes at 18:00 on Saturdays. Dogs are not allowed."
PASSAGES = {
    3: Document(id="a", page_content=TEXT, metadata={"mark": 3, "source": "hours.txt", "start": 40, "page": 2}),
    4: Document(
        id="b", page_content="도서관은 오전 9시 30분에 문을 연다. 반려견은 들어올 수 없다.", metadata={"mark": 4}
    ),
}


@pytest.mark.parametrize(
    ("answer", "checked", "dropped"),
    [
        ("The library opens at 9:30 [3].", "The library opens at 9:30 [3].", []),
        ("The library opens at 9:30. [3]", "The library opens at 9:30 [3].", []),
        ("The library opens at 9:30 [4].", "The library opens at 9:30.", [4]),
        ("The library opens at 9:30 [3, 4].", "The library opens at 9:30 [3].", [4]),
        ("The library opens at 8:30 [3].", "The library opens at 8:30.", [3]),
        ("Dogs are allowed [3].", "Dogs are allowed.", [3]),
        ("The library opens at 9:30 [7].", "The library opens at 9:30.", [7]),
        ("It opens at 9:30 [3].\n\n- It closes at 18:00 [3]\n- Cats are welcome [3]",
         "It opens at 9:30 [3].\n\n- It closes at 18:00 [3]\n- Cats are welcome", [3]),
        ("도서관은 오전 9시 30분에 문을 엽니다 [4].", "도서관은 오전 9시 30분에 문을 엽니다 [4].", []),
        ("도서관은 오전 8시 30분에 문을 엽니다 [4].", "도서관은 오전 8시 30분에 문을 엽니다.", [4]),
        ("No mark here.", "No mark here.", []),
    ],
)  # fmt: skip
def test_marks_are_kept_or_taken_out(answer, checked, dropped):
    found = check_citations(answer, PASSAGES)
    assert (found.text, found.dropped) == (checked, dropped)


def test_a_citation_is_a_slice_of_its_source():
    (citation,) = check_citations("The library opens at 9:30 [3].", PASSAGES).citations
    assert (citation.mark, citation.source, citation.page) == (3, "hours.txt", 2)
    assert citation.quote == TEXT[citation.start - 40 : citation.end - 40] == "The library opens at 9:30."


def test_a_sentence_may_join_two_neighbours():
    (citation,) = check_citations("It opens at 9:30 and closes at 18:00 on Saturdays [3].", PASSAGES).citations
    assert citation.quote == "The library opens at 9:30. It closes at 18:00 on Saturdays."


def test_brackets_without_passages_mean_nothing_of_ours():
    assert check_citations("See item [3] of the list.", {}).text == "See item [3] of the list."


@pytest.mark.parametrize(
    ("polite", "plain"),
    [
        ("지급합니다", "지급한다"),
        ("됩니다", "된다"),
        ("책입니다", "책이다"),
        ("있습니다", "있다"),
        ("할머니다", "할머니다"),
    ],
)
def test_polite_endings_are_read_as_plain_ones(polite, plain):
    assert plain_korean(polite) == plain
