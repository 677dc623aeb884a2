import sqlite3
import time
import unicodedata

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("sqlglot")

from ondol.errors import BackendError, MissingExtra, OndolError, UnusableInput, UsageError
from ondol.ingest.sql import SqlColumns, read_sql, show_sql_url
from ondol.ingest.sql_query import check_query
from ondol.ingest.sql_row import find_date, write_value


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "회사 #1.db"
    with sqlite3.connect(path) as db:
        db.executescript("""
            CREATE TABLE posts (번호 INTEGER PRIMARY KEY, 제목 TEXT, 본문 TEXT, 작성일 TEXT, 분류 TEXT, 점수 REAL,
                                그림 BLOB);
            INSERT INTO posts VALUES
                (1, '온돌', '온돌은 바닥을 데운다.', '2024. 5. 17.', '집, 난방', 1.5, x'ff00'),
                (2, 'Second', 'Two lines' || char(13, 10) || 'of text: 100%', '2025-01-02 10:00', NULL, NULL, NULL),
                (3, NULL, NULL, NULL, NULL, NULL, NULL);
            CREATE VIRTUAL TABLE words USING fts5(body);
            INSERT INTO words VALUES ('ondol floor');
        """)
    db.close()
    return path


@pytest.fixture
def read(database):
    def run(query, **options):
        columns = {key: options.pop(key) for key in ("id", "text", "title", "date", "tags") if key in options}
        return list(read_sql(f"sqlite:///{database}", query, columns=SqlColumns(**columns), **options))

    return run


def test_every_row_is_a_document_with_its_columns(read):
    first, second, third = read("SELECT * FROM posts ORDER BY 번호;")
    assert first.id == "posts/1"
    assert first.parsed.text == (
        "번호: 1\n제목: 온돌\n본문: 온돌은 바닥을 데운다.\n작성일: 2024. 5. 17.\n분류: 집, 난방\n점수: 1.5"
    )
    assert (first.parsed.title, first.parsed.date, first.parsed.format) == ("", "2024-05-17", "record")
    assert second.parsed.text == "번호: 2\n제목: Second\n본문: Two lines\nof text: 100%\n작성일: 2025-01-02 10:00"
    assert third.parsed.text == "번호: 3"


def test_columns_are_chosen(read):
    options = {"id": "제목", "text": ["본문"], "title": "제목", "tags": "분류", "date": "작성일"}
    first, second, third = read("SELECT 본문, 제목, 작성일, 분류 FROM posts ORDER BY 번호", **options)
    assert (first.id, first.parsed.text, first.parsed.title) == ("posts/온돌", "온돌은 바닥을 데운다.", "온돌")
    assert (first.parsed.date, first.parsed.tags) == ("2024-05-17", ("집", "난방"))
    assert second.parsed.text == "Two lines\nof text: 100%"
    assert third == "Row 3: the id is neither a text nor a whole number."
    several = read("SELECT * FROM posts", text=["제목", "본문"])
    assert several[0].parsed.text == "제목: 온돌\n본문: 온돌은 바닥을 데운다."
    assert several[2] == "Row 3: id or text is empty."


def test_decomposed_names_of_columns_are_found(read):
    (record,) = read("SELECT * FROM posts LIMIT 1", text=[unicodedata.normalize("NFD", "본문")])
    assert record.parsed.text == "온돌은 바닥을 데운다."


def test_a_row_that_changes_has_another_content(read, database):
    query = "SELECT 번호, 본문 FROM posts WHERE 번호 = 1"
    (before,), (again,) = read(query), read(query)
    with sqlite3.connect(database) as db:
        db.execute("UPDATE posts SET 본문 = 'new' WHERE 번호 = 1")
    db.close()
    (after,) = read(query)
    assert before.line == again.line != after.line


def test_ids_that_stand_twice_are_told(read):
    found = read("SELECT 1 AS id, 본문 FROM posts WHERE 본문 IS NOT NULL")
    assert found[1] == "Row 2: the id '1' stands in an earlier row already."


