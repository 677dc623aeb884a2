"""What `benchmarks/tool_calls.py` counts as right, and that its tasks can be solved."""

import json
from collections import Counter
from pathlib import Path

import pytest

from ondol.errors import UsageError
from ondol.lang import detect_language
from ondol.models.fake import FakeChat

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(BENCHMARKS)
    import tool_calls
    import tool_calls_prompts
    import tool_calls_score
TASKS = tool_calls.read_tasks()


@pytest.fixture
def database(tmp_path):
    opened = tool_calls_prompts.make_database(tmp_path / "shop.db")
    yield opened
    opened.close()


@pytest.fixture
def tools(tmp_path, database):
    return tool_calls_prompts.make_tools(tmp_path)


@pytest.fixture
def scorer(tools, database):
    return tool_calls_score.Scorer(tools, database)


@pytest.fixture
def right(scorer):
    """Whether these arguments are right where others are known to be."""

    def compare(tool, said, known, question=""):
        task = {"question": question, "right": [{"tool": tool, "arguments": known}]}
        return scorer.score(task, {"name": tool, "args": said})["arguments"] == 1

    return compare


def test_there_are_25_tasks_of_each_language_in_it():
    assert Counter(task["language"] for task in TASKS) == {"en": 25, "ko": 25}
    assert len({task["id"] for task in TASKS}) == len({task["question"] for task in TASKS}) == 50
    assert [task["id"] for task in TASKS if detect_language(task["question"]) != task["language"]] == []


def test_no_task_is_a_worked_example():
    shown = {question for question, _, _ in tool_calls_prompts.EXAMPLES}
    assert shown & {task["question"] for task in TASKS} == set()


def test_every_task_is_solved_by_each_of_its_right_calls_and_by_no_other_tasks(scorer):
    for task in TASKS:
        for row in task["right"]:
            call = {"name": row["tool"], "args": row["arguments"]}
            assert scorer.score(task, call) == {"tool": 1, "arguments": 1, "json": 1}, task["id"]
            others = [other["id"] for other in TASKS if scorer.score(other, call)["arguments"]]
            assert [name for name in others if name.partition("-")[2] != task["id"].partition("-")[2]] == [], task["id"]


def test_the_whole_question_is_a_right_search(scorer):
    for task in TASKS:
        if (tool := task["right"][0]["tool"]) in ("search_documents", "search_web"):
            call = {"name": tool, "args": {"query": task["question"]}}
            assert scorer.score(task, call)["arguments"] == 1, task["id"]


def test_a_reply_without_a_call_scores_nothing_and_one_of_another_tool_is_only_json(scorer):
    assert scorer.score(TASKS[0], None) == {"tool": 0, "arguments": 0, "json": 0}
    for name in ("dates", "no_such_tool"):
        assert scorer.score(TASKS[0], {"name": name, "args": {}}) == {"tool": 0, "arguments": 0, "json": 1}


@pytest.mark.parametrize(
    ("said", "same"),
    [("1,250 × 48", True), ("48*1250.0", True), ("(1000 + 250) * 48", True), ("60000", False), ("(60000)", False),
     ("1250 + 48", False), ("1250 times", False), ("", False)],
)  # fmt: skip
def test_sums_are_compared_by_value_and_must_not_be_worked_out_already(right, said, same):
    assert right("calculator", {"expression": said}, {"expression": "1250 * 48"}) is same


@pytest.mark.parametrize(
    ("said", "known", "same"),
    [
        ({"operation": "difference", "date": "2024년 12월 25일", "other": "2024.3.1"},
         {"operation": "difference", "date": "2024-03-01", "other": "2024-12-25"}, True),
        ({"operation": "workdays", "date": "2024-03-01", "other": "2024-12-25"},
         {"operation": "difference", "date": "2024-03-01", "other": "2024-12-25"}, False),
        ({"operation": "add", "date": "2025-01-15", "amount": 2, "unit": "weeks"},
         {"operation": "add", "date": "2025-01-15", "amount": 14, "unit": "days"}, True),
        ({"operation": "add", "date": "2025-01-15", "amount": -14},
         {"operation": "add", "date": "2025-01-15", "amount": 14, "unit": "days"}, False),
        ({"operation": "add", "date": "2025-01-15", "amount": 14, "unit": "moons"},
         {"operation": "add", "date": "2025-01-15", "amount": 14, "unit": "days"}, False),
        ({"operation": "add", "date": "2025-01-15", "amount": 10**12, "unit": "workdays"},
         {"operation": "add", "date": "2025-01-15", "amount": 14, "unit": "days"}, False),
        ({"operation": "weekday", "date": "1969-07-21"}, {"operation": "weekday", "date": "1969-07-20"}, False),
        ({"operation": "today", "date": "", "other": None}, {"operation": "today"}, True),
        ({"operation": "now"}, {"operation": "today"}, False),
    ],
)  # fmt: skip
def test_dates_are_compared_as_days(right, said, known, same):
    assert right("dates", said, known) is same


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("SELECT COUNT(name) AS n FROM products p WHERE p.price >= 20001", True),
        ("```sql\nselect count(*) from products where price > 20000;\n```", True),
        ("SELECT COUNT(*) FROM products", False),
        ("SELECT * FROM products", False),
        ("SELECT COUNT(*) FROM goods", False),
        ("DROP TABLE products", False),
        ("how many products", False),
        ("WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a) SELECT COUNT(*) FROM a", False),
    ],
)
def test_statements_are_compared_by_their_result(right, said, same):
    known = {"query": "SELECT COUNT(*) FROM products WHERE price > 20000"}
    assert right("query_database", {"query": said}, known) is same


