"""A sweep on many machines: its variants go out in units to the workers of a Dask cluster, and come back as they end.

    in the caller's process:  cut into units, send, [wait], keep what came back, send again what was lost
    on a worker:              open the sweep once, train a unit as an ordinary sweep of its variants (`units`)

What a unit gives is the same wherever it runs. A unit whose worker dies has its variants sent again one by one, each
then alone in its process, so that what kills workers is found; what has failed on three workers is marked.
"""

import contextlib
import pickle
import queue
import threading
import time
import uuid
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cloudpickle

from vitral import _keras
from vitral._errors import ArgumentError, EngineError, VitralWarning
from vitral.runs import VariantResult
from vitral.training import units
from vitral.training.describe import evaluation_source
from vitral.training.interrupts import held_interrupt
from vitral.training.outline import Outline, merge
from vitral.training.request import make_request
from vitral.training.sweeping import Sweeping, scouts
from vitral.training.units import Trained, UnitResult, Work, describe_process
from vitral.training.variants import Variant

_MOST_IN_A_UNIT = 16  # as many as go in step
_UNITS_A_THREAD = 4
_MOST_FAILURES = 3
_SECONDS_FOR_A_WORKER = 30
_SECONDS_A_LOOK = 5
_PATIENCE = 300  # seconds without any worker until a sweep gives up


