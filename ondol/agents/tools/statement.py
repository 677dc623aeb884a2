"""Which SQL a model may have run: one SELECT whose functions only compute."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp

from ondol.errors import UsageError
from ondol.ingest.sql_query import DIALECTS, check_query

LONGEST = 4000
FENCE = re.compile(r"\A\s*```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)
DENIED = re.compile(
    r"load_extension|readfile|writefile|edit|fts3_tokenizer|fsdir|lsdir|zipfile|load_file|pragma_\w+|sqlite_dbpage|dbstat"
    r"|sleep|benchmark|(?:get|release)_\w*lock\w*|set_config|setval|nextval|query_to_\w+|\w+_to_xml\w*|open(?:rowset|query"
    r"|datasource)|(?:pg|lo|xp|sp|sys|dbms|utl|dblink|read|file|url|s3|http)(?:_\w+)?",
    re.IGNORECASE,
)
"""Functions and tables that reach files, programs, the network or other statements, or only waste time."""
COMPUTING = re.compile(
    r"(?:json|jsonb|array|regexp|regr|date|datetime|time|timestamp|to|str|string|char|text|ts)_\w+|age|ascii|bit_\w+"
    r"|btrim|date|datefromparts|datename|datepart|day|eomonth|format|hour|isnull|len|lower|ltrim|mid|minute|month|mod"
    r"|nvl2?|position|replicate|reverse|round|rtrim|second|similarity|stuff|substr|time|trunc|upper|width_bucket|year",
    re.IGNORECASE,
)
"""Of the functions that the parser does not know, those that are run on a server."""
TOKEN = re.compile(r"<Token .*?\btext: (\S*?), .*?>")
"""How the parser shows what it stumbled over."""
READING = tuple(getattr(exp, name) for name in ("ReadCSV", "ReadParquet") if hasattr(exp, name))


def check_statement(query: str, *, dialect: str) -> str:
    """The statement to run, for a server written anew from what was understood of it, without comments.

    So nothing is run that the parser took for a comment. SQLite gets the text itself: there, every step of the compiled
    statement is looked at as well.

    Args:
        dialect: as SQLAlchemy names it.

    Raises:
        UsageError: it is no single SELECT, or one that reaches beyond the database's tables.
    """
    query = query[: LONGEST + 100]
    if fenced := FENCE.match(query):
        query = fenced[1]
    query = query.strip()
    if len(query) > LONGEST:
        raise UsageError("The statement is longer than {limit} characters.", limit=LONGEST)
    if "\0" in query:
        raise UsageError("The statement holds a character that no statement needs.")
    try:
        check_query(query, dialect=dialect)
    except UsageError as error:
        told = "Only one SELECT can be run, nothing that changes the database." if not error.values else error.message
        told = TOKEN.sub(r"\1", told)
        raise UsageError("{told}", hint="Write a single SELECT statement.", told=told) from error
    known = DIALECTS.get(dialect, dialect)
    known = known if known in sqlglot.Dialect.classes else ""
    tree = sqlglot.parse_one(query, read=known or None)
    for name in _reaching(tree, on_server=dialect != "sqlite"):
        raise UsageError("'{name}' is not allowed in a statement.", hint="Use plain SQL on the tables.", name=name)
    return query if dialect == "sqlite" else tree.sql(dialect=known or None, comments=False)


def _reaching(tree: exp.Expression, *, on_server: bool) -> list[str]:
    """Names of functions and tables that are not let through."""
    found = [table.name for table in tree.find_all(exp.Table) if DENIED.fullmatch(table.name)]
    if on_server:  # some read the file that a table is called after
        found += [table.name for table in tree.find_all(exp.Table) if re.search(r"[/\\:]|\.\w+$", table.name)]
    for function in tree.find_all(exp.Func):
        is_unknown = isinstance(function, exp.Anonymous)
        name = function.name if is_unknown else function.sql_name()
        is_strange = is_unknown and on_server and not COMPUTING.fullmatch(name)
        if is_strange or isinstance(function, READING) or (is_unknown and DENIED.fullmatch(name)):
            found.append(name.lower())
    return found
