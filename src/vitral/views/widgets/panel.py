"""`Panel`: controls, drawings, and the function between them, computed in the background.

A reader moves a control; `compute(values, task)` runs in the worker and returns drawings; the newest value wins. The
same widget works in Jupyter, Colab and marimo, and as a still picture in a page without Python.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import traitlets

from vitral._checks import check_choice, check_number
from vitral._errors import ArgumentError, VitralError
from vitral.training.worker import CancelledError, Channel, Task
from vitral.views.widgets.base import Widget, told
from vitral.views.widgets.checks import check_function, is_list, shown
from vitral.views.widgets.controls import Control
from vitral.views.widgets.drawings import Drawing, Note, plain
from vitral.views.widgets.words import words_in

Compute = Callable[[dict[str, Any], Task], Sequence[Drawing] | Drawing]


class Panel(Widget):
    """A live experiment.

    Args:
        compute: called as `compute(values, task)` in the background worker; returns the drawings, in order, or one. It
            calls `task.check()` or `task.report(share)` where it takes long, and may `task.show(drawings)` before the
            end. What it raises becomes a sentence.
        controls: what the reader can move.
        language: "es" or "en", for the widget's own words (play, stop, …).
        label: what the whole is called, for a screen reader.
        player: of drawings with frames: `fps` (default 4), `start` ("first", "last" or a frame's number), `autoplay`.
        warm: values to compute once beforehand, so that a menu's programs are compiled when somebody chooses.
        background: whether the first drawings wait until nothing else is computed.
        until_seen: drawings that stand there until the reader comes near; only then is anything computed. For what is
            long and far down a page.

    Raises:
        ArgumentError: a `compute` that is no function, controls that are none or share a name, an unknown player.
        UnknownNameError: a value to `warm` that no control has.

    Example:
        >>> from vitral.views.widgets import Note, Panel, Slider
        >>> def compute(values, task):
        ...     return Note(text=f"3 · {values['x']:g} = {3 * values['x']:g}")
        >>> panel = Panel(compute, controls=[Slider(name="x", value=2, low=0, high=10, step=1)])
        >>> panel.set(x=4).drawings[0]["text"]
        '3 · 4 = 12'
        >>> panel.close()
    """

    face = traitlets.Unicode("panel").tag(sync=True)
    controls = traitlets.List().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    drawings = traitlets.List().tag(sync=True)
    status = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    player = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        compute: Compute,
        *,
        controls: Sequence[Control] = (),
        language: str = "en",
        label: str = "",
        player: Mapping[str, Any] | None = None,
        warm: Sequence[Mapping[str, Any]] = (),
        background: bool = False,
        until_seen: Sequence[Drawing] = (),
    ):
        remedy = "Write Panel(compute), with def compute(values, task): return [drawing]."
        self._compute = check_function("compute", compute, "a function of (values, task)", remedy)
        controls = _checked_controls(controls)
        self._controls = {control.name: control for control in controls}
        if not is_list(warm) or not all(isinstance(values, Mapping) for values in warm):
            raise ArgumentError(f'warm must be a list of values: got {shown(warm)}. Write [{{"rate": 0.1}}].')
        for values in warm:
            self._check_names("warm", values)
        self._words = words_in(language)  # what is said from here; `words` is the browser's
        self._channel, self._task = Channel(), None
        self._lock = threading.RLock()  # what is told is of the newest values: the worker and the page both write
        self._warming = [Channel() for _ in warm]
        first = {control.name: control.read(plain(control.value)) for control in controls}
        super().__init__(
            controls=[control.payload() for control in controls],
            values=first,
            words=self._words,
            label=label,
            player=_checked_player(player),
            drawings=_payloads(until_seen),
            status={"state": "waiting" if until_seen else "running", "serial": 0},
        )
        self._serial, self._is_background, self._is_waiting = 0, background, bool(until_seen)
        self.observe(self._on_values, "values")
        self.on_msg(self._on_message)
        if not self._is_waiting:
            self._start(first, background=background)
        for channel, values in zip(self._warming, warm, strict=True):
            self._warm(channel, {**first, **values})

    # ---- for whoever holds the widget in Python

    def wait(self, seconds: float = 60.0) -> "Panel":
        """Wait until the newest values have been drawn; for tests, exports and scripts."""
        self._come_near()
        until = time.monotonic() + seconds
        while (task := self._task) is not None and task.wait(max(0.0, until - time.monotonic())):
            if task is self._task:
                break
        return self

    def set(self, **values: Any) -> "Panel":
        """Change values as a reader would, and wait for the drawings.

        Raises:
            UnknownNameError: no control has that name.
        """
        self._check_names("values", values)
        self.values = {**self.values, **values}
        return self.wait()

    def _check_names(self, argument: str, values: Mapping[str, Any]) -> None:
        for name in values:
            check_choice(argument, name, self._controls)

    # ---- events

    def _channels(self) -> Iterator[Channel]:
        yield from super()._channels()
        yield from getattr(self, "_warming", ())

    def _on_values(self, change: Any) -> None:
        try:
            values = {name: c.read(change["new"].get(name, c.value)) for name, c in self._controls.items()}
        except VitralError as error:
            with self._lock:
                self._serial += 1
                self._is_waiting = False
                self.status = {"state": "failed", "serial": self._serial, "message": str(error)}
            self._channel.stop()  # after that: what it says of its end is no longer the newest
            return
        self._start(values)

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if content == {"type": "stop"}:
            self._channel.stop()
        elif content == {"type": "seen"}:
            self._come_near()

    def _come_near(self) -> None:
        if self._is_waiting:
            self._start(
                {name: c.read(self.values[name]) for name, c in self._controls.items()}, background=self._is_background
            )

    def _start(self, values: dict[str, Any], *, background: bool = False) -> None:
        with self._lock:
            self._serial += 1
            self._is_waiting = False
            self.status = {"state": "running", "serial": self._serial}
            self._submit(values, self._serial, background=background)

    def _submit(self, values: dict[str, Any], serial: int, *, background: bool) -> None:
        started = time.perf_counter()

        def show(drawings: Sequence[dict[str, Any]]) -> None:
            with self._lock:
                if serial == self._serial:  # no newer values have come meanwhile
                    self.drawings = drawings

        def say(state: str, **more: Any) -> None:
            milliseconds = round(1e3 * (time.perf_counter() - started), 1)
            with self._lock:
                if serial == self._serial:
                    self.status = {"state": state, "serial": serial, "milliseconds": milliseconds, **more}

        def compute(task: Task) -> list[dict[str, Any]]:
            return _payloads(self._compute(dict(values), task))

        def finish(drawings: Sequence[dict[str, Any]]) -> None:
            show(drawings)  # before the status: whoever sees "done" sees what was drawn
            say("done")

        def explain(error: BaseException) -> None:
            if isinstance(error, CancelledError):
                say("stopped")
            else:
                say("failed", message=told(error, self._words))

        self._task = self._channel.submit(
            compute,
            then=finish,
            failed=explain,
            on_progress=lambda share: say("running", progress=round(share, 3)),
            on_show=lambda drawings: show(_payloads(drawings)),
            background=background,
        )

    def _warm(self, channel: Channel, values: dict[str, Any]) -> None:
        def compute(task: Task) -> None:
            self._compute(values, task)

        channel.submit(compute, then=_ignore, failed=_ignore, background=True)


def _checked_controls(controls: Any) -> list[Control]:
    controls = [controls] if isinstance(controls, Control) else controls
    if not is_list(controls):
        raise ArgumentError(f"controls must be a list of controls: got {shown(controls)}. Write [Slider(name=…)].")
    for control in controls:
        if not isinstance(control, Control):
            raise ArgumentError(
                f"controls must be Slider, Menu, Switch, Button or Hidden: got {shown(control)}. Write Slider(name=…)."
            )
    name, often = next(iter(Counter(c.name for c in controls).most_common(1)), ("", 1))
    if often > 1:
        raise ArgumentError(f"controls must have a name each: got {name!r} {often} times. Give them other names.")
    return list(controls)


def _checked_player(player: Any) -> dict[str, Any]:
    if player is not None and not isinstance(player, Mapping):
        raise ArgumentError(f'player must be a dict: got {shown(player)}. Write player={{"fps": 8}}.')
    for name in player or {}:
        check_choice("player", name, ("fps", "start", "autoplay"))
    found = dict(player or {})
    if "fps" in found:
        check_number('player["fps"]', found["fps"], above=0, maximum=60, remedy="Write frames a second.")
    start = found.get("start", "first")
    if isinstance(start, str):
        check_choice('player["start"]', start, ("first", "last"))
    else:
        check_number('player["start"]', start, minimum=0, remedy='Write "first", "last" or a frame\'s number.')
    return found


def _payloads(drawings: Any) -> list[dict[str, Any]]:
    drawings = [drawings] if isinstance(drawings, Drawing) else drawings
    if not is_list(drawings):
        raise ArgumentError(f"compute must return a list of drawings: got {shown(drawings)}. Write return [drawing].")
    for drawing in drawings:
        if not isinstance(drawing, Drawing):
            raise ArgumentError(
                f"compute must return drawings: got {shown(drawing)}. Words go in Note(text=…), numbers in Readout(…)."
            )
    return [drawing.payload() for drawing in drawings]


def _ignore(_outcome: Any) -> None:
    """Warming is for the programs that stay compiled; what comes of it, or of its failing, nobody asks."""


def explained(text: str) -> list[Drawing]:
    """A warning instead of a drawing, for what is no error of the program: a training that diverged, say.

    Example:
        >>> explained("The loss is no longer a number.")[0].tone
        'warning'
    """
    return [Note(text=text, tone="warning", wide=True)]
