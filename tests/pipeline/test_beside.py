"""Calls beside their caller: none is lost, out of order or silent."""

from __future__ import annotations

import pytest

from panhuo.pipeline.beside import Beside


def test_calls_run_one_after_the_other_and_are_done_at_the_end() -> None:
    done: list[int] = []
    with Beside() as beside:
        for k in range(50):
            beside.call(done.append, k)
    assert done == list(range(50))


def test_a_fault_shows_at_the_next_call_or_at_the_end_and_once() -> None:
    def fail() -> None:
        raise LookupError("beside")

    done: list[int] = []
    beside = Beside()
    beside.call(fail)
    with pytest.raises(LookupError):
        beside.call(done.append, 1)
    assert not done
    beside.call(done.append, 2)
    beside.close()
    assert done == [2]
    with pytest.raises(LookupError), Beside() as other:
        other.call(fail)


def test_the_fault_of_the_block_is_the_one_told() -> None:
    def fail() -> None:
        raise LookupError("beside")

    def fail_twice() -> None:
        with Beside() as beside:
            beside.call(fail)
            raise KeyError("block")

    with pytest.raises(KeyError):
        fail_twice()
