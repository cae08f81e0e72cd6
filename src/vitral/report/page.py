"""The page: sections in the order in which one asks.

How good? How did it get there? What does it mistake? What went on inside? What is it?

Everything that comes from a run is escaped. The page asks for nothing outside itself, and a Content-Security-Policy
holds the browser to that.
"""

import contextlib
import os
import random
import re
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from vitral._errors import ArgumentError, RunFolderError
from vitral.report.code import plain_keras, quoted
from vitral.report.inside import inside_html
from vitral.report.mistakes import mistakes_html, worst_html
from vitral.report.verdict import baseline, duration, number, percent, verdict
from vitral.runs import Evaluation, Run, is_higher_better
from vitral.runs.folder import REPORT, write_file
from vitral.runs.store import MODEL
from vitral.views.svg import Series, line_chart

_ACRONYMS = ("mae", "mse", "rmse", "auc", "mape")
_TRY = (
    "Try a learning rate ten times smaller.",
    "Scale the inputs to about zero mean and unit spread.",
    "Clip the gradients: clipnorm=1.0 in the optimizer.",
)


def write_report(run: Run, path: str | os.PathLike[str] | None = None) -> Path:
    """Write the report of a run as one HTML file that needs nothing else.

    Args:
        run: any run; its model is loaded if it was opened from disk.
        path: the file; None takes `report.html` in the run's folder. A folder takes `report.html` in it.

    Returns:
        The absolute path. The file appears whole or not at all.

    Raises:
        ArgumentError: no path given and the run has no folder.
        RunFolderError: the file cannot be written there.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> import vitral
        >>> from vitral import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> run = vitral.fit(model, np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     vitral.write_report(run, folder).name
        'report.html'
    """
    if not isinstance(run, Run):
        raise ArgumentError(
            f"run must be a Run: got {type(run).__name__}. Open a saved one with vitral.open_run(path)."
        )
    if path is None and run.path is None:
        raise ArgumentError("path must be given for a run without a folder. Save it first, or name the report's file.")
    file = Path(path).expanduser().absolute() if path is not None else Path(str(run.path)) / REPORT
    if file.is_dir():
        file = file / REPORT
    if not file.parent.is_dir():
        raise RunFolderError(f"path must be in an existing folder: {str(file.parent)!r} is none. Make it first.")
    with _same_random_numbers():
        content = build_page(run)
    write_file(file, content.encode("utf-8", "replace"))
    return file


def build_page(run: Run) -> str:
    """The whole page as text."""
    css = files("vitral.report").joinpath("report.css").read_text(encoding="utf-8")
    evaluation = run.evaluation  # asked for once: each time, all weights are looked at
    sentence = verdict(run, evaluation)
    answers = evaluation if _has_answers(evaluation) else None
    model, trouble = _model(run)
    sections = [
        _header(run, evaluation, sentence),
        "<main>",
        _message(run),
        _tiles(run, evaluation, model),
        _curves(run),
        mistakes_html(answers),
        worst_html(answers, run.data.get("standardizer")),
        inside_html(run),
        _layers(model, trouble),
        _settings(run),
        _use(run, model),
        "</main>",
        f"<footer>Written by Vitral {escape(run.versions.get('vitral', ''))}. "
        "This page is complete in itself: it works offline and asks for nothing.</footer>",
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(sentence)}</title>\n<style>\n{css}</style>\n</head>\n<body>\n"
        + "\n".join(section for section in sections if section)
        + "\n</body>\n</html>\n"
    )


def _has_answers(evaluation: Evaluation | None) -> bool:
    """Whether the network answers with numbers at all: after a divergence every one of them is NaN."""
    if evaluation is None:
        return False
    found = evaluation.prediction if evaluation.prediction is not None else evaluation.worst_prediction
    return bool(np.isfinite(np.asarray(found, np.float64)).any()) or not np.size(found)


@contextlib.contextmanager
def _same_random_numbers() -> Iterator[None]:
    """Loading and describing layers draws seeds; a training after the report shall not notice."""
    python_state, numpy_state = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)


def _model(run: Run) -> tuple[Any, str | None]:
    """The model, or why there is none to describe."""
    try:
        return run.model, None if run.model is not None else "The run holds no model."
    except RunFolderError as error:
        return None, str(error)


# ---------------------------------------------------------------- the top


def _header(run: Run, evaluation: Evaluation | None, sentence: str) -> str:
    name = run.data.get("name")
    facts = [str(name)] if name else []
    facts += [f"{run.engine} engine", run.started[:16].replace("T", " ") + " UTC"]
    beside = baseline(evaluation) if run.status != "diverged" else None
    return (
        '<header><p class="mark"><svg viewBox="0 0 32 32" aria-hidden="true">'
        '<path class="a" d="M3 15 V14 A13 13 0 0 1 15 2 V15z"/>'
        '<path class="b" d="M17 2 A13 13 0 0 1 29 14 V19 L17 12z"/>'
        '<path class="c" d="M3 17 H15 V30 H3z"/><path class="d" d="M17 14.5 L29 21.5 V30 H17z"/></svg>Vitral'
        f'<span>run report</span></p>\n<h1>{escape(sentence)}</h1>\n<p class="facts">{escape(" · ".join(facts))}</p>'
        + (f"\n<p class='beside'>{escape(beside)}</p>" if beside else "")
        + "</header>"
    )


