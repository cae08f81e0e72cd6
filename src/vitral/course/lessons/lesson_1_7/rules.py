"""When to stop: rules that look at what was recorded so far. All of them from one trace, so that they can be compared.

    E_opt(t) = least validation loss until t
    GL(t) = 100 (E_va(t) / E_opt(t) − 1)                    generalisation loss, in percent
    P_k(t) = 1000 (mean of the last k training losses / their least − 1)     progress, in thousandths
    GL_α: the first t with GL(t) > α
    PQ_α: the first end of a strip of k epochs with GL(t) / P_k(t) > α
    UP_s: at the ends of s strips running, E_va was higher than at the end of the strip before
    patience: E_va has not fallen below its least for so many epochs
                                                                                             (Prechelt, 1998)

Letters: E epochs, k epochs of a strip.
"""

from dataclasses import dataclass

import numpy as np

RULES = ("gl", "pq", "up", "patience")
ROLES = {"gl": "a", "pq": "b", "up": "c", "patience": "d"}
STRIP = 5


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a reader can set: α of GL in percent, α of PQ, s strips of UP, epochs of patience."""

    gl: float = 10.0
    pq: float = 1.0
    up: int = 3
    patience: int = 15


def generalisation_loss(checks: np.ndarray) -> np.ndarray:
    """GL of each epoch, (E,), in percent."""
    return 100 * (checks / np.minimum.accumulate(checks) - 1)


def progress(losses: np.ndarray, strip: int = STRIP) -> np.ndarray:
    """P_k of each epoch, (E,); NaN before the first k epochs are over."""
    found = np.full(len(losses), np.nan)
    if len(losses) >= strip:
        last = np.lib.stride_tricks.sliding_window_view(losses, strip)
        found[strip - 1 :] = 1000 * (last.mean(axis=1) / last.min(axis=1) - 1)
    return found


def stops(losses: np.ndarray, checks: np.ndarray, settings: Settings, strip: int = STRIP) -> dict[str, int | None]:
    """The epoch, from 0, after which each rule stops; None where it never does.

    Args:
        losses, checks: (E,), training and validation loss of each epoch.
        strip: k.
    """
    loss_now = generalisation_loss(checks)
    ends = np.arange(strip - 1, len(checks), strip)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = loss_now[ends] / progress(losses, strip)[ends]
    rises = np.diff(checks[ends]) > 0
    running, wait = 0, 0
    up = patience = None
    for end, rose in zip(ends[1:], rises, strict=True):
        running = running + 1 if rose else 0
        if running >= settings.up:
            up = int(end)
            break
    best = np.inf
    for epoch, check in enumerate(checks):
        wait, best = (0, check) if check < best else (wait + 1, best)
        if wait >= settings.patience:
            patience = epoch
            break
    return {
        "gl": _first(loss_now > settings.gl),
        "pq": None if (at := _first(quotient > settings.pq)) is None else int(ends[at]),
        "up": up,
        "patience": patience,
    }


def _first(is_so: np.ndarray) -> int | None:
    return int(is_so.argmax()) if is_so.any() else None
