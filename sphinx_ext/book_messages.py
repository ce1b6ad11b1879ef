"""Ask again for a kernel's answer that has arrived unnoticed.

jupyter_client waits for a message once, as long as a cell may take. Now and then, on a busy
machine, ZeroMQ's one sign that something has arrived gets lost: the answer is there, the kernel
idle, and the build waits for minutes and fails. A new wait looks at the queue first, so here a
long wait is made of short ones.
"""

import math
from time import monotonic

from jupyter_client.channels import AsyncZMQSocketChannel

SECONDS = 1.0
wait_once = AsyncZMQSocketChannel.get_msg


async def wait_again_and_again(channel, timeout=None):
    """Do what ``get_msg`` does, which raises Empty when the time is over."""
    end = math.inf if timeout is None else monotonic() + timeout
    while (left := end - monotonic()) > SECONDS:
        if await channel.socket.poll(SECONDS * 1000):
            return await wait_once(channel, 0)
    return await wait_once(channel, max(0, left))


def setup(app):
    AsyncZMQSocketChannel.get_msg = wait_again_and_again
    return {"parallel_read_safe": True, "parallel_write_safe": True}
