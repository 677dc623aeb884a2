"""Stop strings end a text wherever the pieces are cut."""

import pytest

from ondol.models.stop import StopCutter


def run(text: str, stop: list[str], size: int) -> tuple[str, bool]:
    cutter, shown = StopCutter(stop), ""
    for at in range(0, len(text), size):
        shown += cutter.feed(text[at : at + size])
        if cutter.found:
            break
    return shown + cutter.rest(), cutter.found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    ("text", "stop", "shown"),
    [
        ("an answer\nUser: more", ["\nUser:"], "an answer"),
        ("aab", ["ab"], "a"),
        ("온돌은 따뜻하다. 끝", ["끝", "하다."], "온돌은 따뜻"),
        ("</answer>", ["</answer>"], ""),
    ],
)
def test_nothing_from_the_stop_string_on_is_shown(text, stop, shown, size):
    assert run(text, stop, size) == (shown, True)


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("stop", [[], ["warmer"], ["floor."]])
def test_nothing_is_lost_when_no_stop_string_comes(stop, size):
    assert run("a warm floor", stop, size) == ("a warm floor", False)


def test_only_what_may_become_a_stop_string_waits():
    cutter = StopCutter(["stop"])
    assert [cutter.feed(piece) for piece in ("a s", "t", "a", "sto")] == ["a ", "", "sta", ""]
