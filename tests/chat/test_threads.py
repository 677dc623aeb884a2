"""Threads are kept by name, and nothing is lost or mixed up."""

import sqlite3
import time
import unicodedata

import pytest

from ondol.chat.thread import QUESTION_CHARACTERS, name_for, new_thread
from ondol.chat.threads import ThreadStore
from ondol.errors import BackendError, Damaged, NotFound, UsageError


def begin(store, name):
    return store.add(new_thread(name=name, collection="main", model="fake:", docs=True))


def test_a_thread_is_found_by_its_name_and_by_its_beginning(store):
    begin(store, "holiday plans")
    begin(store, "휴가 규정")
    assert store.find("holiday plans").name == store.find("hol").name == "holiday plans"
    assert store.find("휴가").name == "휴가 규정"


def test_a_decomposed_name_finds_the_thread(store):
    begin(store, "온돌 이야기")
    assert store.find(unicodedata.normalize("NFD", "온돌 이야기")).name == "온돌 이야기"


def test_an_exact_name_wins_over_longer_ones(store):
    begin(store, "tea")
    begin(store, "tea house")
    assert store.find("tea").name == "tea"


def test_an_unknown_name_tells_the_nearest(store):
    begin(store, "holiday")
    with pytest.raises(NotFound, match="There is no conversation 'holidya'") as told:
        store.find("holidya")
    assert "Did you mean 'holiday'?" in str(told.value)


def test_two_that_begin_so_are_both_named(store):
    begin(store, "tea house")
    begin(store, "tea garden")
    with pytest.raises(NotFound, match="2 conversations begin with 'tea'") as told:
        store.find("tea")
    assert "tea garden" in str(told.value)
    assert "tea house" in str(told.value)


def test_removing_wants_the_whole_name(store):
    begin(store, "tea house")
    with pytest.raises(NotFound):
        store.find("tea", whole=True)


def test_a_name_from_a_question_that_is_taken_gets_a_number(store):
    unnamed = [new_thread(collection="main", model="fake:", docs=True) for _ in range(3)]
    assert [store.add(thread, name="When?").name for thread in unnamed] == ["When?", "When? 2", "When? 3"]


def test_a_name_that_was_given_is_refused_when_it_is_taken(store):
    begin(store, "mine")
    with pytest.raises(UsageError, match="There is a conversation 'mine' already"):
        begin(store, "mine")


@pytest.mark.parametrize("name", [" ", "two\nlines", "\x1b[31mred", "온" * 81])
def test_a_name_is_one_line_that_can_be_shown(store, name):
    with pytest.raises(UsageError, match="A conversation cannot be called"):
        new_thread(name=name, collection="main", model="fake:", docs=True)
    with pytest.raises(UsageError, match="A conversation cannot be called"):
        store.update(begin(store, "good"), name=name)


def test_renaming_to_a_taken_name_is_refused(store):
    begin(store, "a")
    second = begin(store, "b")
    with pytest.raises(UsageError, match="There is a conversation 'a' already"):
        store.update(second, name="a")


def test_the_latest_thread_comes_first(store):
    first = begin(store, "first")
    begin(store, "second")
    store.update(first, updated=time.time())
    assert [thread.name for thread in store.list()] == ["first", "second"]


def test_a_held_thread_is_refused_to_others(store, tmp_path):
    thread = begin(store, "mine")
    with (
        store.hold(thread),
        ThreadStore(store.path.parent) as other,
        pytest.raises(UsageError, match="'mine' is open in another window"),
        other.hold(thread),
    ):
        pass
    with store.hold(thread):
        pass


def test_a_change_writes_its_own_columns_only(store):
    old = begin(store, "old name")
    store.update(old, name="new name")
    assert store.update(old, turns=3).name == "new name"


def test_a_removed_thread_is_told(store):
    gone = begin(store, "gone")
    store.remove(gone)
    with pytest.raises(NotFound, match="There is no conversation 'gone'"):
        store.update(gone, turns=1)


def test_either_all_threads_are_removed_or_none(store):
    first, held = begin(store, "first"), begin(store, "held")
    with store.hold(held), ThreadStore(store.path.parent) as other, pytest.raises(UsageError, match="another window"):
        other.remove(first, held)
    assert [thread.name for thread in store.list()] == ["held", "first"]


def test_a_checkpoint_that_cannot_be_read_names_its_thread(talk, store):
    conversation = talk("Yes.")
    conversation.say("Is it warm?")
    store.saver.conn.execute("UPDATE checkpoints SET checkpoint = x'01'")
    store.saver.conn.commit()
    with pytest.raises(Damaged, match="The conversation 'Is it warm\\?' cannot be read"):
        store.messages(conversation.thread)


def test_a_full_disk_is_told_as_such(talk, store):
    conversation = talk("Yes.")
    conversation.say("Is it warm?")
    pages = store.saver.conn.execute("PRAGMA page_count").fetchone()[0]
    store.saver.conn.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(BackendError, match="full") as told:
        conversation.say("long " * 20_000)
    assert "Make room" in str(told.value)


def test_a_file_that_is_no_database_stays_as_it_is(tmp_path):
    (tmp_path / "threads.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(Damaged, match="holds no conversations that can be read"):
        ThreadStore(tmp_path)
    assert (tmp_path / "threads.sqlite").read_bytes().startswith(b"not a database")


def test_a_file_of_a_newer_ondol_is_refused(tmp_path):
    with ThreadStore(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "threads.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(BackendError, match="was written by a newer ondol"):
        ThreadStore(tmp_path)


def test_a_name_is_the_beginning_of_the_first_question():
    assert name_for("  When\n does it open?") == "When does it open?"
    long = name_for("온돌" * 40)
    assert len(long) == QUESTION_CHARACTERS
    assert long.endswith("…")
