"""Publishes records one call after the other and is killed the moment the last call has returned."""

import os
import signal
import sys

from shared.bus import Record, connect

if __name__ == "__main__":
    url, topic, count = sys.argv[1:]
    publisher = connect(url).publisher("dying")
    for number in range(int(count)):
        publisher.publish([Record(topic, f"key-{number}".encode(), str(number).encode())])
    os.kill(os.getpid(), signal.SIGKILL)
