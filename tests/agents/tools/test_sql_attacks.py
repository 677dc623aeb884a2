"""Nothing that a model writes changes a database, reaches a file, or keeps the machine busy."""

import hashlib
import sqlite3
import time

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("sqlglot")

from ondol.agents.tools.sql import SqlLimits, make_list_tables, make_query_database
from ondol.agents.tools.statement import check_statement
from ondol.errors import UsageError

WRITES = [
    "DROP TABLE posts", "DELETE FROM posts", "UPDATE posts SET title = 'x'", "INSERT INTO posts VALUES (9, 'x')",
    "REPLACE INTO posts VALUES (1, 'x')", "CREATE TABLE x (a)", "CREATE TEMP TABLE x AS SELECT * FROM posts",
    "ALTER TABLE posts ADD COLUMN x", "CREATE INDEX i ON posts (title)", "DROP VIEW v", "VACUUM", "REINDEX", "ANALYZE",
    "BEGIN; DELETE FROM posts; COMMIT", "SELECT 1; DROP TABLE posts", "SELECT 1;; DELETE FROM posts",
    "SELECT 1;\n-- a comment\nDROP TABLE posts", "/* SELECT */ DROP TABLE posts", "SELECT 1 /* ; */; DROP TABLE posts",
    "--\nDELETE FROM posts", "WITH x AS (SELECT 1) DELETE FROM posts",
    "WITH x AS (SELECT 1) UPDATE posts SET title = 'x'",
    "WITH x AS (SELECT 1) INSERT INTO posts SELECT 9, 'x'", "WITH x AS (DELETE FROM posts RETURNING *) SELECT * FROM x",
    "EXPLAIN DELETE FROM posts", "dRoP tAbLe posts", "\ufeffDROP TABLE posts", "DROP\u00a0TABLE posts",
    "SELECT * INTO copy FROM posts", "INSERT INTO words (words) VALUES ('rebuild')", "SAVEPOINT a", "ROLLBACK",
    "SELECT 1\0; DROP TABLE posts", "'; DROP TABLE posts; --", "SELECT '1'; DROP TABLE posts; --'",
]  # fmt: skip
REACHES = [
    "ATTACH DATABASE '{folder}/new.db' AS x", "ATTACH ':memory:' AS x", "DETACH main", "VACUUM INTO '{folder}/copy.db'",
    "PRAGMA writable_schema = 1", "PRAGMA user_version = 7", "PRAGMA journal_mode = WAL", "PRAGMA query_only = 0",
    "PRAGMA database_list", "PRAGMA temp_store_directory = '/tmp'", "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_user_version", "SELECT * FROM PRAGMA_TABLE_INFO('posts')",
    "SELECT load_extension('{folder}/x.so')", "SELECT LOAD_EXTENSION('x', 'y')", "SELECT \"load_extension\"('x')",
    "SELECT readfile('/etc/hostname')", "SELECT writefile('{folder}/new.txt', 'x')", "SELECT edit('x', 'vi')",
    "SELECT fts3_tokenizer('simple', x'00')", "SELECT fts3_tokenizer('simple')", "SELECT * FROM fsdir('/')",
    "SELECT * FROM zipfile('a.zip')", "SELECT * FROM sqlite_dbpage", "SELECT * FROM dbstat",
    "WITH x AS (SELECT load_extension('x')) SELECT * FROM x",
    "SELECT 1 WHERE EXISTS (SELECT readfile('/etc/hostname'))",
    "SELECT CASE WHEN 1 THEN load_extension('x') END", "SELECT * FROM posts ORDER BY load_extension('x')",
    "SELECT title FROM posts GROUP BY writefile('{folder}/new.txt', title)", ".read /etc/passwd", ".shell id",
]  # fmt: skip
BUSY = [
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n a, n b",
    "WITH RECURSIVE n(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM n) SELECT max(length(s)) FROM n",
    "SELECT count(*) FROM numbers a, numbers b, numbers c, numbers d, numbers e",
    "SELECT a.i FROM numbers a, numbers b, numbers c, numbers d ORDER BY a.i * b.i - c.i * d.i",
    "SELECT zeroblob(2000000000)", "SELECT randomblob(2000000000)", "SELECT hex(zeroblob(900000))",
    "SELECT group_concat(title || hex(zeroblob(100000))) FROM posts, numbers", "SELECT printf('%2000000000d', 1)",
    "SELECT replace(hex(zeroblob(90000)), '0', hex(zeroblob(90000)))",
    "SELECT hex(zeroblob(200000)) LIKE '" + "%0" * 1500 + "1'", "SELECT 'a' GLOB '" + "*a" * 1500 + "'",
    "SELECT " + "(" * 1900 + "1" + ")" * 1900, "SELECT " + "-" * 1 + "~" * 3900 + "1", "SELECT '" + "x" * 70_000 + "'",
    "SELECT instr(zeroblob(500000), zeroblob(250000) || x'01')", "SELECT 1" + " UNION SELECT 1" * 260,
    "SELECT " + ", ".join(["printf('%.*c', 1000000, 'a')"] * 120) + " FROM numbers",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as db:
        db.executescript("""
            CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT);
            INSERT INTO posts VALUES (1, '온돌'), (2, 'floor');
            CREATE TABLE numbers (i INTEGER);
            CREATE VIEW v AS SELECT title FROM posts;
            CREATE VIRTUAL TABLE words USING fts5(body);
        """)
        db.executemany("INSERT INTO numbers VALUES (?)", ((number,) for number in range(300)))
    db.close()
    return tmp_path


def state(folder):
    """Every file below a folder, with its bytes."""
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*")}


@pytest.fixture
def attack(folder):
    before = state(folder)

    def run(query):
        tool = make_query_database(folder / "a.db", limits=SqlLimits(timeout_s=0.5))
        text = tool.invoke({"query": query.replace("{folder}", str(folder))})
        assert state(folder) == before
        return text

    return run


@pytest.mark.parametrize("query", WRITES)
def test_no_statement_changes_anything(attack, query):
    assert attack(query).startswith("Error: ")


@pytest.mark.parametrize("query", REACHES)
def test_no_statement_reaches_beyond_the_tables(attack, query):
    assert attack(query).startswith("Error: ")


@pytest.mark.parametrize("query", BUSY, ids=lambda query: query[:40])
def test_no_statement_keeps_the_machine_busy(attack, query):
    started = time.monotonic()
    assert len(attack(query)) < 8000
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("query", ["DELETE FROM posts", "ATTACH ':memory:' AS x", "PRAGMA user_version = 3",
                                   "CREATE TEMP TABLE x (a)", "SELECT load_extension('x')",
                                   "INSERT INTO words (words) VALUES ('rebuild')"])  # fmt: skip
def test_the_database_refuses_by_itself_what_the_parser_would_miss(folder, monkeypatch, query):
    before = state(folder)
    monkeypatch.setattr("ondol.agents.tools.sql.check_statement", lambda query, dialect: query)
    text = make_query_database(folder / "a.db").invoke({"query": query})
    assert text.startswith("Error: The database refuses the statement: ")
    assert state(folder) == before


def test_a_list_of_tables_changes_nothing_and_takes_any_name(folder):
    with sqlite3.connect(folder / "a.db") as db:
        db.execute('CREATE TABLE "x"" ; DROP TABLE posts; --" (a)')
    db.close()
    before = state(folder)
    tool = make_list_tables(folder / "a.db")
    assert 'x" ; DROP TABLE posts; --:' in tool.invoke({})
    assert tool.invoke({"table": "posts; DROP TABLE posts"}).startswith("Error: There is no table")
    assert state(folder) == before


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        ("postgresql", "SELECT pg_read_file('/etc/passwd')"), ("postgresql", "SELECT pg_ls_dir('/')"),
        ("postgresql", "SELECT lo_import('/etc/passwd')"), ("postgresql", "SELECT lo_export(1, '/tmp/x')"),
        ("postgresql", "SELECT * FROM dblink('host=a', 'DROP TABLE x') AS t (a int)"),
        ("postgresql", "SELECT pg_sleep(1000)"),
        ("postgresql", "SELECT set_config('transaction_read_only', 'off', false)"),
        ("postgresql", "SELECT nextval('s')"), ("postgresql", "SELECT pg_terminate_backend(1)"),
        ("postgresql", "SELECT query_to_xml('DELETE FROM x', true, true, '')"),
        ("postgresql", "SELECT my_own_function()"),
        ("postgresql", "COPY x TO PROGRAM 'sh'"), ("postgresql", "DO $$ BEGIN DELETE FROM x; END $$"),
        ("postgresql", "SELECT * FROM x FOR UPDATE"), ("postgresql", "SELECT * INTO y FROM x"),
        ("postgresql", "WITH a AS (UPDATE x SET b = 1 RETURNING *) SELECT * FROM a"), ("postgresql", "CALL f()"),
        ("mysql", "SELECT load_file('/etc/passwd')"), ("mysql", "SELECT 1 INTO OUTFILE '/tmp/x'"),
        ("mysql", "SELECT 1 INTO DUMPFILE '/tmp/x'"), ("mysql", "SELECT sleep(1000)"),
        ("mysql", "SELECT get_lock('a', 9)"),
        ("mysql", "SELECT benchmark(999999999, sha2('a', 512))"), ("mariadb", "SELECT sys_exec('id')"),
        ("mssql", "EXEC xp_cmdshell 'id'"), ("mssql", "SELECT * FROM OPENROWSET(BULK 'c:/x', SINGLE_CLOB) AS x"),
        ("oracle", "SELECT utl_http.request('http://a.example') FROM dual"),
        ("duckdb", "SELECT * FROM read_csv('/etc/passwd')"), ("duckdb", "SELECT * FROM '/etc/passwd'"),
        ("duckdb", "SELECT * FROM 'data.parquet'"), ("duckdb", "SELECT * FROM read_text('/etc/passwd')"),
        ("clickhouse", "SELECT * FROM url('http://a.example', CSV)"), ("clickhouse", "SELECT * FROM file('x')"),
    ],
)  # fmt: skip
def test_servers_have_more_ways_to_reach_out(dialect, query):
    with pytest.raises(UsageError):
        check_statement(query, dialect=dialect)


@pytest.mark.parametrize("dialect", ["mysql", "mariadb", "postgresql"])
def test_a_server_never_sees_a_comment(dialect):
    assert check_statement("SELECT 1 /*! INTO OUTFILE '/tmp/x' */ -- end", dialect=dialect) == "SELECT 1"


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        ("postgresql", "SELECT to_char(day, 'YYYY') AS y, json_agg(a) FROM x GROUP BY date_trunc('month', day)"),
        ("postgresql", "SELECT string_agg(a, ', ') FROM x WHERE a ILIKE '김%' AND day > now() - interval '7 days'"),
        ("mysql", "SELECT date_format(day, '%Y-%m'), ifnull(a, 0) FROM `주문` WHERE year(day) = 2024 LIMIT 5"),
        ("mssql", "SELECT TOP 5 a, datepart(year, day) FROM x WHERE isnull(a, 0) > 1"),
        ("oracle", "SELECT nvl(a, 0), to_date('2024', 'YYYY') FROM x FETCH FIRST 5 ROWS ONLY"),
    ],
)  # fmt: skip
def test_ordinary_questions_to_servers_pass(dialect, query):
    assert check_statement(query, dialect=dialect)
