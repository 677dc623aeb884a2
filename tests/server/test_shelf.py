import threading

import pytest

from ondol.server.errors import Busy
from ondol.server.shelf import Shelf


class Part:
    def __init__(self):
        self.closed = False

    def close(self):
        self.closed = True


def test_a_thing_is_opened_once_and_lent_to_two():
    shelf, opened = Shelf(2), []

    def open_():
        opened.append(Part())
        return opened[-1]

    with shelf.lend("a", open_) as one, shelf.lend("a", open_) as other:
        assert one is other
    assert len(opened) == 1
    assert not opened[0].closed


def test_the_one_that_was_not_used_for_longest_makes_room():
    shelf, parts = Shelf(2), {name: Part() for name in "abc"}
    for name in "aba":
        with shelf.lend(name, lambda name=name: parts[name]):
            pass
    with shelf.lend("c", lambda: parts["c"]):
        assert [part.closed for part in parts.values()] == [False, True, False]


def test_what_is_in_use_is_never_closed():
    shelf, part = Shelf(1, wait_s=0.05), Part()
    with shelf.lend("a", lambda: part):
        with pytest.raises(Busy, match="in use"), shelf.lend("b", Part):
            pass
        assert not part.closed


def test_who_asks_for_another_gets_it_when_one_is_given_back():
    shelf, found = Shelf(1, wait_s=5), []

    def ask():
        with shelf.lend("b", lambda: "b") as thing:
            found.append(thing)

    with shelf.lend("a", lambda: "a"):
        thread = threading.Thread(target=ask)
        thread.start()
    thread.join()
    assert found == ["b"]


def test_what_could_not_be_opened_leaves_no_place():
    shelf = Shelf(1)
    with pytest.raises(ZeroDivisionError), shelf.lend("a", lambda: 1 / 0):
        pass
    with shelf.lend("b", lambda: "b") as thing:
        assert thing == "b"


def test_a_dropped_thing_is_closed_by_its_last_user(monkeypatch):
    monkeypatch.setattr("ondol.server.shelf.OLD_S", 0.05)
    shelf, part = Shelf(2), Part()
    with shelf.lend("a", lambda: part):
        shelf.drop("a")
        assert not part.closed
        with shelf.lend("a", Part) as other:
            assert other is not part
    assert part.closed


def test_dropping_waits_for_who_uses_it():
    shelf, part, entered = Shelf(2), Part(), threading.Event()

    def use():
        with shelf.lend("a", lambda: part):
            entered.set()
            threading.Event().wait(0.2)
            assert not part.closed

    thread = threading.Thread(target=use)
    thread.start()
    entered.wait()
    shelf.drop("a")
    assert part.closed
    thread.join()


def test_closing_cuts_what_may_be_cut():
    shelf, part = Shelf(1), Part()
    lent = shelf.lend("a", lambda: part)
    lent.__enter__()
    shelf.close(cut=True)
    assert part.closed
    with pytest.raises(Busy), shelf.lend("a", Part):
        pass
    lent.__exit__(None, None, None)
