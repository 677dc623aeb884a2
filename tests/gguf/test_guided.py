"""Models come and go; a grammar always works on the vocabulary of the one that is asked."""

import gc
import weakref

from ondol.gguf.guided import ANYTHING, keep, list_closed


class Server:
    pass


def use(held, grammar=ANYTHING):
    with keep(held, {"grammar": grammar}):
        pass


def test_a_closed_server_stays_until_another_one_was_guided():
    first, second = [Server()], [Server()]
    seen = weakref.ref(first[0])
    use(first)
    first.clear()
    gc.collect()
    assert seen() is not None
    assert len(list_closed()) == 1
    use(second, 'root ::= "a"')
    assert seen() is not None
    use(second)
    gc.collect()
    assert seen() is None
    second.clear()
    last = [Server()]
    use(last)
    assert list_closed() == []


def test_a_server_that_was_never_guided_goes_at_once():
    held = [Server()]
    seen = weakref.ref(held[0])
    use(held, "")
    held.clear()
    gc.collect()
    assert seen() is None
