"""Arms answer, replies are kept and gone on with, and figures come with verdicts that the questions bear out."""

import json
import math

import pytest

from ondol.assemble import open_retriever
from ondol.errors import NotFound, UsageError
from ondol.evaluate.answer_questions import AnswerQuestion, AnswerQuestions
from ondol.evaluate.answer_scores import METRICS, plain_answer, score
from ondol.evaluate.answers import collect_replies, summarise_answers
from ondol.evaluate.answers_arms import Reply, make_asker, parse_answer_arms, reply_from_json
from ondol.evaluate.answers_words import answers_notes, answers_verdict, best_sentence, forgetting_sentence
from ondol.evaluate.forgetting import general_texts, measure_general, summarise_general
from ondol.evaluate.replies_file import RepliesFile
from ondol.models.fake import FakeChat
from ondol.progress import Silent
from ondol.retrieve.config import RetrieveConfig
from ondol.settings import Settings

ADA = AnswerQuestion(id="1", question="Who built the mill?", answers=("Ada Fenwick", "Ada"), context_id="d1")
KOREAN = AnswerQuestion(id="2", question="훈민정음을 만든 사람은?", answers=("세종대왕",))
NOBODY = AnswerQuestion(id="3", question="Who sold it?", answerable=False)


class Knowing(FakeChat):
    """Says how likely a text is: a tenth for each token of an answer, a half for each byte of general text."""

    bits: float = 1.0

    def answer_logprob(self, messages, answer):
        return 2 * math.log(0.1), 2

    def logprob(self, prompt, continuation):
        assert prompt
        assert continuation.startswith(" ")
        return -self.bits * math.log(2) * len(continuation.encode())


def arm(name):
    return parse_answer_arms(name)[0]


def test_arms_are_read_in_their_order():
    assert [row.name for row in parse_answer_arms(" Tuned+RAG, base,base")] == ["tuned+rag", "base"]
    assert (arm("tuned+rag").tuned, arm("tuned+rag").documents) == (True, True)
    with pytest.raises(NotFound) as caught:
        parse_answer_arms("base,tune")
    assert str(caught.value) == (
        "No arm is called 'tune'.\n  → Did you mean 'tuned'? Known: base, rag, tuned, tuned+rag."
    )
    with pytest.raises(UsageError, match=r"No arm is named\."):
        parse_answer_arms(" ,")


def test_the_model_alone_is_asked_the_bare_question():
    model = Knowing(replies=("The mill was built by Ada.",))
    reply = make_asker(arm("base"), model)(ADA)
    assert (reply.text, reply.finish_reason, reply.documents) == ("The mill was built by Ada.", "stop", False)
    assert (reply.logprob, reply.tokens) == (pytest.approx(2 * math.log(0.1)), 2)
    values = score(ADA, reply)
    assert values["nll"] == pytest.approx(math.log(10))
    assert values["bits_per_byte"] == pytest.approx(2 * math.log2(10) / len("Ada Fenwick"))
    short = make_asker(arm("base"), FakeChat(replies=("one two three",)), max_tokens=2)(ADA)
    assert (short.text, short.finish_reason, short.logprob) == ("one two", "length", None)


def test_documents_are_read_and_cited(library, ids):
    retriever = open_retriever(library, RetrieveConfig(), settings=Settings(home=library.folder.parent))
    question = AnswerQuestion(
        id="1", question="When does the tea house close?", answers=("18:00",), context_id=ids["tea.md"]
    )
    reply = make_asker(arm("rag"), FakeChat(replies=("Nobody knows.",)), retriever=retriever)(question)
    assert reply.documents
    assert not reply.abstained
    assert set(reply.cited.values()) == {ids["tea.md"]}
    assert all(reply.sources.values())
    values = score(question, reply)
    assert (values["grounded"], values["citation_precision"], values["contains"]) == (1.0, 1.0, 1.0)
    assert reply_from_json(json.loads(json.dumps(reply.to_json()))) == reply
    with pytest.raises(UsageError, match="The arm 'rag' reads documents"):
        make_asker(arm("rag"), FakeChat())


def test_a_question_that_does_not_fit_counts_as_wrong():
    reply = make_asker(arm("base"), FakeChat(context=2))(ADA)
    assert reply.problem.startswith("The prompt has 4 tokens")
    assert (score(ADA, reply)["f1"], score(ADA, reply)["answered"]) == (0.0, 0.0)


