"""The words around a lesson, in the course's two languages."""

WORDS = {
    "en": {
        "lesson": "Lesson", "reading": "Reading", "lab": "Lab", "video": "Video in Spanish",
        "minutes": "min", "before": "Previous", "after": "Next", "other": "Español", "other_code": "es",
        "statement": "Statement", "measured": "Measured here", "holds": "Holds", "solution": "Solution", "why": "Why",
        "in_lesson": "In this lesson", "in_reading": "In this reading", "in_lab": "In this lab",
        "onward": "Other lessons", "preparing": "Getting the experiments ready…",
    },
    "es": {
        "lesson": "Lección", "reading": "Lectura", "lab": "Práctica", "video": "Vídeo",
        "minutes": "min", "before": "Anterior", "after": "Siguiente", "other": "English", "other_code": "en",
        "statement": "Afirmación", "measured": "Medido aquí", "holds": "Se cumple", "solution": "Solución",
        "why": "Por qué", "in_lesson": "En esta lección", "in_reading": "En esta lectura",
        "in_lab": "En esta práctica", "onward": "Otras lecciones",
        "preparing": "Preparando los experimentos…",
    },
}  # fmt: skip
