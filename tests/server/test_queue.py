import threading
import time
from contextlib import ExitStack

import pytest

from ondol.server.errors import Busy, TooSlow
from ondol.server.queue import Queue


def first(place):
    return next(place.wait(), 0)


def test_a_free_turn_is_taken_at_once():
    queue = Queue(turns=1)
    assert list(queue.run("a", lambda: iter("xy"))) == ["x", "y"]


def test_who_waits_is_told_the_position():
    queue = Queue(turns=1)
    with queue.enter("a"), queue.enter("b") as second, queue.enter("b") as third:
        assert first(second) == 1
        assert first(third) == 2


def test_a_client_with_many_questions_lets_another_go_first():
    queue = Queue(turns=1)
    with ExitStack() as stack:
        running = stack.enter_context(queue.enter("greedy"))
        greedy = [stack.enter_context(queue.enter("greedy")) for _ in range(3)]
        late = stack.enter_context(queue.enter("late"))
        assert [first(place) for place in [*greedy, late]] == [1, 3, 4, 2]
        assert first(running) == 0


def test_the_turn_goes_on_when_an_answer_ends():
    queue = Queue(turns=1)
    with ExitStack() as stack:
        with queue.enter("a"):
            waiting = stack.enter_context(queue.enter("b"))
            assert first(waiting) == 1
        assert first(waiting) == 0


def test_turns_come_in_rotation():
    queue, order = Queue(turns=1), []
    gate = threading.Event()

    def ask(name):
        order.extend(piece for piece in queue.run(name, lambda: iter([name])) if isinstance(piece, str))

    with queue.enter("x"):
        threads = []
        for name in ("a", "a", "a", "b"):
            threads.append(threading.Thread(target=ask, args=[name]))
            threads[-1].start()
            time.sleep(0.05)
        gate.set()
    for thread in threads:
        thread.join()
    assert order == ["a", "b", "a", "a"]


def test_a_full_queue_refuses_and_says_when_to_come_back():
    queue = Queue(turns=1, waiting=2)
    with ExitStack() as stack:
        for client in "abc":
            stack.enter_context(queue.enter(client))
        with pytest.raises(Busy, match="Too many questions are waiting") as refused, queue.enter("d"):
            pass
    assert refused.value.retry_after_s >= 1


def test_one_client_cannot_take_every_place():
    queue = Queue(turns=1, waiting=4)
    with queue.enter("a"), queue.enter("a"), queue.enter("a"):
        with pytest.raises(Busy), queue.enter("a"):
            pass
        with queue.enter("b") as place:
            assert first(place) == 2


def test_a_place_that_is_given_up_moves_the_others_on():
    queue = Queue(turns=1)
    with queue.enter("a"):
        gone = queue.enter("b")
        gone.__enter__()
        with queue.enter("c") as place:
            assert first(place) == 2
            gone.__exit__(None, None, None)
            assert first(place) == 1


def test_an_answer_ends_at_its_limit_and_is_closed():
    closed = []

    def endless():
        try:
            while True:
                time.sleep(0.01)
                yield "word"
        finally:
            closed.append(True)

    with pytest.raises(TooSlow, match="took longer"):
        list(Queue(answer_s=0.1).run("a", endless))
    assert closed


def test_closing_the_iterator_ends_the_work_and_frees_the_turn():
    queue, closed = Queue(turns=1), []

    def work():
        try:
            yield "word"
            yield "word"
        finally:
            closed.append(True)

    pieces = queue.run("a", work)
    assert next(pieces) == "word"
    pieces.close()
    assert closed
    with queue.enter("b") as place:
        assert first(place) == 0


def test_a_queue_that_is_closed_tells_those_who_wait():
    queue = Queue(turns=1)
    with queue.enter("a"), queue.enter("b") as place:
        steps = place.wait()
        assert next(steps) == 1
        queue.close()
        with pytest.raises(Busy, match="ending"):
            next(steps)


def test_what_is_being_written_can_be_cut():
    queue, closed = Queue(), []

    def work():
        try:
            while True:
                yield "word"
        finally:
            closed.append(True)

    pieces = queue.run("a", work)
    assert next(pieces) == "word"
    queue.cut()
    with pytest.raises(Busy, match="ending"):
        next(pieces)
    assert closed