def test_scores_are_the_best_over_the_references():
    values = score(ADA, Reply(text="Ada"))
    assert (values["em"], values["f1"], values["contains"], values["answered"]) == (1.0, 1.0, 1.0, 1.0)
    assert [values[name] for name in ("nll", "refused", "cited", "grounded", "em_without_particles")] == [None] * 5
    assert list(values) == list(METRICS)


def test_korean_has_a_second_figure_without_particles():
    values = score(KOREAN, Reply(text="세종대왕이다."))
    assert (values["em"], values["em_without_particles"]) == (0.0, 1.0)
    assert (values["f1"], values["f1_without_particles"]) == (pytest.approx(0.8), 1.0)
    assert (values["contains"], values["same_language"]) == (1.0, 1.0)
    assert score(KOREAN, Reply(text="Sejong"))["same_language"] == 0.0
    assert score(KOREAN, Reply(text="1443"))["same_language"] is None


@pytest.mark.parametrize(
    ("reply", "refused"),
    [(Reply(text="I don't know."), 1.0), (Reply(text=""), 1.0), (Reply(text="Ada"), 0.0),
     (Reply(text="자료에 없습니다."), 1.0), (Reply(text="Nearest: mill.", abstained=True, documents=True), 1.0),
     (Reply(text="“They do not know.” [1]", quoted=True, documents=True), 0.0)],
)  # fmt: skip
def test_refusals_are_told(reply, refused):
    assert score(NOBODY, reply)["refused"] == refused
    assert score(NOBODY, reply)["f1"] is None
    values = score(ADA, reply)
    assert values["answered"] == 1 - refused
    assert values["chrf"] == 0.0 if refused else values["chrf"] is not None


def test_marks_and_frames_are_no_words_of_the_answer():
    quote = Reply(text="The Korean source says: “세종이 만들었다.” [1]", quoted=True, documents=True)
    assert plain_answer(quote) == "세종이 만들었다."
    assert plain_answer(Reply(text="Ada. [1] “So.” [2]", documents=True)) == "Ada. “So.”"


def test_citations_are_right_or_wrong():
    reply = Reply(text="Ada. [1] Bob. [2]", documents=True, cited={1: "d1", 2: "d2"}, sources={1: "Ada.", 2: "No."})
    values = score(ADA, reply)
    assert (values["cited"], values["citation_precision"], values["grounded"]) == (1.0, 0.5, 0.5)
    assert score(KOREAN, reply)["citation_precision"] is None


def questions(count, language="en"):
    ask = "Who is number {}?" if language == "en" else "{}번은 누구인가요?"
    return [AnswerQuestion(id=f"{language}{n}", question=ask.format(n), answers=("Ada",)) for n in range(count)]


def evaluate(replies, rows):
    """Replies: arm → the text for a question's place."""
    file = RepliesFile(None, {})
    for name, say in replies.items():
        for place, row in enumerate(rows):
            file.add_reply(name, row.id, Reply(text=say(place)))
    return summarise_answers(AnswerQuestions(rows=rows), list(replies), file, resamples=1000)


def test_a_difference_that_shows_has_a_sentence_and_a_best_arm():
    found = evaluate({"base": lambda n: "Bob", "tuned": lambda n: "Ada" if n % 2 else "Bob"}, questions(60))
    (pair,) = found.main_pairs
    assert (pair.a, pair.b, pair.verdict, pair.n) == ("tuned", "base", "better", 60)
    low, high = pair.difference.low, pair.difference.high
    assert answers_verdict(pair) == (
        f"tuned answers better than base in English: F1 +0.500 [+{low:.3f}, +{high:.3f}], n = 60."
    )
    assert (found.best("en"), best_sentence(found, "en")) == ("tuned", "English: tuned is the best.")
    told = found.to_json()
    assert told["arms"]["tuned"]["en"]["metrics"]["f1"][0] == 0.5
    assert told["best"] == {"en": "tuned"}
    json.dumps(told, allow_nan=False)


