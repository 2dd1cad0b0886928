"""A worker process's way to its host."""

from __future__ import annotations

import logging
import os
import threading

from funchost.worker import frames
from funchost.worker.channel import MOST_LINES, Channel
from funchost.worker.contract import LogLine


def test_who_logs_faster_than_the_host_reads_waits_for_it() -> None:
    receive, send = os.pipe()
    channel = Channel(send)
    line = LogLine(invocation_id=None, function_name=None, level=logging.INFO, category="c", message="x" * 1000)
    count = 20 * MOST_LINES  # twenty megabytes, where a pipe holds 64 KB
    logging_thread = threading.Thread(target=lambda: [channel.log(line) for _ in range(count)], daemon=True)
    logging_thread.start()
    reader, got, most = frames.FrameReader(), 0, 0
    while got < count:
        most = max(most, len(channel._lines))
        for frame in reader.feed(os.read(receive, 1 << 16)):
            got += len(frames.decode_logs(frame))
    logging_thread.join(10)
    assert not logging_thread.is_alive()
    assert got == count
    assert most <= MOST_LINES
