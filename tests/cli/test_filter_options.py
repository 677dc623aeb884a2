"""The options of filters, as a command gets them."""

import pytest
import typer

from ondol.cli.filter_options import InLanguage, InSource, Since, Tagged, Titled, Until, filter_of
from ondol.errors import UsageError
from ondol.library.filters import Filter


@pytest.fixture
def parse():
    """What `command …` makes of the options."""
    app, found = typer.Typer(), []

    @app.command()
    def command(
        source: InSource = None, title: Titled = None, language: InLanguage = None, since: Since = None,
        until: Until = None, tag: Tagged = None,
    ):  # fmt: skip
        found.append(filter_of(source=source, title=title, language=language, since=since, until=until, tag=tag))

    def run(*arguments):
        app(list(arguments), standalone_mode=False)
        return found.pop()

    return run


def test_no_option_is_no_filter(parse):
    assert parse() is None


def test_every_option_reaches_its_field_and_may_be_repeated(parse):
    given = ["--source", "a/*", "--source", "!a/b", "--title", "근로", "--language", "ko"]
    assert parse(*given, "--since", "2024-02", "--until", "2024-02", "--tag", "계약", "--tag", "a,b") == Filter(
        source=("a/*", "!a/b"), title=("근로",), language=("ko",), since="2024-02-01", until="2024-02-29",
        tags=("계약", "a", "b"),
    )  # fmt: skip


def test_an_empty_value_is_not_taken_for_no_filter(parse):
    for option in ("--tag", "--since", "--source"):
        with pytest.raises(UsageError):
            parse(option, "")
