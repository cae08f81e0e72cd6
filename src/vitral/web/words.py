"""Every word of the gallery and of its notices, in both languages."""

WORDS = {
    "en": {
        "title": "Neural networks, seen through",
        "description": (
            "A course on neural networks in 21 lessons, a reading and 4 labs: live experiments on your own machine, "
            "and every statement measured."
        ),
        "lead": (
            "Move a control and the network answers: here, on your own machine, while you watch. "
            "What a lesson states, it measures in front of you."
        ),
        "skip": "Skip to the lessons",
        "other": "Español",
        "other_code": "es",
        "ready_count": "{ready} of {all} ready to open",
        "start": "Start here",
        "chapter": "Chapter",
        "added": "Added on this machine",
        "lesson": "Lesson",
        "reading": "Reading",
        "lab": "Lab",
        "video_of": "Video of “{title}”, in Spanish, {minutes} min, on YouTube",
        "minutes": "min",
        "soon": "in preparation",
        "foot": (
            "Everything runs on this machine; nothing is sent anywhere. The videos, in Spanish, open on YouTube, "
            "and only if you press their link."
        ),
        "back": "Back to the course",
        "lab_how": "How to do it",
        "lab_start": "This writes a notebook with the statement, a place for each task, and cells that check it:",
        "lab_check": "This checks all the tasks at once, and gives a hint for those that are not right yet:",
        "lab_formats": (
            "The notebook is Jupyter's; with <code>--format marimo</code> or <code>--format py</code> it is marimo's, "
            "or a script. Check as often as you like: it runs on your machine, and nobody sees it."
        ),
    },
    "es": {
        "title": "Redes de neuronas, a través del cristal",
        "description": (
            "Un curso de redes de neuronas en 21 lecciones, una lectura y 4 prácticas: experimentos en vivo en tu "
            "propio ordenador, y cada afirmación medida."
        ),
        "lead": (
            "Mueve un control y la red responde: aquí, en tu propio ordenador, mientras miras. "
            "Lo que una lección afirma, lo mide delante de ti."
        ),
        "skip": "Ir a las lecciones",
        "other": "English",
        "other_code": "en",
        "ready_count": "{ready} de {all} listas para abrir",
        "start": "Empieza aquí",
        "chapter": "Tema",
        "added": "Añadidas en este ordenador",
        "lesson": "Lección",
        "reading": "Lectura",
        "lab": "Práctica",
        "video_of": "Vídeo de «{title}», {minutes} min, en YouTube",
        "minutes": "min",
        "soon": "en preparación",
        "foot": (
            "Todo se calcula en este ordenador; nada sale de él. Los vídeos se abren en YouTube, "
            "y solo si pulsas su enlace."
        ),
        "back": "Volver al curso",
        "lab_how": "Cómo se hace",
        "lab_start": "Esto escribe un cuaderno con el enunciado, un hueco para cada tarea y celdas que la comprueban:",
        "lab_check": "Esto comprueba todas las tareas a la vez y da una pista para las que aún no estén bien:",
        "lab_formats": (
            "El cuaderno es de Jupyter; con <code>--format marimo</code> o <code>--format py</code> es de marimo, o un "
            "programa. Comprueba tantas veces como quieras: se ejecuta en tu ordenador y no lo ve nadie."
        ),
    },
}

CHAPTERS = {
    "1": {"en": "From one unit to a network that learns", "es": "De una sola unidad a una red que aprende"},
    "2": {"en": "Autoencoders: learning without labels", "es": "Autoencoders: aprender sin etiquetas"},
    "3": {"en": "Several sources, one answer", "es": "Varias fuentes, una sola respuesta"},
    "4": {"en": "Inside a training", "es": "El entrenamiento por dentro"},
    "5": {"en": "Training faster", "es": "Entrenar más deprisa"},
}

NOTICES = {
    "missing": {
        "en": ("There is no such page", "The address has no lesson behind it: perhaps a letter is missing."),
        "es": ("Esta página no existe", "En esa dirección no hay ninguna lección: quizá falta una letra."),
    },
    "soon": {
        "en": ("This lesson is still being written", "It will open here when it is ready."),
        "es": ("Esta lección se está escribiendo", "Se abrirá aquí cuando esté lista."),
    },
    "failed": {
        "en": (
            "Something went wrong here",
            "The page could not be made. The window that the course was started from says why.",
        ),
        "es": (
            "Algo ha fallado",
            "No se ha podido hacer la página. La ventana desde la que se inició el curso dice por qué.",
        ),
    },
    "full": {
        "en": (
            "The course is full",
            "As many lessons are open as the course allows at once. Close one, or try again in a minute.",
        ),
        "es": (
            "Está completo",
            "Ya hay abiertas tantas lecciones como permite el curso. Cierra una, o prueba dentro de un minuto.",
        ),
    },
    "stranger": {
        "en": (
            "This page needs its key",
            "Open the whole address shown when the course started: it ends in ?token=… and is needed only once.",
        ),
        "es": (
            "Esta página necesita su clave",
            "Abre la dirección completa que apareció al iniciar el curso: acaba en ?token=… y solo hace falta una vez.",
        ),
    },
    "elsewhere": {
        "en": ("This is not the course's address", "Open the address shown when the course started."),
        "es": ("Esta no es la dirección del curso", "Abre la dirección que apareció al iniciar el curso."),
    },
    "foreign": {
        "en": ("Only the course's own pages may do this", "Open the lesson from the course."),
        "es": ("Esto solo pueden hacerlo las páginas del curso", "Abre la lección desde el curso."),
    },
    "unused": {
        "en": ("Lessons do not do this", "A lesson shows and computes; it saves, runs and reads nothing else."),
        "es": ("Las lecciones no hacen esto", "Una lección muestra y calcula; no guarda, ejecuta ni lee nada más."),
    },
}
