"""Interrupts wait for the end of a block."""

import os
import signal
import threading

import pytest

from entrox.core.interrupts import deferred_interrupt


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_is_raised_after_the_block_is_done():
    done = []
    with pytest.raises(KeyboardInterrupt), deferred_interrupt():
        interrupt()
        done.append(True)
    assert done == [True]


def test_a_second_interrupt_is_raised_at_once():
    done = []

    def block():
        with deferred_interrupt():
            interrupt()
            interrupt()
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        block()
    assert done == []


def test_the_handler_of_before_is_put_back():
    before = signal.getsignal(signal.SIGINT)
    with deferred_interrupt():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_blocks_can_be_nested():
    done = []
    with pytest.raises(KeyboardInterrupt), deferred_interrupt():
        with deferred_interrupt():
            interrupt()
            done.append("inner")
        done.append("outer")
    assert done == ["inner", "outer"]


def test_other_threads_simply_run():
    done = []

    def work():
        with deferred_interrupt():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
