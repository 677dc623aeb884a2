"""Queries: only a single SELECT passes."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from ondol.errors import UsageError

DIALECTS = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql"}
"""Names of SQLAlchemy that sqlglot calls otherwise."""
WRITES = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Lock, exp.Drop, exp.Alter, exp.Set, exp.Pragma, exp.Attach)
LONGEST = 1 << 16
"""Characters of a query."""


def check_query(query: str, *, dialect: str) -> str:
    """Refuse everything but one SELECT (also WITH and UNION); returns the first table that it reads, or "query".

    A net for mistakes: the database itself is asked to stay read only too.

    Args:
        dialect: as SQLAlchemy names it.

    Raises:
        UsageError: it is no single SELECT, or cannot be understood.
    """
    if len(query) > LONGEST:
        raise UsageError("The query is longer than {limit} characters.", limit=LONGEST)
    known = DIALECTS.get(dialect, dialect)
    try:
        statements = sqlglot.parse(query, read=known if known in sqlglot.Dialect.classes else None)
    except (SqlglotError, RecursionError) as error:
        raise UsageError("The query cannot be understood: {reason}.", reason=_reason(error)) from error
    found = [statement for statement in statements if statement is not None]
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        raise _no_select()
    # a query is a DML node to sqlglot too; those that write are no Query
    writing = (node for node in found[0].walk() if isinstance(node, WRITES) and not isinstance(node, exp.Query))
    if next(writing, None) is not None:
        raise _no_select()
    return _table(found[0])


def _table(query: exp.Query) -> str:
    inner = {cte.alias for cte in query.find_all(exp.CTE)}
    tables = (table.name for table in query.find_all(exp.Table, bfs=True))
    return next((name for name in tables if name and name not in inner), "query")


def _reason(error: Exception) -> str:
    if isinstance(error, ParseError) and error.errors:
        row = error.errors[0]
        return f"{row.get('description', '')} ({row.get('line', 1)}:{row.get('col', 1)})".replace("\n", " ")
    return str(error).split("\n")[0].rstrip(".")


def _no_select() -> UsageError:
    return UsageError(
        "Only a single SELECT is run; this is something else.",
        hint='For example: --query "SELECT id, title, body FROM posts"',
    )