def test_more_columns_and_another_order_of_rows_are_right():
    known = [("lamp", 14), ("rake", 40)]
    assert tool_calls_score.same_rows([(1, 40.0, "rake"), (2, 14, "lamp")], known)
    assert not tool_calls_score.same_rows([(14, "rake"), (40, "lamp")], known)
    assert not tool_calls_score.same_rows([], known)


@pytest.mark.parametrize(
    ("said", "same"),
    [("opening hours museum", True), ("Museum: opening hours in May", True), ("hours", False),
     ("museum opening hours ticket price family pass discount", False), ("", False)],
)  # fmt: skip
def test_searches_are_compared_by_their_words(right, said, same):
    asked = "When does the museum open in May? What are its hours?"
    assert right("search_documents", {"query": said}, {"query": "museum hours"}, asked) is same


def test_korean_searches_are_right_with_and_without_particles(right):
    known, asked = {"query": "냉장고 보증"}, "냉장고 보증에 대해 알려 주세요."
    assert right("search_web", {"query": "냉장고의 보증 기간"}, known, asked)
    assert not right("search_web", {"query": "세탁기 보증"}, known, asked)


@pytest.mark.parametrize(
    ("tool", "said", "known", "same"),
    [
        ("read_file", {"path": "./notes/a.txt"}, {"path": "notes/a.txt"}, True),
        ("read_file", {"path": "a.txt", "limit": 900}, {"path": "notes/a.txt"}, True),
        ("read_file", {"path": "notes/a.txt", "offset": 50}, {"path": "notes/a.txt"}, False),
        ("read_file", {"path": "notes/b.txt"}, {"path": "notes/a.txt"}, False),
        ("list_files", {"folder": "notes/2025/"}, {"folder": "notes/2025"}, True),
        ("fetch_page", {"url": "EXAMPLE.org/a"}, {"url": "https://example.org/a"}, True),
        ("fetch_page", {"url": "http://example.org/b"}, {"url": "https://example.org/a"}, False),
        ("list_tables", {"table": None}, {}, True),
        ("list_tables", {"table": "orders"}, {}, False),
    ],
)
def test_paths_and_addresses_are_compared_as_the_tools_read_them(right, tool, said, known, same):
    assert right(tool, said, known) is same


def test_a_call_is_read_from_plain_text(tools):
    model = FakeChat(replies=('<tool_call>\n{"name": "calculator", "arguments": {"expression": "1+1"}}\n</tool_call>',
                              '{"name": "calculator", "arguments": {"expre'))  # fmt: skip
    told = tool_calls_prompts.ask_for_call(model, "What is 1 and 1?", tools, grammar=False)
    assert told["calls"] == [{"name": "calculator", "args": {"expression": "1+1"}}]
    assert tool_calls_prompts.ask_for_call(model, "What is 1 and 1?", tools, grammar=False)["calls"] == []


def test_a_call_of_a_tool_that_was_not_offered_is_whole_json_of_the_wrong_tool(tools, scorer):
    model = FakeChat(replies=('{"name": "day", "arguments": {}}',))
    (call,) = tool_calls_prompts.ask_for_call(model, "?", tools, grammar=False)["calls"]
    assert scorer.score(TASKS[0], call) == {"tool": 0, "arguments": 0, "json": 1}


def test_replies_are_kept_and_a_cut_line_is_asked_again(tmp_path):
    path = tmp_path / "replies.jsonl"
    row = {"model": "fake:", "grammar": False, "text": "", "calls": []}
    with tool_calls.Replies(path, "tasks") as kept:
        kept.add({**row, "id": "en-1"})
        kept.add({**row, "id": "en-2"})
    path.write_bytes(path.read_bytes()[:-5])
    assert [name for _, _, name in tool_calls.Replies(path, "tasks").rows] == ["en-1"]
    with pytest.raises(UsageError, match="holds replies to other tasks"):
        tool_calls.Replies(path, "other tasks")


def test_the_table_has_a_row_for_each_language_and_both(scorer):
    replies, tasks = tool_calls.Replies(None, ""), tool_calls.spread(TASKS, 2)
    for task in tasks:
        calls = [{"name": row["tool"], "args": row["arguments"]} for row in task["right"][:1]]
        said = calls if task["language"] == "en" else []
        replies.add({"model": "fake:", "grammar": False, "id": task["id"], "text": "", "calls": said})
    rows = list(tool_calls.rate("fake:", tasks, scorer, replies, [False]))
    assert [(row["language"], row["n"], row["tool"][0]) for row in rows] == [
        ("en", 2, 1),
        ("ko", 2, 0),
        ("both", 4, 0.5),
    ]
    lines = tool_calls.write_table(rows).splitlines()
    assert lines[0] == "| model | grammar | language | n | right tool | right arguments | valid JSON |"
    assert lines[2] == "| fake: | no | en | 2 | 1.00 [1.00, 1.00] | 1.00 [1.00, 1.00] | 1.00 [1.00, 1.00] |"
    assert json.dumps(rows)
