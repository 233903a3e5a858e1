"""Kills workers with SIGKILL at random moments and starts them again, from a thread of its own."""

import random
import threading

from tests.flow.real_processes import RealProcesses

WORKERS = ("registry-worker", "matcher-worker", "notifier-worker")


class Killer:
    """`times` kills of each worker, in an order and at moments that the seed decides."""

    def __init__(self, house: RealProcesses, *, times: int, seed: int) -> None:
        self._house = house
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._order = [worker for worker in WORKERS for _ in range(times)]
        self._random.shuffle(self._order)
        self._failure: BaseException | None = None
        self.done = 0
        self._stop = threading.Event()
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "Killer":
        self._thread.start()
        return self

    @property
    def finished(self) -> bool:
        return self._finished.is_set()

    def join(self) -> None:
        """Wait for the last restart; raises what went wrong in the thread."""
        self._finished.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """The workers that were started from the thread die with it: call this at the very end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            for worker in self._order:
                if self._stop.wait(self._random.uniform(0.0, 2.0)):
                    return
                self._house.kill(worker)
                self._house.restart(worker)
                self.done += 1
        except BaseException as error:  # noqa: BLE001 - handed to the thread that joins
            self._failure = error
        finally:
            self._finished.set()
            self._stop.wait()
