"""What the collector passes over, and what it still finds."""

from __future__ import annotations

import gc
import weakref

from gateway.service.collector import set_aside


class Node:
    itself: Node


def ring() -> weakref.ref[Node]:
    node = Node()
    node.itself = node
    return weakref.ref(node)


def test_what_stands_is_set_aside_and_garbage_of_before_and_after_is_found():
    before = ring()
    gc.collect()
    try:
        set_aside()
        assert before() is None
        assert gc.get_freeze_count() > 10_000
        after = ring()
        gc.collect()
        assert after() is None
    finally:
        gc.unfreeze()
