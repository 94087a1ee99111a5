"""Remember what was worked out, within a bound, for many threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from itertools import count
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class _Answer(Generic[Value]):
    """An answer that is there or is being worked out; bytes are counted once it is there."""

    def __init__(self) -> None:
        self.future: Future[Value] = Future()
        self.n_bytes = 0
        self.asked_for = 0


class Memo(Generic[Key, Value]):
    """A function that remembers its last answers.

    Threads that ask for the same thing at the same time wait for one computation: forty pages
    that open the same story cost one run. What was asked for longest ago is forgotten first.

    Parameters
    ----------
    compute
        Works out the answer; its errors are raised and not remembered.
    size_of
        Bytes that an answer takes.
    most_bytes
        Answers are forgotten until no more than this is kept; the newest always is.
    """

    def __init__(
        self, compute: Callable[[Key], Value], size_of: Callable[[Value], int], most_bytes: int
    ) -> None:
        self._compute = compute
        self._size_of = size_of
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._answers: dict[Key, _Answer[Value]] = {}
        self._askings = count()
        self._kept = 0

    def __call__(self, key: Key) -> Value:
        """Give the answer, remembered or worked out."""
        with self._lock:
            answer = self._answers.get(key)
            is_known = answer is not None
            if answer is None:
                answer = self._answers[key] = _Answer()
            answer.asked_for = next(self._askings)
        if not is_known:
            self._work_out(key, answer)
        return answer.future.result()

    @property
    def n_bytes(self) -> int:
        """The bytes of all answers that are kept."""
        with self._lock:
            return self._kept

    def _work_out(self, key: Key, answer: _Answer[Value]) -> None:
        try:
            value = self._compute(key)
        except BaseException as error:
            with self._lock:
                del self._answers[key]
            answer.future.set_exception(error)
            return
        with self._lock:
            answer.n_bytes = self._size_of(value)
            self._kept += answer.n_bytes
            self._forget(answer)
        answer.future.set_result(value)

    def _forget(self, newest: _Answer[Value]) -> None:
        """Drop finished answers while there is too much, first what was asked for longest ago."""
        finished = [item for item in self._answers.items() if item[1].n_bytes and item[1] is not newest]
        for key, answer in sorted(finished, key=lambda item: item[1].asked_for):
            if self._kept <= self._most_bytes:
                return
            del self._answers[key]
            self._kept -= answer.n_bytes
