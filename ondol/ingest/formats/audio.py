"""Recordings and films: what is said in them, with times; `whisper-base` listens, on this machine."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import av
from faster_whisper import WhisperModel

from ondol.device import usable_cores
from ondol.errors import NotFound, UnusableInput
from ondol.ingest.alive import beat
from ondol.ingest.parsed import Parsed, TextBuilder
from ondol.model_store.store import ModelStore
from ondol.settings import load_settings

MODEL = "whisper-base"
BLOCK_S = 30.0
"""Seconds after which a new part begins, at the next sentence."""
SURE = 0.6
"""Probability of a language below which the more probable one of Korean and English is taken."""
NO_SPEECH, UNSURE, REPEATED = 0.8, -1.0, 2.4
"""A piece is left out when it is probably no speech and its words are a guess, or when it says the same again and
again (letters over their compressed size); Whisper's own limits are 0.6, -1.0 and 2.4."""


def read_audio(data: bytes, name: str) -> Parsed:
    model = _open_model()
    try:
        segments, info = model.transcribe(io.BytesIO(data), **_options(None))
        beat()
        probabilities = dict(info.all_language_probs or [])
        if info.duration_after_vad and info.language_probability < SURE:
            language = max(("ko", "en"), key=lambda code: probabilities.get(code, 0.0))
            segments, info = model.transcribe(io.BytesIO(data), **_options(language))
        builder = TextBuilder()
        for start, words in _blocks(segments):
            builder.turn_page(clock(start))
            builder.add(words)
    except (av.error.FFmpegError, ValueError, RuntimeError, IndexError) as error:
        raise UnusableInput("The recording cannot be decoded: {reason}.", reason=error) from error
    parsed = builder.build(title=name, format="audio", unit="time")
    if not parsed.text:
        raise UnusableInput("No speech was found in the recording.")
    return parsed


def clock(seconds: float) -> str:
    """`0:12:30`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _options(language: str | None) -> dict[str, Any]:
    """Silence and noise are cut out before they are listened to, and what was heard before suggests nothing."""
    return {"language": language, "vad_filter": True, "beam_size": 5, "condition_on_previous_text": False}


def _blocks(segments: Iterable[Any]) -> Iterator[tuple[float, str]]:
    """About half a minute each: when it begins, and what is said."""
    start, words = 0.0, list[str]()
    for segment in segments:
        beat()
        if _is_invented(segment):
            continue
        if words and segment.end - start > BLOCK_S:
            yield start, " ".join(words)
            words = []
        if not words:
            start = segment.start
        words.append(" ".join(segment.text.split()))
    if words:
        yield start, " ".join(words)


def _is_invented(segment: Any) -> bool:
    guess = segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < UNSURE
    return guess or segment.compression_ratio > REPEATED or not segment.text.strip()


@cache
def _open_model() -> WhisperModel:
    settings = load_settings()
    try:
        folder = ModelStore(settings.home).path(MODEL)
    except NotFound as error:
        raise UnusableInput(
            "Listening to it needs the model {model}: ondol models pull {model}", model=MODEL
        ) from error
    return WhisperModel(
        str(folder), device="cpu", compute_type="int8", cpu_threads=settings.threads or usable_cores(),
        local_files_only=True,
    )  # fmt: skip
