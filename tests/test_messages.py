"""An answer of which the sign got lost is found by asking again; silence still ends in Empty."""

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from queue import Empty

import pytest
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.session import Session

from .conftest import ROOT

sys.path.insert(0, str(ROOT / "sphinx_ext"))
import book_messages

sys.path.pop(0)

SESSION = Session(key=b"a key of the test")


class Socket:
    """Like zmq.asyncio's: a new poll sees what is queued, one under way may miss its sign."""

    def __init__(self, arrives):
        self.arrives, self.start = arrives, time.monotonic()

    def there(self):
        return time.monotonic() - self.start >= self.arrives

    async def poll(self, timeout=None):
        if not self.there():
            await asyncio.sleep(timeout / 1000)  # deaf to what comes in the meantime
            return 0
        return 1

    async def recv_multipart(self, flags=0):
        return SESSION.serialize(SESSION.msg("execute_reply"))


def channel_of(socket):
    channel = AsyncZMQSocketChannel.__new__(AsyncZMQSocketChannel)  # which insists on a real one
    channel.socket, channel.session = socket, SESSION
    return channel


def run(function, arrives, timeout):
    """Wait in a thread of its own: in this one Playwright's loop may be running."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(
            lambda: asyncio.run(function(channel_of(Socket(arrives)), timeout))
        ).result()


def wait(arrives, timeout):
    return run(book_messages.wait_again_and_again, arrives, timeout)


def test_jupyter_client_waits_once():
    """Why it is needed. When this fails, jupyter_client waits again itself: drop book_messages."""
    with pytest.raises(Empty):
        run(book_messages.wait_once, 0.1, 0.5)


@pytest.mark.parametrize("timeout", [30, None])
def test_an_answer_whose_sign_got_lost_is_found(timeout):
    start = time.monotonic()
    assert wait(0.1, timeout)["header"]["msg_type"] == "execute_reply"
    assert time.monotonic() - start < 15


@pytest.mark.parametrize("timeout", [0, 0.2, 1.2])
def test_silence_ends_when_the_time_is_over(timeout):
    start = time.monotonic()
    with pytest.raises(Empty):
        wait(1e9, timeout)
    assert time.monotonic() - start >= timeout - 0.05
