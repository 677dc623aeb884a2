"""One turn of a conversation as a LangGraph graph, which keeps it in a checkpoint before and after the answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, RemoveMessage
from langchain_core.retrievers import BaseRetriever
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.graph.state import CompiledStateGraph

from ondol.answer.answer import Answer, Thought
from ondol.answer.ask import read_documents, write_answer
from ondol.answer.gate import THRESHOLD
from ondol.answer.without_documents import stream_model
from ondol.chat.condense import Condensed
from ondol.chat.followup import rewrite
from ondol.chat.prompt import make_prompt
from ondol.prompts.load import Prompts
from ondol.readers.contract import Reader
from ondol.retrieve.retriever import LibraryRetriever
from ondol.retrieve.search import hit_row
from ondol.tokens.budget import split_turns

NEAREST, NEAREST_CHARS = 3, 240
"""Hits that a thread keeps of an abstention, and how much of the text of each."""
Piece = str | Thought | Answer
ChatGraph = CompiledStateGraph[Any, Any, Any, Any]


class ChatState(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


@dataclass(slots=True)
class Chat:
    """Who answers; the parts may be changed between two turns."""

    model: BaseChatModel
    retriever: BaseRetriever | None = None
    """None lets the model answer by itself."""
    reader: Reader | None = None
    threshold: float = THRESHOLD
    system: str = ""
    """What a model that answers by itself is told about its role."""
    listen: Callable[[Piece], None] | None = None
    """Gets the answer in pieces, the whole Answer last."""
    prompts: Prompts | None = None
    """Where its prompts are looked for; the usual folders when not given."""
    prepare: Callable[[], None] | None = None
    """Opens what is not open yet; the question is on the disk by then."""
    facts: Sequence[str] = ()
    """What the thread knows about the person, for a model that answers by itself."""
    condensed: Condensed | None = None
    """What stood in the last prompt for older turns."""
    keep: Callable[[Condensed], None] | None = None
    """Told when other text stands for them."""

    def answer(self, messages: Sequence[BaseMessage]) -> list[BaseMessage | RemoveMessage]:
        """The answer to the last question, in place of any that it has; turns without an answer are passed over."""
        if self.prepare:
            self.prepare()
        place = max(number for number, message in enumerate(messages) if isinstance(message, HumanMessage))
        earlier, asked, old = messages[:place], messages[place], messages[place + 1 :]
        for piece in self.stream(asked.text, answered_turns(earlier)):
            if self.listen:
                self.listen(piece)
        assert isinstance(piece, Answer)
        collection = self.retriever.library.name if isinstance(self.retriever, LibraryRetriever) else ""
        return [*(RemoveMessage(id=str(message.id)) for message in old), write_message(piece, collection)]

    def stream(self, question: str, history: list[BaseMessage]) -> Iterator[Piece]:
        """The answer in pieces, the whole Answer last; `history` is earlier turns, each with its answer."""
        if self.retriever is None:
            yield from self._by_itself(question, history)
            return
        readings = (
            read_documents(whole, self.retriever, asked=question, reader=self.reader, threshold=self.threshold)
            for whole in rewrite(question, history, self.model, self.prompts)
        )
        first = next(readings)
        reading = first if first.answers else next((other for other in readings if other.answers), first)
        yield from write_answer(reading, self.model, prompts=self.prompts)

    def _by_itself(self, question: str, history: list[BaseMessage]) -> Iterator[Piece]:
        prompt = make_prompt(
            question, history, self.model, system=self.system, facts=self.facts, condensed=self.condensed,
            keep=self.keep, prompts=self.prompts,
        )  # fmt: skip
        for piece in stream_model(question, self.model, history=prompt.history, system=prompt.system):
            if isinstance(piece, Answer):
                piece = replace(piece, left_out=" ".join(filter(None, [prompt.told, piece.left_out])))
            yield piece


def answered_turns(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Questions with their answers; those without one are passed over."""
    return [message for turn in split_turns(messages) if len(turn) > 1 and turn[-1].text for message in turn]


def make_chat_graph(chat: Chat, checkpointer: BaseCheckpointSaver[Any]) -> ChatGraph:
    """A graph whose input is `{"messages": [HumanMessage(…)]}`; the answer is the last message of its state."""
    graph = StateGraph(ChatState)
    graph.add_node("answer", lambda state: {"messages": chat.answer(state["messages"])})
    graph.add_edge(START, "answer")
    graph.add_edge("answer", END)
    return graph.compile(checkpointer=checkpointer)


def write_message(answer: Answer, collection: str) -> AIMessage:
    """The answer as the thread keeps it: its text, and beside it what a person may look up later; no thinking."""
    told = {
        "collection": collection,
        "searched": answer.question,
        "abstained": answer.abstained,
        "quoted": answer.quoted,
        "agrees": answer.agrees,
        "short": answer.short,
        "citations": [asdict(citation) for citation in answer.citations],
    }
    if answer.abstained and answer.hits:
        rows = map(hit_row, answer.hits[:NEAREST])
        told["nearest"] = [{**row, "text": row["text"][:NEAREST_CHARS]} for row in rows]
    about = {"model_name": answer.model, "finish_reason": answer.finish_reason, "answer": told}
    return AIMessage(answer.answer, id=uuid.uuid4().hex, response_metadata=about)
