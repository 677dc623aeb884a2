"""Models that say what a test wants, and tell what they were asked."""

import math

import pytest
from pydantic import Field, PrivateAttr

from ondol.models.fake import FakeChat


class Listening(FakeChat):
    """Keeps what it is asked; `base` makes it one that only continues text."""

    base: bool = False
    _asked: list = PrivateAttr(default_factory=list)
    _settings: list = PrivateAttr(default_factory=list)

    @property
    def is_base(self):
        return self.base

    @property
    def asked(self):
        return self._asked

    @property
    def settings(self):
        return self._settings

    def stream_messages(self, messages, *, stop=None, **sampling):
        self._asked.append("\n".join(row.text for row in messages))
        self._settings.append(sampling)
        return super().stream_messages(messages, stop=stop, **sampling)

    def stream_completion(self, prompt, *, stop=None, **sampling):
        self._asked.append(prompt)
        self._settings.append({"stop": stop, **sampling})
        return super().stream_completion(prompt, stop=stop, **sampling)


class Judging(Listening):
    """Tells how likely an answer is: the more often its word stands in the last line of what it reads."""

    habit: dict[str, float] = Field(default_factory=dict)

    def answer_logprob(self, messages, answer):
        return self._judge(messages[-1].text, answer), 1

    def logprob(self, prompt, continuation):
        assert continuation.startswith(" ")
        assert continuation.endswith("\n")
        return self._judge(prompt.rpartition("\n\n")[2], continuation.strip())

    def _judge(self, text, answer):
        self._asked.append(text)
        return math.log(1 + 9 * text.count(answer)) + self.habit.get(answer, 0.0)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """No prompts but ours, and none of the machine's settings."""
    monkeypatch.setenv("ONDOL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def say():
    """A model that says these replies in turn."""
    return lambda *replies, **options: Listening(replies=replies, **options)


@pytest.fixture
def judge():
    return Judging
