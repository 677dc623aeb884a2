"""Subtitles: sentences with their time."""

import runpy
import time
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.subtitles import clock, read_ass, read_smi, read_srt, read_vtt

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
SRT = """1
00:00:01,000 --> 00:00:03,500
<i>온돌은 바닥을</i>
데우는 난방이다.

2
00:00:04,000 --> 00:00:05,000 X1:10
{\\an8}- 정말입니까?
- 네, 그렇습니다.

3
00:01:02,000 --> 00:01:04,000
구들장 &amp; 아궁이
4
00:01:05,000 --> 00:01:06,000
1392
"""
VTT = """WEBVTT - title

STYLE
::cue { color: red }

NOTE a comment

intro
00:01.000 --> 00:02.000 align:start
<v 김온돌>바닥이 <c.yellow>따뜻합니다</c>.

00:02.500 --> 00:03.500
[music]
"""
SMI = """<SAMI><HEAD><TITLE>온돌 강의</TITLE><STYLE TYPE="text/css"><!-- P { color: white } --></STYLE></HEAD><BODY>
<SYNC Start=1000><P Class=KRCC>바닥을 데우는<br>난방입니다.
<SYNC Start=1000><P Class=ENCC>It heats the floor.
<SYNC Start=3000><P Class=KRCC>&nbsp;
<SYNC Start=4000><P Class=KRCC><font color="#ffff00">아궁이</font>에 불을 땝니다.
<SYNC Start=6000><P Class=KRCC>&nbsp;
</BODY></SAMI>
"""
ASS = """[Script Info]
Title: 온돌 강의

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,note
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,둘째, 쉼표도 있다.
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\pos(1,2)}첫째\\N줄이다.
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0{\\p0}
"""


def parts(parsed):
    return [parsed.text[start:end].strip() for start, end in parsed.pages]


def cues(*said):
    """SubRip with a cue every `step` seconds."""
    return "\n\n".join(
        f"{n}\n{clock(start)},000 --> {clock(end)},000\n{text}" for n, (start, end, text) in enumerate(said)
    ).encode()


def test_subrip_is_running_text_in_parts_with_their_time():
    parsed = read_srt(SRT.encode(), "강의")
    assert parts(parsed) == [
        "온돌은 바닥을 데우는 난방이다.\n- 정말입니까?\n- 네, 그렇습니다.", "구들장 & 아궁이 1392",
    ]  # fmt: skip
    assert (parsed.unit, parsed.page_names) == ("time", ("0:00:01", "0:01:02"))
    assert (parsed.title, parsed.format) == ("강의", "srt")
    assert read_srt(SRT.encode("cp949"), "x").text == parsed.text


def test_webvtt_has_speakers_and_neither_notes_nor_styles():
    parsed = read_vtt(VTT.encode(), "x")
    assert (parsed.text, parsed.page_names) == ("김온돌: 바닥이 따뜻합니다.\n[music]", ("0:00:01",))


@pytest.mark.parametrize("encoding", ["cp949", "utf-8", "utf-16"])
def test_sami_has_every_language_by_itself(encoding):
    parsed = read_smi(SMI.encode(encoding), "x")
    assert parts(parsed) == ["바닥을 데우는 난방입니다. 아궁이에 불을 땝니다.", "It heats the floor."]
    assert (parsed.title, parsed.page_names) == ("온돌 강의", ("0:00:01", "0:00:01"))


def test_substation_alpha_is_in_the_order_of_time():
    parsed = read_ass(ASS.encode(), "x")
    assert (parsed.text, parsed.title) == ("첫째 줄이다. 둘째, 쉼표도 있다.", "온돌 강의")


def test_a_part_ends_with_its_sentence_but_not_later_than_ninety_seconds():
    said = [(n * 10, n * 10 + 8, "no stop" if n < 15 else "Done.") for n in range(20)]
    parsed = read_srt(cues(*said), "x")
    assert parsed.page_names == ("0:00:00", "0:01:30", "0:02:40")
    said = [(n * 10, n * 10 + 8, "and" if n % 4 else "Done.") for n in range(20)]
    assert read_srt(cues(*said), "x").page_names == ("0:00:00", "0:01:30", "0:02:50")
    said = [(n * 10, n * 10 + 8, "Done.") for n in range(13)]
    assert read_srt(cues(*said), "x").page_names == ("0:00:00", "0:01:00", "0:02:00")


def test_captions_that_roll_up_are_read_once():
    rolling = cues(
        (0, 2, "바닥을 데우는"), (2, 4, "바닥을 데우는\n난방입니다"), (4, 6, "난방입니다\n바닥을 데우는"),
        (6, 8, "바닥을 데우는\n바닥을 데우는 온돌"), (20, 22, "바닥을 데우는 온돌"),
    )  # fmt: skip
    assert read_srt(rolling, "x").text == (
        "바닥을 데우는 난방입니다 바닥을 데우는 바닥을 데우는 온돌 바닥을 데우는 온돌"
    )
    growing = cues((0, 1, "The floor"), (1, 2, "The floor is"), (2, 3, "The floor is warm."))
    assert read_srt(growing, "x").text == "The floor is warm."


def test_what_holds_no_subtitles_is_refused():
    for read in (read_srt, read_vtt, read_smi, read_ass):
        with pytest.raises(UnusableInput, match=r"^The file holds no subtitles\.$"):
            read(b"just text\n", "x")
        with pytest.raises(UnusableInput, match="binary"):
            read(bytes(range(256)), "x")


@pytest.mark.parametrize(("read", "text"), [(read_srt, SRT), (read_vtt, VTT), (read_smi, SMI), (read_ass, ASS)])
def test_damaged_and_hostile_files_never_hang(read, text):
    check_reader(read, text.encode() * 3)
    started = time.perf_counter()
    for piece in ("00:00:01,000 --> 00:00:02,000\n", "<sync ", "<sync start=1>", "<p class=a>", "{\\", "<v ", "1\n\n"):
        try:
            read((piece * 20_000).encode(), "x")
        except UnusableInput:
            continue
    assert time.perf_counter() - started < 20


def test_ten_thousand_cues_are_quick():
    started = time.perf_counter()
    assert len(read_srt(cues(*((n, n + 1, f"문장 {n}입니다.") for n in range(10_000))), "x").pages) > 100
    assert time.perf_counter() - started < 10