def _message(run: Run) -> str:
    if run.status == "done" and not run.message:
        return ""
    titles = {"diverged": "Training diverged", "interrupted": "Stopped before the end", "done": "Note"}
    needs_advice = run.status == "diverged" and "Try " not in (run.message or "")  # fit's own sentence has it
    hints = "".join(f"<li>{escape(h)}</li>" for h in _TRY) if needs_advice else ""
    text = f"<p>{escape(run.message)}</p>" if run.message else ""
    if run.status == "interrupted" and not text:
        text = "<p>The model holds the weights of the last finished epoch.</p>"
    return (
        f'<section class="message {escape(run.status)}" aria-label="Status"><h2>{titles[run.status]}</h2>{text}'
        f"{f'<ul>{hints}</ul>' if hints else ''}</section>"
    )


def _tiles(run: Run, evaluation: Evaluation | None, model: Any) -> str:
    tiles: list[tuple[str, str, str]] = []
    if evaluation is not None:
        beside = f"{evaluation.part}, {evaluation.n:,} rows"
        for name, value in list((evaluation.residuals or {}).items())[:3]:
            if not np.isfinite(value):
                continue
            tiles.append(({"mae": "Mean error", "rmse": "RMSE", "r2": "R²"}[name], number(value), beside))
        for name, value in evaluation.scores.items():
            if name in ("mae", "mean_absolute_error") or not isinstance(value, float) or len(tiles) > 3:
                continue
            if not np.isfinite(value):
                continue
            shown = percent(value) if "acc" in name and 0 <= value <= 1 else number(value)
            tiles.append((_words(name), shown, beside))
    tiles.append(("Epochs", f"{len(run.epoch):,}", _planned(run)))
    compiling = f"{duration(run.compile_seconds)} of it compiling" if run.compile_seconds else ""
    tiles.append(("Training time", duration(run.seconds), compiling))
    if model is not None and model.built:
        tiles.append(("Parameters", f"{model.count_params():,}", f"{len(model.layers)} layers"))
    items = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
        for label, value, note in tiles
    )
    return f'<dl class="tiles">{items}</dl>'


def _planned(run: Run) -> str:
    planned = run.settings.get("epochs")
    return f"of {planned:,} planned" if isinstance(planned, int) and planned != len(run.epoch) else ""


# ---------------------------------------------------------------- learning curves


def _curves(run: Run) -> str:
    metrics = [name for name in run.history if not name.startswith("val_") or name[4:] not in run.history]
    metrics.sort(key=lambda name: (name != "loss", name == "learning_rate"))
    charts = [chart for chart in (_chart(run, name) for name in metrics) if chart]
    if not charts:
        return ""
    return (
        f'<section><h2>Learning curves</h2><div class="charts">{"".join(charts)}</div>'
        '<p class="hint">Point at a curve for its values.</p></section>'
    )


def _chart(run: Run, metric: str) -> str:
    series = []
    for key, name, role in ((metric, "training", "train"), (f"val_{metric}", "validation", "validation")):
        values = run.history.get(key)
        if not values or not all(isinstance(v, int | float | np.number) for v in values):
            continue
        points = list(zip(run.epochs_of(key), map(float, values), strict=True))
        if not np.isfinite([value for _, value in points]).any():
            continue
        best = run.summary()["metrics"][key]["best_epoch"] if role == "validation" else None
        series.append(Series(name=name, role=role, points=points, marked=best))
    if not series:
        return ""
    title = _words(metric)
    legend = "".join(f'<span class="key {s.role}">{s.name}</span>' for s in series) if metric != "learning_rate" else ""
    best = _best_words(run, metric)
    return (
        f"<figure><figcaption><strong>{escape(title)}</strong>{legend}</figcaption>"
        f"{line_chart(series, title=title, x_label='epoch')}"
        f"{f'<p class=best>{escape(best)}</p>' if best else ''}</figure>"
    )


def _best_words(run: Run, metric: str) -> str:
    found = run.summary()["metrics"].get(f"val_{metric}")
    if not found or found["best"] is None:
        return ""
    word = "highest" if is_higher_better(metric) else "lowest"
    return f"Validation {word} at epoch {found['best_epoch']}: {number(found['best'])}"


# ---------------------------------------------------------------- the network, the settings, the environment


