"""What the course's commands say, in the course's two languages; options, help and errors are in English."""

COURSE = {
    "en": {
        "taken": "Port {usual} is taken: the course is on {bound}.",
        "open": "The course is open: ",
        "others": "Other machines need this whole address, once; whoever has it can use this computer's lessons.",
        "end": "Ctrl-C ends it.",
        "goodbye": "The course is closed. See you soon!",
    },
    "es": {
        "taken": "El puerto {usual} está ocupado: el curso está en el {bound}.",
        "open": "El curso está abierto: ",
        "others": (
            "Los demás ordenadores necesitan esta dirección completa, una sola vez; quien la tenga podrá usar las "
            "lecciones de este."
        ),
        "end": "Ctrl-C lo cierra.",
        "goodbye": "El curso queda cerrado. ¡Hasta pronto!",
    },
}

CLAIMS = {
    "en": {
        "statement": "Statement",
        "measured": "Measured",
        "holds": "Holds",
        "all": "All {n} claims hold.",
        "some": "Claims that do not hold: {bad} of {n}.",
    },
    "es": {
        "statement": "Afirmación",
        "measured": "Medido",
        "holds": "Se cumple",
        "all": "Se cumplen las {n} afirmaciones.",
        "some": "Afirmaciones que no se cumplen: {bad} de {n}.",
    },
}

LAB = {
    "en": {
        "all": "All {n} tasks are right. Well done!",
        "some": "{right} of {n} tasks are right.",
        "trouble": "Not read or not run: {trouble}",
    },
    "es": {
        "all": "Las {n} tareas están bien. ¡Enhorabuena!",
        "some": "Tareas bien resueltas: {right} de {n}.",
        "trouble": "Sin leer o sin ejecutar: {trouble}",
    },
}


def claims_verdict(language: str, *, n: int, bad: int) -> str:
    """How so many claims came out, in a sentence."""
    return CLAIMS[language]["some" if bad else "all"].format(n=n, bad=bad)
