"""A scripted model with a real tokenizer (byte-level BPE, learnt here) and a real template's marks."""

import functools

from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import PrivateAttr
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from ondol.models.contract import ContextOverflow
from ondol.models.fake import FakeChat
from ondol.prompts.load import load_prompt

LEARNT = [
    "온돌은 방바닥을 데우는 난방입니다. 아궁이에 불을 때면 열기가 구들장을 지나갑니다.",
    "사용자는 질문했습니다. 오늘 날씨와 연차 휴가와 점심 메뉴를 물었습니다.",
    "The person asked about the weather, the holiday and the lunch menu.",
]


@functools.cache
def tokenizer():
    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        LEARNT, trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet, show_progress=False)
    )
    return made


ROLES = [load_prompt("condense-turns", language=language).parts[0][1] for language in ("en", "ko")]


class Counting(FakeChat):
    """Counts exactly, refuses what does not fit with its answer, and notes every prompt."""

    base: bool = False
    short: str = ""
    """What it writes when it is to condense; empty repeats the first question it reads."""
    _prompts: list = PrivateAttr(default_factory=list)

    @property
    def is_base(self):
        return self.base

    @property
    def prompts(self):
        """Those of answers."""
        return [text for text, condensing, _ in self._prompts if not condensing]

    @property
    def condensations(self):
        return [text for text, condensing, _ in self._prompts if condensing]

    @property
    def sizes(self):
        return [size for _, _, size in self._prompts]

    def get_token_ids(self, text):
        return tokenizer().encode(text).ids

    def get_num_tokens_from_messages(self, messages, tools=None):
        return self.get_num_tokens(self.write(messages))

    def write(self, messages):
        names = {"system": "system", "human": "user", "ai": "assistant"}
        turns = [f"<|im_start|>{names[row.type]}\n{row.text}<|im_end|>\n" for row in messages]
        return "".join(turns) + "<|im_start|>assistant\n"

    def stream_messages(self, messages, *, stop=None, **sampling):
        size = self.get_num_tokens_from_messages(messages)
        condensing = isinstance(messages[0], SystemMessage) and messages[0].text in ROLES
        self._prompts.append((self.write(messages), condensing, size + sampling.get("max_tokens", 0)))
        if size + sampling.get("max_tokens", 0) > self.context:
            raise ContextOverflow("too long: {size}", hint="", size=size)
        asked = next(row.text for row in reversed(messages) if isinstance(row, HumanMessage))
        if condensing:
            said = self.short or next(line for line in asked.splitlines() if line.startswith("사용자: "))[5:]
        else:
            said = f"{asked.split()[0]} 이야기를 들었습니다. 온돌은 따뜻합니다."
        return self._say(said, size, stop=stop, **{"max_tokens": 200, **sampling})

    def _reply(self, asked):
        return asked