def test_percent_signs_and_colons_in_a_query_are_left_alone(read):
    (record,) = read("SELECT 번호, '10:30' AS t, ':x' FROM posts WHERE 본문 LIKE '%100!%' ESCAPE '!'")
    assert (record.id, record.parsed.text) == ("posts/2", "번호: 2\nt: 10:30\n':x': :x")


@pytest.mark.parametrize(
    ("query", "table"),
    [
        ("SELECT * FROM posts p JOIN words ON 1", "posts"),
        ("WITH x AS (SELECT * FROM posts) SELECT * FROM x", "posts"),
        ('SELECT * FROM "한글 표"', "한글 표"),
        ("SELECT 1 UNION ALL SELECT 2", "query"),
        ("SELECT * FROM (SELECT * FROM inside) t", "inside"),
        ("select 1 -- ; drop table posts", "query"),
        ("SELECT 'a; DROP TABLE posts' FROM main.posts", "posts"),
    ],
)
def test_the_table_of_a_query_is_found(query, table):
    assert check_query(query, dialect="sqlite") == table


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM posts", "INSERT INTO posts VALUES (1)", "UPDATE posts SET 제목 = ''", "DROP TABLE posts",
        "CREATE TABLE x (a)", "SELECT 1; DELETE FROM posts", "SELECT 1; SELECT 2", "ATTACH 'x.db' AS x",
        "PRAGMA user_version",
        "VACUUM INTO 'x.db'", "", ";", "EXPLAIN SELECT 1", "BEGIN", "REPLACE INTO posts VALUES (1)",
    ],
)  # fmt: skip
def test_only_a_single_select_is_run(read, database, query):
    before = database.read_bytes()
    with pytest.raises(UsageError):
        read(query)
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    "query",
    [
        "WITH gone AS (DELETE FROM posts RETURNING *) SELECT * FROM gone",
        "SELECT * INTO copy FROM posts",
        "SELECT * FROM posts FOR UPDATE",
        "COPY posts TO PROGRAM 'sh'",
        "DO $$ BEGIN DELETE FROM posts; END $$",
        "CALL drop_all()",
    ],
)
def test_postgres_has_more_ways_to_write(query):
    with pytest.raises(UsageError):
        check_query(query, dialect="postgresql")


def test_sqlite_itself_refuses_to_write_or_to_attach(database):
    from ondol.ingest.sql_database import Clock, open_database

    with open_database(f"sqlite:///{database}").connect(Clock(5)) as connection:
        for query in (
            "DELETE FROM posts",
            "ATTACH ':memory:' AS x",
            "PRAGMA user_version = 3",
            "CREATE TEMP TABLE x (a)",
            "SELECT load_extension('x')",
        ):
            with pytest.raises(Exception, match=r"not authorized|prohibited"):
                connection.exec_driver_sql(query)


def test_full_text_tables_can_be_read(read):
    (record,) = read("SELECT rowid, body FROM words WHERE words MATCH 'floor'")
    assert (record.id, record.parsed.text) == ("words/1", "rowid: 1\nbody: ondol floor")


def test_not_more_rows_are_read_than_wanted(read):
    found = read("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", max_rows=1200)
    assert len(found) == 1201
    assert found[1199].id == "query/1200"
    assert found[1200] == "The query gives more than 1200 rows; the others were left out."


def test_a_query_that_takes_too_long_is_ended(read):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    started = time.monotonic()
    with pytest.raises(UnusableInput) as caught:
        read(endless, timeout_s=0.2)
    assert caught.value.message == "The query took longer than 0.2 seconds."
    assert time.monotonic() - started < 5


def test_what_is_done_with_the_rows_does_not_count(database):
    rows = read_sql(f"sqlite:///{database}", "SELECT * FROM posts", timeout_s=0.5)
    next(rows)
    time.sleep(0.7)
    assert len(list(rows)) == 2


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT * FROM missing", "The database refuses the query: no such table: missing"),
        ("SELECT wrong FROM posts", "The database refuses the query: no such column: wrong"),
    ],
)
def test_what_the_database_says_is_told(read, query, told):
    with pytest.raises(UnusableInput) as caught:
        read(query)
    assert caught.value.message == told


