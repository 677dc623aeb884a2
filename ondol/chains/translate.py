"""English in Korean and Korean in English, piece by piece, so that a long text is translated whole."""

from __future__ import annotations

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from ondol.chains.asking import MAX_TOKENS, Asking, window_of
from ondol.chains.pieces import split_to_fit
from ondol.chains.step import make_step
from ondol.chains.text import TextLike
from ondol.errors import UsageError
from ondol.lang import Language, detect_language
from ondol.progress import Progress, Silent
from ondol.prompts.load import Prompts, open_prompts

GROWTH = 2.5
"""Tokens of a translation for each of its text, at most: Korean takes two to three times as many in many tokenizers."""


def translate(
    model: BaseChatModel, *, to: Language | None = None, prompts: Prompts | None = None,
    progress: Progress | None = None,
) -> Runnable[TextLike, str]:  # fmt: skip
    """A text in the other language, or in the one named; a text that is in it already stays as it is.

    Raises:
        UsageError: `to` is neither en nor ko.
    """
    if to not in (None, "en", "ko"):
        raise UsageError("'{to}' is no language that ondol translates into.", hint="Known: en, ko.", to=to)
    found, told = prompts or open_prompts(), progress or Silent()

    def work(asking: Asking, text: str) -> str:
        source = detect_language(text)
        target: Language = to or ("en" if source == "ko" else "ko")
        if source == target:
            return text
        prompt = found.load("translate", language=target)
        window = window_of(model)
        wanted = int(prompt.settings.get("max_tokens", MAX_TOKENS))
        answer = min(wanted, window // 2) if window else wanted
        room = asking.room(prompt, answer_tokens=answer, text="")
        largest = max(1, int(answer / GROWTH))
        pieces = split_to_fit(text, largest if room is None else max(1, min(room, largest)), asking.count)
        told.begin("Translating", len(pieces), "pieces")
        written, done = "", 0
        for start, end in pieces:
            written += text[done:start] + asking.write(prompt, {"text": text[start:end]}, max_tokens=answer)
            done = end
            told.advance(1)
        told.end()
        return written

    return make_step("translate", model, work)
