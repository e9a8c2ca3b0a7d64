"""Items made ahead: none is lost, out of order or early, and a fault comes in its place."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from panhuo.engines.intake.ahead import ahead


def test_every_item_comes_once_and_in_order() -> None:
    assert list(ahead(iter(range(1000)))) == list(range(1000))
    assert list(ahead([])) == []
    assert list(ahead([None, 0, ""])) == [None, 0, ""]  # what a careless end mark would take for the end


def test_the_next_item_is_made_while_this_one_is_used_and_no_more_than_that() -> None:
    asked = [threading.Event() for _ in range(4)]

    def items() -> Iterator[int]:
        for k, event in enumerate(asked):
            event.set()
            yield k

    for k in ahead(items()):
        if k + 1 < len(asked):
            assert asked[k + 1].wait(10)
        assert not any(event.is_set() for event in asked[k + 2 :])


def test_a_fault_comes_where_its_item_would_have() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise LookupError("third")

    coming = ahead(items())
    assert [next(coming), next(coming)] == [1, 2]
    with pytest.raises(LookupError, match="third"):
        next(coming)


def test_a_source_left_half_way_is_closed() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            closed.set()

    coming = ahead(items())
    assert next(coming) == 0
    coming.close()  # type: ignore[attr-defined]
    assert closed.wait(10)
