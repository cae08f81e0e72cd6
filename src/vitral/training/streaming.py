"""Data that stay where they are, in a memory-mapped file or in the machine's memory, and go to the device in chunks.

    a thread:    take the rows of chunks k + 1 and k + 2 and put them on the device
    meanwhile:   the program trains on chunk k

An epoch's order is drawn as ever; a chunk has the rows of some consecutive batches. They are read in the order in which
they lie in the file, and the chunk's plan says where in it each batch has its rows. So the program's loop is the one
that trains on data that lie on the device as a whole, and leaves the same bits.
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np

from vitral._mapped import Cast, give_back, is_mapped
from vitral.training.plan import EpochPlan

_CHUNK_BYTES = 1 << 25  # of a chunk on the device
_BUFFERS = 3  # chunks at a time: one is trained on, two are read ahead
_LEAST_BYTES = 1 << 26  # what takes less is not worth it
_MOST_OF_ROOM = 0.5  # of the device's memory that is free; more of it is never filled with data
_FIRST_SHARE = 8  # the first chunk of an epoch, which nothing is done beside, is so much smaller
_PIECE_BYTES = 1 << 20  # read between two looks at whether to go on,
_SPAN_BYTES = 1 << 24  # out of so much of the file,
_FEW_ROWS = 8  # or so many rows, each of which may bring 2 MiB of the file with it
_PATIENCE = 0.05  # seconds between two looks at whether the user wants to stop
_ALIGNED = 64  # bytes: arrays that begin at multiples of it are on a processor used where they are, not copied


class Chunk(NamedTuple):
    """The rows of some consecutive batches of an epoch, on the device.

    Attributes:
        first: the number of its first step in the epoch.
        stop: one past its last full step. end: one past its last step, the smaller last one included.
        plan: where in `arrays` each of its batches has its rows.
        arrays: nested arrays, of the same shapes for each chunk.
    """

    first: int
    stop: int
    end: int
    plan: EpochPlan
    arrays: Any

    def bounds(self, at: int, until: int) -> tuple[int, int, int]:
        """Its own numbers of those steps of the epoch: the first full one, one past the last, how many smaller ones."""
        return min(at, self.stop) - self.first, min(until, self.stop) - self.first, int(until > self.stop)


Take = Callable[[int], Chunk]
"""The chunk that has a step of the epoch; steps are asked for in their order."""


class Feed(Protocol):
    """Where a program's data come from.

    Attributes:
        arrays: nested arrays on the device, or the shapes of those that a program gets.
    """

    arrays: Any

    def stand_in(self) -> Any:
        """Arrays of the right shapes, for a program that will not look at them."""
        ...

    def epoch(self, plan: EpochPlan, n_steps: int, check: Callable[[], None]) -> AbstractContextManager[Take]:
        """Go through the first steps of an epoch; `check` is called again and again while one waits."""
        ...


class Resident:
    """Data that lie on the device as a whole."""

    def __init__(self, arrays: Any) -> None:
        self.arrays = arrays

    def stand_in(self) -> Any:
        return self.arrays

    @contextmanager
    def epoch(self, plan: EpochPlan, n_steps: int, check: Callable[[], None]) -> Iterator[Take]:
        whole = Chunk(0, min(plan.n_full, n_steps), n_steps, plan, self.arrays)
        yield lambda _: whole


class Stream:
    """Data that go to the device in chunks.

    Attributes:
        steps: full steps of a chunk, at most.
    """

    def __init__(self, arrays: Any, batch: int, tail: int, steps: int) -> None:
        """Take nested arrays (N, ...) of NumPy's, or `Cast`s; rows of a full batch and of the smaller last one."""
        leaves, self._tree = jax.tree.flatten(arrays)
        self._sources, self._batch, self.steps = leaves, batch, steps
        self._types = [jax.dtypes.canonicalize_dtype(a.dtype) for a in leaves]
        n_rows = steps * batch + tail
        shapes = [jax.ShapeDtypeStruct((n_rows, *a.shape[1:]), t) for a, t in zip(leaves, self._types, strict=True)]
        self.arrays = jax.tree.unflatten(self._tree, shapes)
        self._shapes, self._latest = shapes, None
        self._buffers: list[list[np.ndarray]] = []
        # Asked for here: what `jax.default_device` says is a thread's own.
        (self._device,) = jax.device_put(np.zeros(1, "int32")).devices()

    @property
    def n_rows(self) -> int:
        """Rows of a chunk, at most."""
        return self.steps * self._batch

    def stand_in(self) -> Any:
        return self._put(self._room(0)) if self._latest is None else self._latest

    @contextmanager
    def epoch(self, plan: EpochPlan, n_steps: int, check: Callable[[], None]) -> Iterator[Take]:
        parts = deque(self._parts(min(plan.n_full, n_steps), n_steps))
        is_over = threading.Event()
        coming: deque[tuple[int, Future[Any]]] = deque()
        current: list[tuple[int, Chunk]] = []

        def order(buffer: int) -> None:
            if parts:
                coming.append((buffer, pool.submit(self._make, plan, *parts.popleft(), buffer, is_over)))

        def take(step: int) -> Chunk:
            while not current or (step >= current[0][1].end and (coming or parts)):
                if current:
                    order(current.pop()[0])  # what it was trained on may be overwritten
                buffer, chunk = coming[0]
                while not wait([chunk], _PATIENCE).done:
                    check()
                coming.popleft()
                current.append((buffer, chunk.result()))
            return current[0][1]

        with ThreadPoolExecutor(1, thread_name_prefix="vitral-stream") as pool:
            try:
                for buffer in range(_BUFFERS):
                    order(buffer)
                yield take
            finally:
                is_over.set()
                pool.shutdown(wait=False, cancel_futures=True)

    def _parts(self, n_full: int, n_steps: int) -> list[tuple[int, int, int]]:
        """First step, one past the last full one and one past the last, of each chunk of an epoch."""
        stops, size = [], max(1, self.steps // _FIRST_SHARE)
        while not stops or stops[-1] < n_full:
            stops.append(min((stops[-1] if stops else 0) + size, n_full))
            size = min(2 * size, self.steps)
        ends = [*stops[:-1], n_steps]
        return list(zip([0, *stops[:-1]], stops, ends, strict=True))

    def _make(self, plan: EpochPlan, first: int, stop: int, end: int, buffer: int, is_over: threading.Event) -> Any:
        """One chunk; None where it is no longer wanted."""
        full = plan.rows[first * self._batch : stop * self._batch]
        rows = np.concatenate([full, plan.tail]) if end > stop else full
        in_order = np.argsort(rows)
        places = np.empty(len(rows), "int32")
        places[in_order] = np.arange(len(rows), dtype="int32")
        rows, room = rows[in_order], self._room(buffer)
        for source, place in zip(self._sources, room, strict=True):
            _take_rows(source, rows, place, is_over)
        if is_over.is_set():
            return None
        return Chunk(
            first, stop, end, EpochPlan(places[: len(full)], places[len(full) :], stop - first), self._put(room)
        )

    def _room(self, buffer: int) -> list[np.ndarray]:
        while len(self._buffers) <= buffer:
            self._buffers.append([_aligned(a.shape, a.dtype) for a in self._shapes])
        return self._buffers[buffer]

    def _put(self, room: list[np.ndarray]) -> Any:
        self._latest = jax.tree.unflatten(self._tree, jax.device_put(room, self._device))
        return self._latest


def _take_rows(source: Any, rows: np.ndarray, place: np.ndarray, is_over: threading.Event) -> None:
    """Copy rows, whose numbers ascend, to the beginning of `place`."""
    array = np.asarray(source.array if isinstance(source, Cast) else source)
    # What would make NumPy's `take` copy the whole array first goes the longer way.
    is_plain = array.dtype == place.dtype and array.flags.c_contiguous and array.flags.aligned
    is_run = len(rows) == 0 or rows[-1] - rows[0] + 1 == len(rows)
    n_bytes = max(1, array.itemsize * math.prod(array.shape[1:]))
    span = n_bytes * int(rows[-1] - rows[0] + 1) if len(rows) else 1
    step = max(1, min(_PIECE_BYTES // n_bytes, max(_FEW_ROWS, len(rows) * _SPAN_BYTES // span)))
    for start in range(0, len(rows), step):
        if is_over.is_set():
            return
        part = rows[start : start + step]
        to = place[start : start + len(part)]
        if is_run:
            np.copyto(to, array[part[0] : part[-1] + 1], casting="unsafe")
        elif is_plain:
            np.take(array, part, axis=0, out=to, mode="clip")
        else:
            to[...] = array[part]
        give_back(array[part[0] : part[-1] + 1])


def _aligned(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    n = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.empty(n + _ALIGNED, "uint8")
    start = -raw.ctypes.data % _ALIGNED
    return raw[start : start + n].view(dtype).reshape(shape)


# ---------------------------------------------------------------- which of the two


def make_feed(arrays: Any, batch: int, tail: int, place: Callable[[Any], Any]) -> Feed:
    """Stream data that lie in mapped files, or that would fill the device's memory; bring all else to it as a whole.

    Args:
        arrays: nested arrays (N, ...) of NumPy's, or `Cast`s; None for no data.
        batch, tail: rows of a full batch and of the smaller last one.
        place: brings nested arrays of NumPy's to the device.
    """
    leaves = jax.tree.leaves(arrays)
    sizes = [a.size * jax.dtypes.canonicalize_dtype(a.dtype).itemsize for a in leaves]
    if sum(sizes) >= _LEAST_BYTES:
        n_rows = leaves[0].shape[0]
        steps = max(1, _CHUNK_BYTES * n_rows // (sum(sizes) * batch))
        mapped = sum(size for a, size in zip(leaves, sizes, strict=True) if is_mapped(a))
        # Several chunks are there at a time: where batches are that large, nothing is saved.
        if _BUFFERS * steps * batch < n_rows and (mapped >= _LEAST_BYTES or sum(sizes) > _MOST_OF_ROOM * _free_bytes()):
            return Stream(arrays, batch, tail, steps)
    return Resident(place(jax.tree.map(np.asarray, arrays)))


def _free_bytes() -> float:
    """What is free of the device's memory, which a processor shares with the machine; infinite where nobody says."""
    (device,) = jax.device_put(np.zeros(1, "int32")).devices()
    stats = device.memory_stats() or {}
    if "bytes_limit" in stats:
        return stats["bytes_limit"] - stats.get("bytes_in_use", 0)
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("MemAvailable:")))
    return math.inf
