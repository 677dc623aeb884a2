import sqlite3
import unicodedata

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("sqlglot")

from ondol.agents.tools.sql import SqlLimits, make_list_tables, make_query_database
from ondol.errors import UnusableInput, UsageError


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "회사 #1?.db"
    with sqlite3.connect(path) as db:
        db.executescript("""
            CREATE TABLE 직원 (번호 INTEGER PRIMARY KEY, 이름 TEXT, 부서 TEXT, 급여 INTEGER, 사진 BLOB);
            INSERT INTO 직원 VALUES (1, '김온', '난방', 3500000, x'ff00'), (2, '이돌', '바닥', 4200000, NULL),
                (3, 'Ada | Fenwick', '난방', 5100000, NULL);
            CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT, price REAL);
            INSERT INTO orders VALUES (1, 'rye' || char(10) || 'bread', 4.5), (2, 'ferry ticket', 4);
            CREATE VIRTUAL TABLE words USING fts5(body);
            INSERT INTO words VALUES ('ondol floor');
            CREATE VIEW paid AS SELECT 이름, 급여 FROM 직원;
        """)
    db.close()
    return path


@pytest.fixture
def ask(database):
    def run(query, **limits):
        tool = make_query_database(database, limits=SqlLimits(**limits))
        return tool.invoke({"name": "query_database", "args": {"query": query}, "id": "1", "type": "tool_call"})

    return run


def test_rows_come_as_lines_that_can_be_cited(ask):
    message = ask("SELECT 번호, 이름, 사진 FROM 직원 ORDER BY 번호")
    assert message.content == (
        "[1] 회사 #1?.db\n  번호 | 이름 | 사진\n  1 | 김온 | (2 bytes)\n  2 | 이돌 | NULL\n"
        "  3 | Ada ¦ Fenwick | NULL\n  (3 rows.)"
    )
    (hit,) = message.artifact
    assert hit.metadata["mark"] == 1
    assert hit.metadata["query"] == "SELECT 번호, 이름, 사진 FROM 직원 ORDER BY 번호"


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("select 부서, count(*) as n, avg(급여) from 직원 group by 부서 order by n desc;", "  난방 | 2 | 4300000.0"),
        ("```sql\nSELECT item FROM orders WHERE price > 4\n```", "  rye bread"),
        ("SELECT 이름 FROM 직원 WHERE 이름 LIKE '김%'", "  김온"),
        ("WITH a AS (SELECT max(급여) m FROM 직원) SELECT m FROM a -- the highest", "  5100000"),
        ("SELECT item FROM orders UNION SELECT 이름 FROM paid ORDER BY 1", "  이돌"),
        ("SELECT body FROM words WHERE words MATCH 'floor'", "  ondol floor"),
        ("SELECT strftime('%Y', '2024-05-17') AS y, round(price * 1.1, 2) FROM orders WHERE id = 2", "  2024 | 4.4"),
        ("SELECT 이름, rank() OVER (ORDER BY 급여 DESC) AS r FROM 직원 ORDER BY r LIMIT 1", "  Ada ¦ Fenwick | 1"),
        ("SELECT json_extract('{\"값\": 3}', '$.값') AS v, iif(1 > 0, '예', '아니오')", "  3 | 예"),
        ("SELECT name FROM sqlite_master WHERE name = 'orders'", "  orders"),
        ("SELECT 'DROP TABLE 직원; --' AS text", "  DROP TABLE 직원; --"),
    ],
)
def test_questions_of_all_kinds_are_answered(ask, query, line):
    assert line in ask(query).content.splitlines()


def test_decomposed_names_of_columns_are_composed(database, ask):
    with sqlite3.connect(database) as db:
        db.execute(f'CREATE TABLE mac ("{unicodedata.normalize("NFD", "제목")}" TEXT)')
    db.close()
    assert ask("SELECT * FROM mac").content == "[1] 회사 #1?.db\n  제목\n  (0 rows: nothing fits.)"


