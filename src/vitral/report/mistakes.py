"""What the network mistakes: of classes, which for which; of numbers, by how much; and the worst cases, in pictures."""

from html import escape
from typing import Any

import numpy as np

from vitral._errors import VitralError
from vitral.data import Standardizer
from vitral.measures import confusion_matrix, precision_recall
from vitral.report.pictures import data_uri
from vitral.report.verdict import number, percent
from vitral.runs import Evaluation
from vitral.views.svg import scatter_chart

_SHOWN = 12  # worst cases before «more»
_MOST_CLASSES = 40  # a larger table is no picture any more
_MOST_FEATURES = 8


def mistakes_html(evaluation: Evaluation | None) -> str:
    """A confusion matrix with the classes' precision and recall; for numbers, predicted against true."""
    if evaluation is None:
        return ""
    if evaluation.task == "classification":
        return _confusion(evaluation)
    if evaluation.target is None or evaluation.prediction is None:
        return ""
    points = list(zip(evaluation.target[:, 0].tolist(), evaluation.prediction[:, 0].tolist(), strict=True))
    chart = scatter_chart(points, title="Predicted against true values", x_label="true", y_label="predicted")
    return (
        f"<section><h2>Predicted and true</h2><p>{escape(_rows(evaluation))} On the line, both are equal.</p>"
        f"<figure>{chart}</figure></section>"
    )


def worst_html(evaluation: Evaluation | None, scales: Any = None) -> str:
    """The worst cases: as pictures where the inputs are pictures, else as a table in the data's own units.

    `scales`: the mean and scale of each column, as the run's record has them; None where none were applied.
    """
    if evaluation is None:
        return ""
    if evaluation.task == "classification":
        title, none = "Most confidently wrong", "Nothing was wrong."
        intro = "The mistakes of which the network was surest."
    else:
        title, none = "Furthest off", "No rows."
        intro = "The rows that were missed by most."
        if evaluation.target is None:
            intro += " First as it is, then as reproduced."
    intro += f" The number is the row within the {escape(evaluation.part)} part, counted from 0."
    if not len(evaluation.worst):
        return f"<section><h2>{title}</h2><p>{none}</p></section>"
    images = _images(evaluation)
    shown = _cards(evaluation, images) if images is not None else _table(evaluation, scales)
    return f"<section><h2>{title}</h2><p>{intro}</p>{shown}</section>"


# ---------------------------------------------------------------- which for which


def _confusion(evaluation: Evaluation) -> str:
    classes = evaluation.classes or ()
    matrix = confusion_matrix(evaluation.target, evaluation.prediction, len(classes))
    return (
        "<section><h2>What was taken for what</h2>"
        f"<p>{escape(_rows(evaluation))} {escape(_commonest(matrix, classes))}</p>"
        f'<div class="beside-each-other">{_matrix(matrix, classes)}{_per_class(matrix, classes)}</div></section>'
    )


def _commonest(matrix: np.ndarray, classes: Any) -> str:
    """The most frequent mistakes in words."""
    off = matrix * (1 - np.eye(len(matrix), dtype=int))
    order = np.argsort(-off, axis=None, kind="stable")[:3]
    pairs = [(int(off.flat[k]), *divmod(int(k), len(matrix))) for k in order if off.flat[k]]
    if not pairs:
        return "Not one was mistaken."
    told = ", ".join(f"{classes[i]} for {classes[j]} ({count}×)" for count, i, j in pairs)
    return f"Most often: {told}."