def check_client(client: Any) -> None:
    """`client` must be a `dask.distributed.Client` that is connected, and not an asynchronous one.

    Raises:
        ArgumentError: it is none.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ArgumentError(
            f"client must be a dask.distributed.Client: got {type(client).__name__}, and Dask is not installed. "
            'Install it with: pip install "vitral[dask]"'
        ) from None
    if not isinstance(client, Client):
        raise ArgumentError(
            f"client must be a dask.distributed.Client: got {type(client).__name__}. "
            'Write client=Client("tcp://ADDRESS:8786").'
        )
    if client.asynchronous or client.status != "running":
        what = "an asynchronous one" if client.asynchronous else f"one that is {client.status}"
        raise ArgumentError(
            f"client must be one that is connected and waits: got {what}. Make it with Client(ADDRESS)."
        )


@dataclass(eq=False, kw_only=True)
class _Unit:
    """Some variants that go out together.

    Attributes:
        numbers: of the variants. flag: what is raised while a worker is at them.
        failures: how often workers have failed with them. why: the last time, a sentence.
    """

    numbers: list[int]
    flag: str = ""
    failures: int = 0
    why: str = ""


class Distributed(Sweeping):
    """One sweep while workers run it; its arguments are those of `Sweeping`, `exact` may be None."""

    def __init__(self, client: Any, build: Any, x: Any, y: Any, data: Any, *others: Any) -> None:
        arguments, variants, verbose, chosen, exact = others
        super().__init__(build, x, y, data, arguments, variants, verbose, chosen, bool(exact))
        keras = _keras.import_keras()
        policy = keras.dtype_policies.serialize(keras.config.dtype_policy())
        self._work = Work(
            build=build,
            x=x,
            y=y,
            data=data,
            arguments=arguments,
            variants=variants,
            chosen=chosen,
            exact=exact,
            policy=policy,
        )
        self._client, self._name = client, f"vitral-{uuid.uuid4().hex[:12]}"
        self._groups = self._found = _Found(variants)
        self._to_send: list[_Unit] = []
        self._out: dict[Any, _Unit] = {}  # by future
        self._arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._n_sent = 0
        self._packed: Any = None  # the work at the workers
        self._seen_worker = self._looked = 0.0  # when there was one, and when it was looked for

    def _train_all(self, n_threads: int, interrupt: held_interrupt) -> None:
        """Send the units out and take in what comes back; an interrupt acts while nothing is being taken in."""
        content = _pack(self._work)
        try:
            with interrupt.let_through():
                n_threads, is_exact = self._check_workers()
            least = 1 if is_exact else _MOST_IN_A_UNIT
            self._to_send = [_Unit(numbers=some) for some in cut([v.number for v in self._todo], n_threads, least)]
            while self._to_send or self._out:
                with interrupt.let_through():
                    is_placed = not self._to_send or self._place(content)
                if is_placed:
                    while self._to_send:
                        self._send(self._to_send.pop(0))
                with interrupt.let_through():
                    arrived = self._wait()
                if arrived is not None:
                    self._take(*arrived)
        except KeyboardInterrupt:
            interrupt.hold()
            for future in [future for future in self._out if future.status == "finished"]:
                with contextlib.suppress(Exception):
                    self._take(future, future.result(timeout=10))
            raise
        finally:
            self._let_go()

    # ---- workers

    def _check_workers(self) -> tuple[int, bool]:
        """How many threads the workers have, and whether sweeps are exact there where nobody says.

        Raises:
            ArgumentError: there is no worker, or one would give other bits.
        """
        client, seconds = self._client, _SECONDS_FOR_A_WORKER
        try:
            client.wait_for_workers(1, timeout=seconds)
        except TimeoutError:
            raise ArgumentError(
                f"client must have at least one worker: got none in {seconds} s. Start one with: dask worker ADDRESS"
            ) from None
        found = client.run(_look_around(), on_error="return")
        here = describe_process()
        for address, there in found.items():
            if isinstance(there, BaseException):
                raise ArgumentError(
                    f"client must have workers that can run Vitral: {address} cannot, "
                    f"{type(there).__name__} ({there}). Install vitral[dask] there."
                )
            for name, value in here["must"].items():
                if there["must"].get(name) != value:
                    raise ArgumentError(
                        f"client must have workers like this process, or bits would differ: {name} is "
                        f"{there['must'].get(name)} on {address}, {value} here. Make them the same."
                    )
        kinds = sorted({there["kind"] for there in found.values()})
        if len(kinds) > 1:
            warnings.warn(
                f"The workers run on different processors ({'; '.join(kinds)}): compiled programs may differ between "
                "them, and so may the last bits of variants.",
                VitralWarning,
                stacklevel=5,
            )
        self._seen_worker = self._looked = time.monotonic()
        exact = self._work.exact
        n_threads = sum(client.nthreads().values())
        return max(1, n_threads), all(t["is_exact"] for t in found.values()) if exact is None else exact

    def _place(self, content: bytes) -> bool:
        """Bring the work to all workers, unless one has it: whoever comes later fetches it there. False: nobody is."""
        if self._packed is not None and self._packed.status == "finished":
            return True
        if not self._client.nthreads():
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Dask's advice on large objects: this is what `scatter` is for
            try:
                self._packed = self._client.scatter(content, broadcast=True, hash=False)
            except (TimeoutError, KeyError, OSError):  # who was there has died meanwhile
                return False
        return True

    def _send(self, unit: _Unit) -> None:
        self._n_sent += 1
        unit.flag = f"{self._name}-{self._n_sent}"
        future = self._client.submit(
            units.run_unit,
            self._name,
            self._packed,
            unit.numbers,
            unit.flag,
            alone=unit.failures > 0,
            key=(self._name, self._n_sent),
            pure=False,
        )
        self._out[future] = unit
        future.add_done_callback(self._arrived.put)

    # ---- what comes back

    def _wait(self) -> tuple[Any, UnitResult | Exception] | None:
        """A unit that came back, and what it gave; None where none did in a short time, so that Ctrl-C is heard."""
        try:
            future = self._arrived.get(timeout=0.2)
        except queue.Empty:
            self._check_still_there()
            return None
        try:
            return future, future.result(timeout=300)
        except Exception as error:
            return future, error

    def _check_still_there(self) -> None:
        """Give up where the scheduler or all workers have been away for long."""
        now = time.monotonic()
        if now - self._looked > _SECONDS_A_LOOK:
            self._looked = now
            with contextlib.suppress(Exception):
                if self._client.nthreads():
                    self._seen_worker = now
        if self._client.status == "closed":
            self._give_up("The scheduler is gone")
        if now - self._seen_worker > _PATIENCE:
            self._give_up(f"No worker has been there for {_PATIENCE} s")

    def _give_up(self, why: str) -> None:
        """End as Ctrl-C would."""
        warnings.warn(f"{why}: what has come back is kept.", VitralWarning, stacklevel=7)
        raise KeyboardInterrupt

    def _take(self, future: Any, given: UnitResult | Exception) -> None:
        """Keep what a unit gave, or have it sent again."""
        from distributed.scheduler import KilledWorker

        unit = self._out.pop(future)
        is_lost_with_data = future.status in ("cancelled", "lost")
        future.release()
        if isinstance(given, UnitResult) and not given.lost and given.refused is None:
            self._keep(given)
        elif is_lost_with_data or isinstance(given, KilledWorker):
            if self._client.status != "running":
                self._give_up("The scheduler is gone")
            if self._was_begun(unit):
                self._send_again(unit, UnitResult(lost=True))
            else:  # it waited where others died, or the last worker that had the work did: nobody's fault
                self._to_send.append(unit)
        else:
            self._send_again(unit, given)

    def _was_begun(self, unit: _Unit) -> bool:
        from distributed import Event

        mark = Event(unit.flag, client=self._client)
        was_begun = mark.is_set()
        mark.clear()
        return bool(was_begun)

    def _keep(self, given: UnitResult) -> None:
        self._compile_seconds += given.compile_seconds
        self._found.outlines += given.outlines
        n_epochs = 0
        for number, trained in given.trained.items():
            if trained.file is not None:
                self._kept.adopt(number, trained.file)
            self._results[number] = self._result(number, trained)
            if self._keeper is not None:
                self._keeper.keep(number, self._results[number], self._kept)
            self._failed_at[number] = trained.at
            n_epochs += len(trained.fields["record"].get("epoch", ()))
        if n_epochs:
            self._progress.advance(n_epochs)

    def _result(self, number: int, trained: Trained) -> VariantResult:
        variant, source = self._variants[number], None
        if trained.file is not None and self._data is None:
            source = self._source(variant)
        error = None
        if trained.error is not None:
            try:
                error = pickle.loads(trained.error)
            except Exception:  # of a class that only the worker has
                error = RuntimeError(trained.fields["message"])
        return VariantResult(values=variant.values, error=error, source=source, **trained.fields)

    def _source(self, variant: Variant) -> Any:
        """The rows to evaluate a variant on, as the worker had them; None where they are made by a function."""
        arguments = {**self._arguments, **variant.training}
        arguments.pop("callbacks")
        request, dataset = make_request(self._x, self._y, arguments.pop("sample_weight"), verbose=0, **arguments)
        return evaluation_source(request, dataset)

    def _send_again(self, unit: _Unit, given: UnitResult | Exception) -> None:
        """Its variants one by one, unless they have failed too often."""
        unit.failures += 1
        if isinstance(given, UnitResult) and given.refused is not None:
            if not any(result.status != "not run" for result in self._results):
                raise ArgumentError(given.refused)
            unit.why = given.refused
        elif isinstance(given, UnitResult):
            unit.why = "The process that trained it has died: it was ended by its own code, or ran out of memory."
        else:
            unit.why = f"{type(given).__name__}: {given}"
        for number in unit.numbers:
            if unit.failures < _MOST_FAILURES:
                self._to_send.append(_Unit(numbers=[number], failures=unit.failures, why=unit.why))
            else:
                message = f"It has failed on {_MOST_FAILURES} workers. {unit.why}"
                error = EngineError(f"every variant must be trainable where the workers are: {message}")
                values = self._variants[number].values
                self._results[number] = VariantResult(values=values, status="failed", message=message, error=error)

    def _let_go(self) -> None:
        """Cancel what is out, end what is at work, and forget the sweep at the workers."""
        if self._client.status != "running":
            return
        futures = [*self._out, *([] if self._packed is None else [self._packed])]

        def tell() -> None:
            with contextlib.suppress(Exception):
                self._client.cancel(futures)
                self._client.run(units.stop, self._name, on_error="ignore")

        # Beside, and not for long: a worker that just died would be waited for.
        telling = threading.Thread(target=tell, daemon=True)
        telling.start()
        telling.join(5)
        self._packed = None
        self._out.clear()


class _Found:
    """The families that units have found, as the groups of one sweep."""

    def __init__(self, variants: list[Variant]) -> None:
        first = scouts(variants)
        self._order = [*first, *sorted({v.number for v in variants} - set(first))]
        self.outlines: list[Outline] = []

    def described(self) -> list[Any]:
        return merge(self.outlines, self._order)


def cut(numbers: list[int], n_threads: int, least: int) -> Iterable[list[int]]:
    """Numbers in blocks of neighbours: several to a thread, so that all end at about the same time.

    Args:
        least: in a block, as long as there are so many.
    """
    size = max(least, min(_MOST_IN_A_UNIT, len(numbers) // (n_threads * _UNITS_A_THREAD)), 1)
    return [numbers[at : at + size] for at in range(0, len(numbers), size)]


def _pack(work: Work) -> bytes:
    try:
        return cloudpickle.dumps(work)
    except Exception as error:
        raise ArgumentError(
            "build, the data and callbacks must be such that workers can be sent copies: pickling raised "
            f"{type(error).__name__} ({error}). Make what cannot be sent inside build, or inside a data function."
        ) from error


def _look_around() -> Any:
    """A function that says what a worker's process is; inside this one, so that it travels with its code."""

    async def look() -> Any:
        import asyncio

        def describe() -> Any:
            from vitral.training.units import describe_process

            return describe_process()

        return await asyncio.to_thread(describe)  # a worker that imports Keras shall be heard of meanwhile

    return look
