"""Subtitles: what is said, as running text in parts of about a minute, each with its time."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ondol.errors import UnusableInput
from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.parsed import Parsed, TextBuilder, canonical

PART_S, LONGEST_PART_S = 60, 90
"""A part ends with the sentence that passes the first, or at the latest with the second."""
ROLLING_S = 0.6
"""Captions that roll up repeat the line before within this; a person who says a thing again takes longer."""
CLOCK = r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2})[.,](\d{1,3})"
TIMING = re.compile(rf"^[ \t]*{CLOCK}[ \t]*-->[ \t]*{CLOCK}", re.MULTILINE)
BLANK = re.compile(r"\n[ \t]*(?=\n)")
NUMBER = re.compile(r"\n[ \t]*\d{1,6}[ \t]*\n?\Z")
"""Of the next cue, where no empty line stands between."""
VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>\n]{1,80})>")
TAG = re.compile(r"<[/a-zA-Z0-9][^<>\n]{0,300}>|\{\\[^{}\n]{0,300}\}")
SYNC = re.compile(r"<sync\b[^>]{0,80}?start\s*=\s*[\"']?(-?\d{1,12})[^>]{0,80}>", re.IGNORECASE)
CLASS = re.compile(r"<p\b[^>]{0,80}?class\s*=\s*[\"']?([\w-]{1,40})[^>]{0,80}>", re.IGNORECASE)
BREAK = re.compile(r"<br\b[^>]{0,20}>", re.IGNORECASE)
SMI_TITLE = re.compile(r"<title>([^<]{0,300})</title>", re.IGNORECASE)
ASS_TITLE = re.compile(r"^Title:[ \t]*([^\n]{1,300})$", re.MULTILINE)
ASS_TIME = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2})[.:](\d{1,3})")
ENDS = re.compile(r"[.!?。！？…][\"'”’)\]]*\Z")
SPEAKS = re.compile(r"[-–—]\s*\S|\[|\(|♪|>>|[A-Z가-힣][\w .가-힣]{0,20}: ")
"""Beginnings of a line by another speaker, or of a sound."""


@dataclass(frozen=True, slots=True)
class Cue:
    start_s: float
    end_s: float
    text: str


def read_srt(data: bytes, name: str) -> Parsed:
    return _write(_timed(canonical(decode_text(data))), name, "srt")


def read_vtt(data: bytes, name: str) -> Parsed:
    return _write(_timed(canonical(decode_text(data))), name, "vtt")


def _timed(text: str) -> list[Cue]:
    """Cues of SubRip and WebVTT: a line of times, then text up to an empty line."""
    cues = []
    matches = list(TIMING.finditer(text))
    for number, match in enumerate(matches, 1):
        after = matches[number].start() if number < len(matches) else len(text)
        body = text[text.find("\n", match.end()) + 1 or after : after]
        pieces = BLANK.split("\n" + body, maxsplit=1)
        body = pieces[0] if len(pieces) > 1 or number == len(matches) else NUMBER.sub("", pieces[0])
        times = [float(part or 0) for part in match.groups()]
        start, end = (h * 3600 + m * 60 + s for h, m, s in (times[:3], times[4:7]))
        cues.append(Cue(start + _fraction(match[4]), end + _fraction(match[8]), body))
    return cues


def _fraction(digits: str) -> float:
    return int(digits) / float(10 ** len(digits))


def read_smi(data: bytes, name: str) -> Parsed:
    """SAMI: every language by itself, the first one first."""
    text = canonical(decode_text(data))
    title = SMI_TITLE.search(text)
    matches = list(SYNC.finditer(text))
    tracks: dict[str, list[Cue]] = {}
    for number, match in enumerate(matches):
        end = matches[number + 1].start() if number + 1 < len(matches) else len(text)
        start_s = int(match[1]) / 1000
        end_s = int(matches[number + 1][1]) / 1000 if number + 1 < len(matches) else start_s
        body = text[match.end() : end]
        places = [(found.start(), found.end(), found[1].upper()) for found in CLASS.finditer(body)] or [(0, 0, "")]
        for index, (_, begin, track) in enumerate(places):
            until = places[index + 1][0] if index + 1 < len(places) else len(body)
            said = BREAK.sub("\n", " ".join(body[begin:until].split()))
            tracks.setdefault(track, []).append(Cue(start_s, end_s, said))
    cues = [cue for track in tracks.values() for cue in sorted(track, key=lambda cue: cue.start_s)]
    return _write(cues, html.unescape(title[1]).strip() if title and title[1].strip() else name, "smi")


def read_ass(data: bytes, name: str) -> Parsed:
    """SubStation Alpha: dialogue in the order of time; comments and drawings are left out."""
    text = canonical(decode_text(data))
    title = ASS_TITLE.search(text)
    told = title[1].strip() if title and "Aegisub" not in title[1] else ""
    return _write(sorted(_dialogue(text), key=lambda cue: cue.start_s), told or name, "ass")


def _dialogue(text: str) -> Iterator[Cue]:
    fields = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]
    events = text.lower().find("[events]")
    for line in text[max(0, events) :].split("\n"):
        kind, _, rest = line.partition(":")
        if kind.strip().lower() == "format":
            named = [field.strip().lower() for field in rest.split(",")]
            fields = named if {"start", "end", "text"} <= set(named) else fields
        elif kind.strip().lower() == "dialogue":
            row = dict(zip(fields, rest.split(",", len(fields) - 1), strict=False))
            times = [ASS_TIME.search(row.get(field, "")) for field in ("start", "end")]
            said = row.get("text", "")
            if times[0] and times[1] and not re.search(r"\\p[1-9]", said):
                start_s, end_s = (int(t[1]) * 3600 + int(t[2]) * 60 + int(t[3]) + _fraction(t[4]) for t in times if t)
                yield Cue(start_s, end_s, re.sub(r"\\[Nn]", "\n", said).replace(r"\h", " "))


def _write(cues: list[Cue], title: str, kind: str) -> Parsed:
    """Put what is said together to sentences, a page for each part."""
    builder = TextBuilder()
    part: list[str] = []
    begun = latest = 0.0

    def end_part() -> None:
        if part:
            builder.turn_page(clock(begun))
            builder.add(_flow(part))
            part.clear()

    for cue in merge_rolling(cues):
        length = cue.start_s - begun
        full = length >= LONGEST_PART_S or (length >= PART_S and bool(ENDS.search(part[-1] if part else "")))
        if part and (full or cue.start_s < latest):  # earlier: another language begins
            end_part()
        if not part:
            begun = cue.start_s
        latest = cue.start_s
        part += cue.text.split("\n")
    end_part()
    parsed = builder.build(title=title, format=kind, unit="time")
    if not parsed.text:
        raise UnusableInput("The file holds no subtitles.")
    return parsed


def merge_rolling(cues: list[Cue]) -> Iterator[Cue]:
    """Cues with clean lines, without those that stood in the cue before and only roll on, or grow."""
    shown: list[str] = []
    begun = ended = float("-inf")
    for cue in cues:
        lines = [line for line in map(_clean, _marked(cue.text).split("\n")) if line]
        if not lines:
            continue
        rolls = begun <= cue.start_s <= ended + ROLLING_S
        new = lines
        if rolls:
            repeated = max((n for n in range(1, len(lines) + 1) if shown[-n:] == lines[:n]), default=0)
            new = lines[repeated:]
            if new and shown and not repeated and lines[0].startswith(shown[-1] + " "):
                new = [lines[0][len(shown[-1]) + 1 :], *lines[1:]]
        shown, begun, ended = lines, cue.start_s, cue.end_s
        if new:
            yield Cue(cue.start_s, cue.end_s, "\n".join(new))


def _marked(text: str) -> str:
    """Names of speakers in front of what they say."""
    return VOICE.sub(lambda match: f"{match[1].strip()}: ", text)


def _clean(line: str) -> str:
    return " ".join(html.unescape(TAG.sub("", line)).split())


def _flow(lines: list[str]) -> str:
    """Lines to text: another speaker has a line of its own, everything else flows on."""
    text = lines[0]
    for line in lines[1:]:
        text += ("\n" if SPEAKS.match(line) else " ") + line
    return text


def clock(seconds: float) -> str:
    """`0:12:30`"""
    whole = int(max(0, seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
