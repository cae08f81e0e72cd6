"""Questions to a reader: `Prediction` (guess first, then see the measurement) and `Exercise` (answer, be checked)."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import traitlets

from vitral._errors import ArgumentError
from vitral.training.worker import Channel, Task
from vitral.views.widgets.base import Widget, told
from vitral.views.widgets.checks import check_function, is_list, shown
from vitral.views.widgets.drawings import Drawing
from vitral.views.widgets.words import words_in

# What an answer may be long; the browser is not trusted.
_MOST_CHARACTERS = 200


class Prediction(Widget):
    """A question with options; the measurement runs once the reader has committed to a guess.

    Args:
        options: (key, label) pairs.
        measure: called in the background; returns (the key of the right option, the sentence that says what was
            measured, drawings).
        more: HTML that is shown with the answer, as why it came out so; `summary` is the line it folds under. It is put
            into the page as it is: never a reader's own words.

    Example:
        >>> question = Prediction([("up", "It rises"), ("down", "It falls")], lambda: ("down", "It fell to 0.1.", []))
        >>> question.reveal().wait(60), question.answer, question.sentence
        (True, 'down', 'It fell to 0.1.')
        >>> question.close()
    """

    face = traitlets.Unicode("prediction").tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)
    sentence = traitlets.Unicode().tag(sync=True)
    drawings = traitlets.List().tag(sync=True)
    player = traitlets.Dict().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    failure = traitlets.Unicode().tag(sync=True)
    more = traitlets.Unicode().tag(sync=True)
    summary = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        options: Sequence[tuple[str, str]],
        measure: Callable[[], tuple[str, str, Sequence[Drawing]]],
        *,
        language: str = "en",
        label: str = "",
        more: str = "",
        summary: str = "",
    ):
        if not is_list(options) or not all(is_list(option) and len(option) == 2 for option in options):
            raise ArgumentError(f'options must be (key, label) pairs: got {shown(options)}. Write [("a", "One")].')
        self._measure = check_function("measure", measure, "a function", "Write measure=lambda: (key, sentence, []).")
        self._words = words_in(language)  # what is said from here; `words` is the browser's
        self._channel, self._task = Channel(), None
        super().__init__(
            options=[{"key": key, "label": text} for key, text in options],
            words=self._words,
            label=label,
            more=more,
            summary=summary,
        )
        self._keys = {key for key, _ in options}
        self.observe(self._on_chosen, "chosen")

    def reveal(self) -> Task:
        """Measure in the background, and show what came out. After a failure the reader may guess again."""

        def show(result: tuple[str, str, Sequence[Drawing]]) -> None:
            self.drawings = [drawing.payload() for drawing in result[2]]
            self.sentence = result[1]
            self.answer = result[0]  # last: it is what the browser waits for

        def fail(error: BaseException) -> None:
            self.chosen = ""  # first: what was chosen may be chosen again, and only a change is sent
            self.failure = told(error, self._words)

        self.failure = ""
        self._task = self._channel.submit(lambda _: self._measure(), then=show, failed=fail)
        return self._task

    def _on_chosen(self, change: Any) -> None:
        if change["new"] in self._keys:
            self.reveal()


class Exercise(Widget):
    """Fields to fill in and a button that checks them.

    Args:
        fields: name -> (label, choices); without choices the field takes a text or a number.
        check: called in the background with name -> text; returns (right, the sentence to say). One that takes long
            has a parameter `task`, and calls `task.check()` often: it stops when the page goes.

    Example:
        >>> sums = Exercise({"sum": ("2 + 3", ())}, lambda answers: (answers["sum"] == "5", "Count again."))
        >>> sums.answer(sum=5)["right"], sums.answer(sum=6)["sentence"]
        (True, 'Count again.')
        >>> sums.close()
    """

    face = traitlets.Unicode("exercise").tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    fields = traitlets.List().tag(sync=True)
    answers = traitlets.Dict().tag(sync=True)
    verdict = traitlets.Dict().tag(sync=True)  # {right, sentence, serial}
    words = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        fields: Mapping[str, tuple[str, Sequence[str]]],
        check: Callable[..., tuple[bool, str]],
        *,
        language: str = "en",
        label: str = "",
    ):
        if not isinstance(fields, Mapping) or not all(is_list(f) and len(f) == 2 for f in fields.values()):
            raise ArgumentError(
                f'fields must be a dict, name to (label, choices): got {shown(fields)}. Write {{"w": ("weight", ())}}.'
            )
        remedy = "Write check=lambda answers: (True, sentence)."
        self._names, self._check = list(fields), check_function("check", check, "a function of the answers", remedy)
        self._hears_task = _has_parameter(self._check, "task")
        self._words = words_in(language)
        self._channel, self._task, self._serial = Channel(), None, 0
        super().__init__(
            fields=[{"name": n, "label": text, "choices": list(c)} for n, (text, c) in fields.items()],
            words=self._words,
            label=label,
        )
        self.observe(self._on_answers, "answers")

    def answer(self, **answers: Any) -> dict[str, Any]:
        """Answer as a reader would, and wait for the verdict."""
        self.answers = {**{name: str(value) for name, value in answers.items()}, "_": self._serial + 1}
        if self._task is not None:
            self._task.wait(60)
        return dict(self.verdict)

    def _on_answers(self, change: Any) -> None:
        answers = {name: str(change["new"].get(name, ""))[:_MOST_CHARACTERS] for name in self._names}
        self._serial += 1
        serial = self._serial

        def check(task: Task) -> tuple[bool, str]:
            return self._check(answers, task=task) if self._hears_task else self._check(answers)

        def show(result: tuple[bool, str]) -> None:
            self.verdict = {"right": bool(result[0]), "sentence": result[1], "serial": serial}

        def fail(error: BaseException) -> None:
            self.verdict = {"right": False, "sentence": told(error, self._words), "serial": serial}

        self._task = self._channel.submit(check, then=show, failed=fail)


def _has_parameter(function: Callable[..., Any], name: str) -> bool:
    """Whether `function` can be called with that name; one that does not tell, as some of C's, cannot."""
    try:
        found = inspect.signature(function).parameters.get(name)
    except (TypeError, ValueError):
        return False
    return found is not None and found.kind in (found.POSITIONAL_OR_KEYWORD, found.KEYWORD_ONLY)
