"""The widgets' own words, in the course's two languages."""

from vitral._checks import check_choice

_WORDS = {
    "en": {
        "play": "Play", "pause": "Pause", "back": "Step back", "forward": "Step forward", "restart": "Start again",
        "frame": "Step", "of": "of", "stop": "Stop", "running": "Computing…", "stopped": "Stopped.",
        "failed": "This could not be computed.",
        "needs_python": "These controls work in the live course: vitral course",
        "add": "A click adds a point of class", "remove": "A click on a point removes it.", "check": "Check",
        "commit": "That is my guess", "guess": "Your guess", "right": "Right.", "not_so": "Not so.",
        "measured": "Measured", "clear": "Remove all points", "edit": "Type a number", "yes": "yes", "no": "no",
        "weight": "weight", "bias": "bias", "unit": "unit", "input": "input", "activation": "activation",
        "waiting": "Measuring…", "table": "Values as a table",
        "wrong_side": "on the wrong side", "added": "Point added. Points:", "removed": "Point removed. Points:",
        "keys": "Arrow keys move a cross, with Shift by small steps; Enter clicks there.",
        "full": "There is no room for more points: there are {n}. Remove one first.",
        "move": "Drag it to move it.", "pick": "A click sets the starting point.",
        "loss": "loss",
        "curve": "curve", "from": "from", "to": "to",
        "keys_read": "Arrow keys read out the values.", "keys_set": "Arrow keys move it, with Shift by small steps.",
        "network": "Network", "value": "value", "weight_positive": "positive weight",
        "weight_negative": "negative weight", "gradient_positive": "positive derivative",
        "gradient_negative": "negative derivative", "edit_hint": "Click a number to change it.",
        "edit_hint_inputs": "Click an input to change it.", "not_a_number": "Not a number: it stays at {value}.",
        "layer_input": "inputs", "layer_hidden": "hidden", "layer_output": "outputs",
        "training": "Training", "train": "training", "validation": "validation", "epoch": "Epoch", "metric": "Metric",
        "accuracy": "accuracy", "one_epoch": "One epoch", "paused": "Paused", "done": "Done", "left": "{time} left",
        "log_scale": "logarithmic scale", "training_failed": "The training has failed.",
        "diverged": "The loss became NaN or infinite in epoch {epoch}. A smaller learning rate often helps.",
    },
    "es": {
        "play": "Reproducir", "pause": "Pausar", "back": "Un paso atrás", "forward": "Un paso adelante",
        "restart": "Volver al principio", "frame": "Paso", "of": "de", "stop": "Detener", "running": "Calculando…",
        "stopped": "Detenido.", "failed": "No se ha podido calcular.",
        "needs_python": "Estos controles funcionan en el curso en vivo: vitral course",
        "add": "Un clic añade un punto de la clase", "remove": "Un clic sobre un punto lo quita.",
        "check": "Comprobar", "commit": "Esta es mi apuesta", "guess": "Tu apuesta", "right": "Correcto.",
        "not_so": "No es así.", "measured": "Medido", "clear": "Quitar todos los puntos", "edit": "Escribe un número",
        "yes": "sí", "no": "no", "weight": "peso", "bias": "sesgo", "unit": "unidad", "input": "entrada",
        "activation": "activación", "waiting": "Midiendo…", "table": "Los valores en una tabla",
        "wrong_side": "en el lado equivocado", "added": "Punto añadido. Puntos:",
        "removed": "Punto quitado. Puntos:",
        "keys": "Las flechas mueven una cruz, a pasos pequeños con Mayús; Intro hace clic en ella.",
        "full": "No caben más puntos: ya hay {n}. Quita antes alguno.",
        "move": "Arrástralo para moverlo.", "pick": "Un clic fija el punto de partida.", "loss": "pérdida",
        "curve": "curva", "from": "de", "to": "a", "keys_read": "Con las flechas se leen los valores.",
        "keys_set": "Las flechas lo mueven, a pasos pequeños con Mayús.",
        "network": "Red", "value": "valor", "weight_positive": "peso positivo", "weight_negative": "peso negativo",
        "gradient_positive": "derivada positiva", "gradient_negative": "derivada negativa",
        "edit_hint": "Haz clic en un número para cambiarlo.",
        "edit_hint_inputs": "Haz clic en una entrada para cambiarla.",
        "not_a_number": "No es un número: se queda en {value}.",
        "layer_input": "entradas", "layer_hidden": "oculta", "layer_output": "salidas",
        "training": "Entrenamiento", "train": "entrenamiento", "validation": "validación", "epoch": "Época",
        "metric": "Métrica", "accuracy": "aciertos", "one_epoch": "Una época", "paused": "En pausa",
        "done": "Terminado", "left": "tiempo restante: {time}", "log_scale": "escala logarítmica",
        "training_failed": "El entrenamiento ha fallado.",
        "diverged": "La pérdida ha dejado de ser un número finito en la época {epoch}. Suele ayudar una tasa de "
        "aprendizaje más pequeña.",
    },
}  # fmt: skip


def words_in(language: str) -> dict[str, str]:
    """The words of a language, "es" or "en"."""
    return dict(_WORDS[check_choice("language", language, _WORDS)])
