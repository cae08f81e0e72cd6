"""What every widget of Vitral has in common: its script, its style, what it says of a failure, and an end."""

import logging
from collections.abc import Iterator, Mapping

import anywidget

from vitral._errors import VitralError
from vitral.training.worker import Channel
from vitral.views.widgets.assets import css, esm

_log = logging.getLogger(__name__)


class Widget(anywidget.AnyWidget):
    """A widget that computes in the background, and stops when it is closed.

    Closing matters: ipywidgets holds every widget that is open, whoever looks at it.

    Example:
        >>> from vitral.views.widgets import Exercise
        >>> issubclass(Exercise, Widget)
        True
    """

    _esm = esm()
    _css = css()

    def close(self) -> None:
        """Stop computing and let go of what the browser was told; nobody looks any more."""
        for channel in self._channels():
            channel.close()
        layout = self._trait_values.get("layout")  # a widget of its own, which is left open otherwise
        super().close()
        if layout is not None:
            layout.close()

    def _channels(self) -> Iterator[Channel]:
        """Where work is asked for. There may be none yet: a widget whose making failed is closed too."""
        if (channel := getattr(self, "_channel", None)) is not None:
            yield channel


def told(error: BaseException, words: Mapping[str, str], sentence: str = "failed") -> str:
    """What a reader is told of a failure. What a programmer needs of it goes to the log, and no further.

    Other libraries' errors speak their own language, and name files of the machine that computes.

    Args:
        words: the language's own, never what a browser has sent back.
        sentence: the name among `words` of what is said of an error that Vitral has not raised on purpose.
    """
    if isinstance(error, VitralError):
        return str(error)
    _log.error("What a widget was asked for has failed.", exc_info=error)
    return f"{words[sentence]} ({type(error).__name__})"