def test_a_query_that_is_no_sql_is_told(read):
    with pytest.raises(UsageError) as caught:
        read("SELECT FROM WHERE (")
    assert caught.value.message.startswith("The query cannot be understood: ")
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    ("option", "query", "message"),
    [
        ({"id": "no"}, "SELECT * FROM posts", "The query gives no column 'no'."),
        ({"text": ["본문", "x"]}, "SELECT 번호, 본문 FROM posts", "The query gives no column 'x'."),
        ({"title": "a"}, "SELECT 1 AS a, 2 AS a", "The query gives several columns 'a'."),
    ],
)
def test_a_column_that_is_not_there_is_told_with_those_that_are(read, option, query, message):
    with pytest.raises(UsageError) as caught:
        read(query, **option)
    assert caught.value.message == message
    assert caught.value.hint.startswith("It gives: ")


@pytest.mark.parametrize(
    ("url", "kind", "message"),
    [
        ("nonsense", UsageError, "This is no address of a database."),
        ("", UsageError, "This is no address of a database."),
        ("sqlite://", UsageError, "This is no address of a database."),
        ("sqlite:///:memory:", UnusableInput, "There is no SQLite file :memory:."),
        ("sqlite:///no/such.db", UnusableInput, "There is no SQLite file no/such.db."),
        ("sqlite:///a.db?mode=rwc", UsageError, "This is no address of a database."),
        ("mongo://u:secret@h/db", UsageError, "No kind of database is called 'mongo'."),
        ("postgresql+psycopg2cffi://u:secret@h/db", MissingExtra,
         "The database 'postgresql+psycopg2cffi' needs the package 'psycopg2cffi', which is not installed."),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_opened_is_told_without_its_password(url, kind, message):
    with pytest.raises(kind) as caught:
        read_sql(url, "SELECT 1")
    assert caught.value.message == message
    assert "secret" not in str(caught.value)


def test_bytes_that_are_no_database_are_told(tmp_path):
    path = tmp_path / "a.db"
    path.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(OndolError) as caught:
        list(read_sql(f"sqlite:///{path}", "SELECT 1 FROM x"))
    assert caught.value.message == "The database refuses the query: file is not a database"


def test_an_address_is_shown_without_its_password(database, monkeypatch):
    assert show_sql_url(f"sqlite:///{database}") == f"sqlite:///{database}"
    pytest.importorskip("psycopg")
    shown = show_sql_url("postgresql+psycopg://me:secret@127.0.0.1:1/db?password=secret")
    assert shown == "postgresql+psycopg://me:***@127.0.0.1:1/db"
    with pytest.raises(BackendError) as caught:
        list(read_sql("postgresql+psycopg://me:secret@127.0.0.1:1/db", "SELECT 1"))
    assert caught.value.message.startswith(
        "The database postgresql+psycopg://me:***@127.0.0.1:1/db cannot be reached: "
    )
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("created_at", "2024-05-17", True), ("createdAt", "2024-05-17", True), ("DATE", "2024", True),
        ("등록일시", "2024. 5. 17.", True), ("시행일", "20240517", True), ("생일", "2024-05-17", False),
        ("flat", "2024-05-17", False), ("date", "soon", False), ("과일", "2024", False),
    ],
)  # fmt: skip
def test_columns_of_dates_are_known_by_name_and_form(name, value, found):
    assert (find_date([name], [value]) is not None) == found


def test_values_are_written_for_people():
    from datetime import date, datetime
    from decimal import Decimal

    assert write_value(Decimal("1E+3")) == "1000"
    assert write_value(datetime(2024, 5, 17)) == "2024-05-17"
    assert write_value(datetime(2024, 5, 17, 9, 30)) == "2024-05-17 09:30:00"
    assert write_value({"이름": [1, date(2024, 5, 17)]}) == '{"이름": [1, "2024-05-17"]}'
    assert write_value(b"bytes") == write_value(None) == ""
