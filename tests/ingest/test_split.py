"""Chunks are slices, fit the budget, follow headings, and leave nothing out."""

import random
from itertools import pairwise
from pathlib import Path

import pytest

from ondol.errors import UsageError
from ondol.ingest.formats.csv import read_csv
from ondol.ingest.formats.md import read_md
from ondol.ingest.parsed import Parsed
from ondol.ingest.split import SplitConfig, split_text
from ondol.library.embedding_text import embedding_text

LAW = """근로기준법
제1장 총칙
제1조(목적)
제2조(정의)

제1장 총칙
제1조(목적) 이 법은 근로조건의 기준을 정함으로써 근로자의 기본적 생활을 보장하는 것을 목적으로 한다.
제2조(정의) 이 법에서 사용하는 용어의 뜻은 다음과 같다. 제1조에 따른 근로자란 임금을 목적으로 근로하는 사람을 말한다.
제2장 근로시간
제56조(연장ㆍ야간 및 휴일 근로) ① 사용자는 연장근로에 대하여는 통상임금의 100분의 50 이상을 가산하여 지급하여야 한다.
② 사용자는 휴일근로에 대하여는 다음 각 호의 기준에 따른 금액 이상을 가산하여 지급하여야 한다.
부칙 <제1호, 2024. 10. 22.>
제1조(시행일) 이 법은 공포한 날부터 시행한다.
"""


def chunks_of(parsed, words, **config):
    config = SplitConfig(**{"min_tokens": 8, "overlap_tokens": 0} | config)
    return [
        (chunk.heading, parsed.text[chunk.start : chunk.end])
        for chunk in split_text(parsed, tokenize=words.token_offsets, config=config)
    ]


def parsed_of(text, **parts):
    return Parsed(text=text, title="", format="txt", **parts)


def test_a_statute_is_cut_at_its_articles(words):
    found = chunks_of(parsed_of(LAW), words)
    assert [heading for heading, _ in found] == [
        "",
        "제1장 총칙",
        "제1장 총칙 > 제1조(목적)",
        "제1장 총칙 > 제2조(정의)",
        "제2장 근로시간 > 제56조(연장ㆍ야간 및 휴일 근로)",
        "부칙 <제1호, 2024. 10. 22.> > 제1조(시행일)",
    ]
    assert found[4][1].startswith("제2장 근로시간\n제56조")
    assert found[4][1].endswith("지급하여야 한다.")


def test_markdown_is_cut_at_its_headings_and_code_stays_whole(words):
    code = "```python\n" + "print('one sentence. another sentence.')\n" * 3 + "```"
    intro, ending = "Intro text here that says what this is for.", "The end of it all is here."
    text = f"# Guide\n{intro}\n\n## Install\nFirst this.\n{code}\nThen go on.\n\n# Other\n{ending}"
    found = chunks_of(read_md(text.encode(), "guide"), words, max_tokens=45)
    assert list(dict.fromkeys(heading for heading, _ in found)) == ["Guide", "Guide > Install", "Other"]
    assert any(code in text for _, text in found)


def test_every_row_of_a_table_is_a_chunk(words):
    rows = "\n".join(f"김치{n},배추를 소금에 절여 고춧가루와 함께 발효시킨 매운 음식" for n in range(4))
    found = chunks_of(read_csv(f"이름,설명\n{rows}".encode(), "food"), words)
    assert len(found) == 4
    assert found[2][1] == "이름: 김치2\n설명: 배추를 소금에 절여 고춧가루와 함께 발효시킨 매운 음식"


def test_a_text_that_fits_stays_one_chunk(words):
    assert chunks_of(parsed_of("  One. Two. Three.\n"), words) == [("", "One. Two. Three.")]


def test_a_long_text_is_cut_between_sentences_and_repeats_the_last(words):
    sentences = [f"This is sentence number {n}." for n in range(40)]
    found = [text for _, text in chunks_of(parsed_of(" ".join(sentences)), words, max_tokens=30, overlap_tokens=6)]
    assert all(text.startswith("This is") and text.endswith(".") for text in found)
    assert all(before[-10:] in after for before, after in pairwise(found))


def test_a_sentence_without_end_is_cut_between_tokens(words):
    found = [text for _, text in chunks_of(parsed_of("word " * 500), words, max_tokens=50)]
    assert set(map(len, found)) == {50 * 5 - 1}


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(UsageError, match="max_tokens is 100 and overlap_tokens 90"):
        SplitConfig(max_tokens=100, overlap_tokens=90)


def random_text(rng):
    pieces = [
        "제1장 총칙\n",
        "제56조(연장) ",
        "# Head\n",
        "한다. ",
        "word ",
        "\n",
        "\n\n",
        " ",
        "1. ",
        "“말한다.” ",
        "x" * 40,
        "가나다라 ",
    ]
    return "".join(rng.choices(pieces, k=rng.randint(1, 150)))


def test_chunks_of_any_text_are_slices_that_fit_and_cover_it(words):
    rng = random.Random(13)
    for _ in range(400):
        parsed = read_md(text.encode(), "t") if (text := random_text(rng)).strip() else parsed_of(text)
        limit = rng.choice([24, 40, 100])
        config = SplitConfig(max_tokens=rng.choice([16, 30, 64]), overlap_tokens=rng.choice([0, 5, 8]))
        chunks = split_text(parsed, tokenize=words.token_offsets, embedder_max=limit, config=config)
        covered = set()
        for chunk in chunks:
            piece = parsed.text[chunk.start : chunk.end]
            assert piece == piece.strip() != ""
            assert words.count_tokens(piece) <= config.max_tokens
            covered.update(range(chunk.start, chunk.end))
        assert [chunk.start for chunk in chunks] == sorted(chunk.start for chunk in chunks)
        assert all(place in covered for place, char in enumerate(parsed.text) if not char.isspace())


def test_what_is_embedded_fits_the_embedder(words):
    long = "A long title of many words " * 3
    parsed = Parsed(text=LAW * 5, title=long, format="txt")
    for chunk in split_text(parsed, tokenize=words.token_offsets, embedder_max=100):
        embedded = embedding_text(long, chunk.heading, parsed.text[chunk.start : chunk.end])
        assert words.count_tokens(embedded) <= 100


def test_title_and_headings_stand_above_the_chunk_without_saying_it_twice():
    assert embedding_text("온돌", "역사", "온돌은 오래되었다.") == "온돌 > 역사\n온돌은 오래되었다."
    assert embedding_text("법", "제1장 > 제56조(연장)", "제56조(연장) ①") == "법 > 제1장\n제56조(연장) ①"
    assert embedding_text("", "", "text") == "text"
    assert embedding_text("Guide", "Guide > Install", "Install it.") == "Guide > Install\nInstall it."


@pytest.mark.data
def test_article_56_of_the_labor_standards_act_is_one_chunk_with_its_heading(words):
    path = Path(__file__).parents[3] / "shared" / "data" / "labor_act" / "근로기준법.pdf"
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside the checkout")
    from ondol.ingest.read import read_source

    parsed = read_source(path)
    heading = "제4장 근로시간과 휴식 > 제56조(연장ㆍ야간 및 휴일 근로)"
    found = [text for name, text in chunks_of(parsed, words, max_tokens=400) if name == heading]
    assert len(found) == 1
    assert "통상임금의 100분의 50 이상을 가산하여 근로자에게 지급하여야 한다." in found[0]
    assert found[0].count("\n") == 4
    page = next(n for n, (start, end) in enumerate(parsed.pages, 1) if start <= parsed.text.index(found[0]) < end)
    assert page == 17