def _layers(model: Any, trouble: str | None) -> str:
    from vitral.report.layers import layer_rows

    if model is None:
        return f"<section><h2>Network</h2><p>{escape(trouble or '')}</p></section>"
    rows = layer_rows(model)
    total = sum(row.parameters for row in rows) or 1
    body = "".join(
        f'<tr><th scope="row">{escape(row.name)}</th><td>{escape(row.kind)}</td><td>{escape(row.activation)}</td>'
        f'<td class="n">{escape(row.output)}</td><td class="n">{row.parameters:,}'
        f"{'' if row.trainable else ' <small>frozen</small>'}</td>"
        f'<td class="bar"><i style="width:{100 * row.parameters / total:.1f}%"></i></td></tr>'
        for row in rows
    )
    frozen = sum(int(np.prod(w.shape)) for w in model.non_trainable_weights)
    note = f", {frozen:,} of them not trained" if frozen else ""
    kind = type(model).__name__
    if not re.fullmatch(rf"{kind.lower()}(_\d+)?", str(model.name)):  # a name that somebody chose
        kind = f"{model.name} ({kind})"
    return (
        f"<section><h2>Network</h2><p>{escape(kind)}, {model.count_params():,} parameters{note}.</p>"
        '<div class="wide"><table class="layers"><thead><tr><th scope="col">Layer</th><th scope="col">Kind</th>'
        '<th scope="col">Activation</th><th scope="col" class="n">Output</th><th scope="col" class="n">Parameters</th>'
        f"<td></td></tr></thead><tbody>{body}</tbody></table></div></section>"
    )


def _settings(run: Run) -> str:
    settings = {k: v for k, v in run.settings.items() if v is not None}
    settings["seed"] = "none set" if run.seed is None else run.seed
    data = {k: v for k, v in run.data.items() if v is not None and k not in ("sha256", "load")}
    environment = {**run.versions, "backend": run.backend, "engine": f"{run.engine}: {run.engine_reason}"}
    environment["data SHA-256"] = run.data.get("sha256") or "not taken"
    return (
        '<section class="lists"><div><h2>Settings</h2>'
        f"{_list(settings)}</div><div><h2>Data</h2>{_list(data)}</div>"
        f"<div><h2>Environment</h2>{_list(environment, as_it_is=True)}</div></section>"
    )


def _list(values: dict[str, Any], *, as_it_is: bool = False) -> str:
    if not values:
        return "<p>Nothing is known.</p>"
    named = {str(k) if as_it_is else _words(k): _shown(v) for k, v in values.items()}
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(told)}</dd></div>" for name, told in named.items())
    return f"<dl>{items}</dl>"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict) and "class_name" in value:
        config: Any = value.get("config") if isinstance(value.get("config"), dict) else {}
        told = {k: v for k, v in config.items() if v not in (None, False) and k != "name"}
        inside = ", ".join(f"{k} {_shown(v)}" for k, v in told.items())
        return f"{value['class_name']}{f' ({inside})' if inside else ''}"
    if isinstance(value, dict):
        return ", ".join(f"{k} {_shown(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        joint = " × " if value and all(isinstance(v, int) for v in value) else ", "
        return joint.join(_shown(v) for v in value) or "none"
    return str(value)


# ---------------------------------------------------------------- code


def _predict(run: Run) -> str:
    if run.data.get("standardizer") is None:
        return "run.model.predict(x)  # the trained Keras model"
    names = run.data.get("feature_names")
    of = f": {' '.join(', '.join(map(str, names)).split())}" if isinstance(names, list) and len(names) <= 8 else ""
    return f"run.model.predict(run.prepare(x))  # x in its own units{of}"


def _use(run: Run, model: Any) -> str:
    place = str(run.path) if run.path else "the/run/folder"
    opening = (
        "import vitral\n\n"
        f"run = vitral.open_run({quoted(place)})\n"
        f"{_predict(run)}\n"
        "run.history           # as Keras's History has it"
    )
    without = f"import keras\n\nmodel = keras.saving.load_model({quoted(f'{place}/{MODEL}')})"
    load = (
        "<section><h2>Use it</h2>"
        f"<p>With Vitral:</p>{_code(opening)}<p>With Keras alone:</p>{_code(without)}"
        f"{'' if run.path else '<p>This run was not saved: call run.save(folder) first.</p>'}</section>"
    )
    if model is None:
        return load
    code = plain_keras(run)
    if code.exact:
        same = (
            "On the same versions and machine this gives this run's weights to the last bit, provided that its model "
            f"was built right after keras.utils.set_random_seed({run.seed}), as here."
        )
    elif run.seed is None:
        same = "The run had no seed, so other random numbers, and other weights, come out."
    else:
        same = (
            "The same training; its weights may differ: callbacks, code of your own or an earlier training had a part."
        )
    return f"{load}<section><h2>The same in plain Keras</h2><p>{escape(same)}</p>{_code(code.source)}</section>"


def _code(source: str) -> str:
    return f'<pre tabindex="0"><code>{escape(source.rstrip())}</code></pre>'


def _words(name: str) -> str:
    """`val_loss` as a reader says it."""
    text = str(name).replace("_", " ").strip()
    return text.upper() if text in _ACRONYMS else text[:1].upper() + text[1:]
