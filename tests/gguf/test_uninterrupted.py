"""Ctrl-C comes behind the block, once, and only where it would have come at all."""

import signal
import threading

import pytest

from ondol.gguf.uninterrupted import uninterrupted


def press_twice(done, then=None):
    with uninterrupted():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append("all")
        if then:
            raise then


def test_what_is_begun_is_done_before_ctrl_c_counts():
    done = []
    with pytest.raises(KeyboardInterrupt):
        press_twice(done)
    assert done == ["all"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_mistake_inside_is_what_is_told():
    with pytest.raises(ValueError, match="a mistake"):
        press_twice([], ValueError("a mistake"))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_are_left_alone():
    seen = []

    def work():
        with uninterrupted():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