def test_rows_and_cells_and_the_whole_are_limited(ask):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, 'word ' || i FROM n"
    text = ask(endless, max_rows=3).content
    assert text.endswith("(Only the first 3 rows are shown; there are more. Use COUNT, WHERE or fewer columns.)")
    assert len(text.splitlines()) == 6
    assert "  가가가가가 …" in ask("SELECT replace(hex(zeroblob(50)), '0', '가') AS a", max_cell_chars=5).content
    assert len(ask(endless, max_chars=200).content) < 400


def test_what_the_database_says_is_told_with_what_there_is(ask):
    message = ask("SELECT 이룸 FROM 직원")
    assert message.status == "error"
    assert message.content.startswith(
        "Error: The database refuses the statement: no such column: 이룸\nThere are: 직원 ("
    )
    assert "orders (id INTEGER key, item TEXT, price REAL)" in message.content
    assert "no such table: staff\nThere are: 직원 (" in ask("SELECT * FROM staff").content
    assert ask("SELECT * FROM order").content.endswith("\nChange the statement and try again.")


def test_what_is_no_sql_is_told_without_the_parsers_own_words(ask):
    text = ask("SELECT FROM WHERE (").content
    assert text.startswith("Error: The query cannot be understood: ")
    assert text.endswith("\nWrite a single SELECT statement.")
    assert "Token" not in text


def test_a_statement_that_takes_too_long_is_ended(ask):
    text = ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n", timeout_s=0.2)
    assert text.content == (
        "Error: The statement took longer than 0.2 seconds.\n"
        "Ask for less: add WHERE or LIMIT, and join on columns that are the same."
    )


def test_the_tables_are_told_with_columns_and_values(database):
    text = make_list_tables(database).invoke({})
    assert (
        "직원:\n  번호 INTEGER key, for example 1, 2, 3\n  이름 TEXT, for example 김온, 이돌, Ada | Fenwick\n" in text
    )
    assert "  부서 TEXT, for example 난방, 바닥\n" in text
    assert "\n  사진 BLOB\n" in text
    assert "paid:\n  이름 TEXT" in text
    assert "words_data" not in text
    assert "sqlite_" not in text


def test_one_table_is_told_by_name(database):
    tool = make_list_tables(database)
    assert tool.invoke({"table": " ORDERS "}) == (
        "orders:\n  id INTEGER key, for example 1, 2\n  item TEXT, for example rye bread, ferry ticket\n"
        "  price REAL, for example 4.5, 4.0"
    )
    assert tool.invoke({"table": "oder"}) == (
        "Error: There is no table 'oder'.\nDid you mean 'orders'? There are: 직원, orders, words, paid."
    )


def test_many_tables_are_told_shortly(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as db:
        for number in range(100):
            db.execute(f"CREATE TABLE t{number} (first TEXT, second TEXT)")
    db.close()
    short = make_list_tables(tmp_path / "a.db", limits=SqlLimits(max_chars=3000)).invoke({})
    assert "\nt99 (first TEXT, second TEXT)" in short
    shorter = make_list_tables(tmp_path / "a.db", limits=SqlLimits(max_chars=300)).invoke({})
    assert shorter.startswith("Tables: t0, t1, ")
    assert len(shorter) < 400


def test_a_database_without_tables_says_so(tmp_path):
    sqlite3.connect(tmp_path / "a.db").close()
    (tmp_path / "a.db").touch()
    assert make_list_tables(tmp_path / "a.db").invoke({}) == "The database has no tables."


def test_what_is_no_database_is_told(tmp_path):
    with pytest.raises(UnusableInput):
        make_query_database(tmp_path / "none.db")
    with pytest.raises(UsageError):
        make_query_database("mongo://u:secret@h/db")
    with pytest.raises(UsageError):
        SqlLimits(max_rows=0)
    (tmp_path / "a.db").write_bytes(bytes(range(256)) * 20)
    told = make_query_database(tmp_path / "a.db").invoke({"query": "SELECT 1 FROM x"})
    assert told.startswith("Error: The database refuses the statement: file is not a database")


def test_a_database_elsewhere_leaves_this_machine(database):
    pytest.importorskip("psycopg")
    assert make_query_database(database).metadata["effect"] == "read"
    assert make_query_database("postgresql+psycopg://me@db.example/x").metadata["effect"] == "network"
    assert make_query_database("postgresql+psycopg://me@localhost/x").metadata["effect"] == "read"