def test_the_worse_arm_is_named_second():
    found = evaluate({"base": lambda n: "Ada", "tuned": lambda n: "Ada" if n % 2 else "Bob"}, questions(60))
    assert answers_verdict(found.main_pairs[0]).startswith("base answers better than tuned in English: F1 +0.500 [+")


def test_no_evidence_tells_what_could_have_been_seen():
    found = evaluate({"base": lambda n: "Ada" if n % 2 else "Bob", "tuned": lambda n: "Ada" if n % 3 else "Bob"},
                     questions(30, "ko"))  # fmt: skip
    (pair,) = found.main_pairs
    assert answers_verdict(pair) == (
        f"tuned and base in Korean, F1: no evidence either way (n = 30; a difference below {pair.detectable:.2f} could "
        "not have been seen)."
    )
    assert found.best("ko") is None
    assert answers_notes(found) == ["Korean: with 30 questions only large differences can show."]


def test_few_questions_that_differ_are_no_evidence():
    found = evaluate({"base": lambda n: "Bob", "rag": lambda n: "Ada" if n < 5 else "Bob"}, questions(30))
    assert answers_verdict(found.main_pairs[0]) == (
        "rag and base in English, F1: no evidence either way (only 5 questions differ, n = 30)."
    )


def test_several_comparisons_must_show_more():
    say = {"base": lambda n: "Bob", "rag": lambda n: "Bob", "tuned": lambda n: "Bob"}
    say["tuned+rag"] = lambda n: "Ada" if n % 10 < 6 else "Bob"
    say["tuned"] = lambda n: "Ada" if n % 10 < 4 else "Bob"
    found = evaluate(say, questions(40))
    for pair in found.main_pairs:
        assert pair.family == 6
        assert pair.p_holm >= pair.p
    shy = [pair for pair in found.main_pairs if (pair.a, pair.b) == ("tuned+rag", "tuned")]
    assert shy[0].verdict == ("better" if shy[0].p_holm < 0.05 else "no difference shown")


def test_replies_are_gone_on_with(tmp_path):
    path, rows, asked = tmp_path / "out.jsonl", questions(4), {"model": "fake:"}
    count = []

    def answer(question):
        count.append(question.id)
        if len(count) == 3:
            raise KeyboardInterrupt
        return Reply(text="Ada", cited={1: "d"}, sources={1: "Ada"})

    with pytest.raises(KeyboardInterrupt), RepliesFile(path, asked) as file:
        collect_replies(rows, {"base": answer}, file)
    path.write_bytes(path.read_bytes() + '{"arm": "base", "id": "en2", "text": "반'.encode()[:-1])  # cut off
    with RepliesFile(path, asked) as file:
        assert file.resumed == 2
        collect_replies(rows, {"base": answer}, file)
    assert count == ["en0", "en1", "en2", "en2", "en3"]
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [row.get("id") for row in lines] == [None, "en0", "en1", "en2", "en3"]
    again = RepliesFile(path, asked)
    assert again.replies == file.replies
    with pytest.raises(UsageError, match="holds something else than replies"):
        RepliesFile(path, {"model": "other"})


def test_a_foreign_file_is_never_written_over(tmp_path):
    path = tmp_path / "notes.jsonl"
    path.write_text('{"mine": 1}\n')
    with pytest.raises(UsageError) as caught:
        RepliesFile(path, {})
    assert caught.value.hint == "Choose another name with --out, or delete the file."
    assert path.read_text() == '{"mine": 1}\n'


def test_what_is_forgotten_is_measured_on_general_text(tmp_path):
    texts = general_texts().values()
    assert min(sum(row[0] == language for row in texts) for language in ("en", "ko")) >= 14
    with RepliesFile(tmp_path / "out.jsonl", {}) as file:
        measure_general("base", Knowing(bits=1.0), file, Silent())
        measure_general("tuned", Knowing(bits=1.5), file, Silent())
        measure_general("silent", FakeChat(), file, Silent())
    found = summarise_general(RepliesFile(tmp_path / "out.jsonl", {}), 1000)
    row = found["ko"]
    assert (row.arms["base"].value, row.change.value, row.verdict) == (pytest.approx(1.0), pytest.approx(0.5), "worse")
    assert forgetting_sentence(row, "ko") == (
        f"General text in Korean: +0.500 bits a byte [+0.500, +0.500], n = {row.n}: tuned has forgotten."
    )