def _matrix(matrix: np.ndarray, classes: Any) -> str:
    if len(matrix) > _MOST_CLASSES:
        return ""
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    long = max(map(len, classes)) > 3
    head = "".join(f'<th scope="col"><span>{escape(c)}</span></th>' for c in classes)
    rows = "".join(
        f'<tr><th scope="row">{escape(classes[i])}</th>'
        + "".join(
            _cell(int(matrix[i, j]), float(share[i, j]), i == j, classes[i], classes[j]) for j in range(len(classes))
        )
        + "</tr>"
        for i in range(len(matrix))
    )
    return (
        f'<div class="wide"><table class="confusion{" long" if long else ""}">'
        "<caption>Rows: true class. Columns: predicted.</caption>"
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(count: int, share: float, right: bool, true: str, predicted: str) -> str:
    if not count:
        return "<td></td>"
    # Mistakes are few: a root makes their shades visible without making them look frequent.
    shade = 0.12 + 0.5 * (share if right else share**0.5)
    title = f"{true} taken for {predicted}: {count}, {percent(share)} of its row"
    kind = "right" if right else "wrong"
    return f'<td class="{kind}" style="--shade:{shade:.3f}" title="{escape(title, quote=True)}">{count}</td>'


def _per_class(matrix: np.ndarray, classes: Any) -> str:
    precision, recall = precision_recall(matrix)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="n">{int(matrix[k].sum()):,}</td>'
        f"{_share(recall[k])}{_share(precision[k])}</tr>"
        for k, name in enumerate(classes)
    )
    return (
        '<div class="wide"><table class="per-class"><caption>Recall: share of a class that was found. '
        "Precision: share of its answers that were right.</caption>"
        '<thead><tr><th scope="col">Class</th><th scope="col" class="n">Rows</th><th scope="col" class="n">Recall</th>'
        f'<th scope="col" class="n">Precision</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _share(value: float) -> str:
    if np.isnan(value):
        return '<td class="n">–</td>'
    return f'<td class="n share"><i style="width:{100 * value:.1f}%"></i>{100 * value:.1f}%</td>'


def _rows(evaluation: Evaluation) -> str:
    return f"{evaluation.n:,} rows of the {evaluation.part} part."


# ---------------------------------------------------------------- the worst cases


def _images(evaluation: Evaluation) -> np.ndarray | None:
    """(W, H, W) or (W, H, W, 3) pictures; None where the inputs are none."""
    shape = evaluation.image_shape
    if shape is None or evaluation.worst_x is None or len(shape) not in (2, 3):
        return None
    x = evaluation.worst_x
    if x[0].size != int(np.prod(shape)) or (len(shape) == 3 and shape[2] not in (1, 3)):
        return None
    return x.reshape(len(x), *(shape[:2] if len(shape) == 3 and shape[2] == 1 else shape))


def _cards(evaluation: Evaluation, images: np.ndarray) -> str:
    low, high = float(np.nanmin(images)), float(np.nanmax(images))
    cards = [_card(evaluation, k, images[k], low, high) for k in range(len(images))]
    shown = f'<ul class="cards">{"".join(cards[:_SHOWN])}</ul>'
    if len(cards) > _SHOWN:
        rest = "".join(cards[_SHOWN:])
        shown += f'<details><summary>{len(cards) - _SHOWN} more</summary><ul class="cards">{rest}</ul></details>'
    return shown


def _card(evaluation: Evaluation, k: int, image: np.ndarray, low: float, high: float) -> str:
    said, sure, true = _told(evaluation, k)
    row = int(evaluation.worst[k])
    pictures = [(image, f"Row {row}: predicted {said}, in truth {true}")]
    answer = evaluation.worst_prediction[k]
    if evaluation.task == "regression" and answer.size == image.size:  # an autoencoder: what it made of the picture
        pictures = [(image, f"Row {row}, as it is"), (answer.reshape(image.shape), f"Row {row}, as reproduced")]
    shown = "".join(
        f'<img src="{data_uri(pixels, low, high)}" alt="{escape(words, quote=True)}" width="88" height="88">'
        for pixels, words in pictures
    )
    caption = f"<b>{escape(said)}</b>{f' <small>{escape(sure)}</small>' if sure else ''}<br>"
    caption += f"<span>is {escape(true)}</span>" if true else ""
    return f'<li>{shown}<p>{caption} <small class="row">#{row}</small></p></li>'


def _told(evaluation: Evaluation, k: int) -> tuple[str, str, str]:
    """What was said, how sure, and what is true."""
    answer, target = evaluation.worst_prediction[k], evaluation.worst_target[k]
    if evaluation.task == "classification":
        classes, said = evaluation.classes or (), int(answer.argmax())
        return classes[said], f"{percent(float(answer[said]))} sure", classes[int(target)]
    if np.size(answer) == 1 and np.size(target) == 1:
        return number(float(np.ravel(answer)[0])), "", number(float(np.ravel(target)[0]))
    difference = np.asarray(answer, np.float64).ravel() - np.asarray(target, np.float64).ravel()
    return f"off by {number(float(np.sqrt(np.mean(difference**2))))}", "", ""


def _table(evaluation: Evaluation, scales: Any) -> str:
    features, columns, note = _features(evaluation, scales)
    head = "".join(f'<th scope="col" class="n">{escape(name)}</th>' for name in columns)
    rows = ""
    for k in range(min(_SHOWN, len(evaluation.worst))):
        said, sure, true = _told(evaluation, k)
        cells = "".join(f'<td class="n">{number(float(v))}</td>' for v in features[k]) if columns else ""
        rows += (
            f'<tr><th scope="row" class="n">#{int(evaluation.worst[k])}</th><td class="n"><b>{escape(said)}</b> '
            f'<small>{escape(sure)}</small></td><td class="n">{escape(true)}</td>{cells}</tr>'
        )
    return (
        '<div class="wide"><table><thead><tr><th scope="col" class="n">Row</th><th scope="col" class="n">Predicted</th>'
        f'<th scope="col" class="n">True</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        + (f"<p>{note}</p>" if note else "")
    )


def _features(evaluation: Evaluation, scales: Any) -> tuple[np.ndarray, list[str], str]:
    """The inputs of the worst rows, their names, and what has to be said of them."""
    x = evaluation.worst_x
    if x is None or x.ndim != 2 or x.dtype.kind not in "biuf":
        return np.empty((len(evaluation.worst), 0)), [], ""
    names = evaluation.feature_names or tuple(f"x{d}" for d in range(x.shape[1]))
    notes = []
    if scales is not None:
        raw = _in_own_units(x, scales)
        x = x if raw is None else raw
        notes.append("Inputs are standardised." if raw is None else "Inputs are in their own units.")
    more = x.shape[1] - _MOST_FEATURES
    if more > 0:
        notes.append(f"{more} more column{'' if more == 1 else 's'} not shown.")
    return x[:, :_MOST_FEATURES], list(names[:_MOST_FEATURES]), " ".join(notes)


def _in_own_units(x: np.ndarray, scales: Any) -> np.ndarray | None:
    """`x` before it was standardised; None where the record's scales do not fit it."""
    try:
        standardizer = Standardizer(mean=scales["mean"], scale=scales["scale"])
        raw = standardizer.invert(x)
    except (VitralError, TypeError, KeyError, ValueError):
        return None
    return np.where(np.abs(raw) < 1e-6 * standardizer.scale, 0.0, raw)  # the rounding of what was 0
