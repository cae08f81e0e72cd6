"""The module "Neural networks": 21 lessons, a reading and 4 labs, in their order."""

from dataclasses import dataclass
from pathlib import Path

from vitral._checks import check_choice

LANGUAGES = ("es", "en")
_HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the syllabus.

    `number` is what a reader types ("1.2", "ref", "lab1"), `kind` lesson, reading or lab; `title` and `line` (what it
    is about, one line) are by language; `video` is the published video's address (in Spanish) and `minutes` its length,
    where there is one. `place` is the folder of a lesson that `add_lesson` brought from outside.

    Example:
        >>> ROWS[0].number, ROWS[0].slug, ROWS[0].folder.name
        ('1.1', '1-1', 'lesson_1_1')
    """

    number: str
    kind: str
    title: dict[str, str]
    line: dict[str, str]
    video: str | None = None
    minutes: int | None = None
    place: Path | None = None

    @property
    def slug(self) -> str:
        """The row in an address and in a folder's name: "1-2", "ref", "lab1"."""
        return self.number.replace(".", "-")

    @property
    def folder(self) -> Path:
        """Where the files of the lesson or lab are, or will be."""
        return self.place or _HERE.joinpath(*self.package.split(".")[2:])

    @property
    def package(self) -> str:
        """Under which name Python imports the files of the lesson or lab."""
        if self.kind == "lab":
            return f"vitral.course.labs.{self.slug}"
        return f"vitral.course.lessons.lesson_{self.slug.replace('-', '_')}"

    @property
    def is_ready(self) -> bool:
        """Whether the lesson or lab has been written, in all languages."""
        code = "__init__.py" if self.kind == "lab" else "lesson.py"
        return all((self.folder / name).is_file() for name in (code, *(f"{language}.md" for language in LANGUAGES)))


def _row(number: str, kind: str, es: str, en: str, video: str | None, minutes: int | None, *line: str) -> Row:
    address = f"https://youtu.be/{video}" if video else None
    return Row(
        number=number,
        kind=kind,
        title={"es": es, "en": en},
        line={"es": line[0], "en": line[1]},
        video=address,
        minutes=minutes,
    )


ROWS = (
    _row(
        "1.1", "lesson", "Introducción a las redes de neuronas artificiales",
        "Introduction to artificial neural networks", "G1ymySPlh-0", 17,
        "De la neurona biológica a la unidad umbral: qué decide una sola unidad, y qué no podrá decidir nunca.",
        "From the biological neuron to the threshold unit: what a single unit can decide, and what it never will.",
    ),
    _row(
        "1.2", "lesson", "Entrenamiento del perceptrón", "Training the perceptron", "9wD-o2mHgyM", 11,
        "La regla de Rosenblatt: cada error gira la recta. Cuántos errores harán falta, y cuándo no acabará nunca.",
        "Rosenblatt's rule: each mistake turns the line. How many mistakes it will take, and when it never ends.",
    ),
    _row(
        "1.3", "lesson", "Perceptrón multicapa", "The multilayer perceptron", "zS5WRTl8uvo", 14,
        "Unidades en capas: qué se puede dibujar con más anchura y con más profundidad.",
        "Units in layers: what more width and more depth can draw.",
    ),
    _row(
        "1.4", "lesson", "Backpropagation", "Backpropagation", "D8W1xryHKGo", 11,
        "La regla de la cadena, número a número, en una red que puedes cambiar.",
        "The chain rule, number by number, on a network that you can change.",
    ),
    _row(
        "1.5", "lesson", "Funciones de activación", "Activation functions", "Lq0GXDxVNP0", 7,
        "El catálogo con sus derivadas: dónde se saturan, y qué tiene softmax que no tienen las demás.",
        "The catalogue with its derivatives: where they saturate, and what softmax has that the others do not.",
    ),
    _row(
        "1.6", "lesson", "Esquemas de entrenamiento", "Training schemes", "yFh4qIBW86s", 17,
        "Por lotes, por minilotes o en línea: la misma red, el mismo tiempo, tres caminos.",
        "Batch, mini-batch or online: the same network, the same time, three paths.",
    ),
    _row(
        "1.7", "lesson", "Sobreajuste", "Overfitting", "Vekgrq60Xx4", 15,
        "Cuándo una red memoriza en lugar de aprender, y cuatro maneras de impedirlo.",
        "When a network memorises instead of learning, and four ways to prevent it.",
    ),
    _row(
        "1.8", "lesson", "Introducción a Keras", "Introduction to Keras", "KwUiDqhwTcc", 22,
        "La misma red escrita de tres formas, con los mismos pesos hasta el último paso.",
        "The same network written in three ways, with the same weights to the last step.",
    ),
    _row(
        "ref", "reading", "Clasificación logística con entropía cruzada",
        "Logistic classification with cross-entropy loss", None, None,
        "La deducción completa, en vivo: probabilidad, verosimilitud, pérdida y gradiente.",
        "The whole derivation, live: probability, likelihood, loss and gradient.",
    ),
    _row(
        "lab1", "lab", "Función de pérdida a medida", "Customized loss function", "_1nEydN1d-s", 6,
        "Una entropía cruzada ponderada escrita a mano, y lo que cada penalización hace a los pesos.",
        "A weighted cross-entropy written by hand, and what each penalty does to the weights.",
    ),
    _row(
        "2.1", "lesson", "Introducción a autoencoders", "Introduction to autoencoders", "k24X6la0vaU", 14,
        "Aprender sin etiquetas: reconstruir la entrada a través de un cuello de botella.",
        "Learning without labels: rebuilding the input through a bottleneck.",
    ),
    _row(
        "2.2", "lesson", "Autoencoders en TensorFlow", "Autoencoders in TensorFlow and Keras", "OFcST3ndQ4g", 9,
        "Construir uno, entrenarlo y ver dónde coloca los datos nuevos.",
        "Building one, training it, and seeing where it places new data.",
    ),
    _row(
        "2.3", "lesson", "Interpretabilidad", "Interpretability of autoencoders", "o9kUgnxmsfI", 13,
        "Los pesos como imágenes: a qué responde cada unidad.",
        "Weights as images: what each unit responds to.",
    ),
    _row(
        "2.4", "lesson", "Interpretabilidad (2)", "Interpretability (2)", "2W27N9iEzek", 4,
        "Lo que una imagen de los pesos enseña, y lo que no.",
        "What a picture of the weights shows, and what it does not.",
    ),
    _row(
        "2.5", "lesson", "Denoising autoencoders", "Denoising autoencoders", "U6QHAX8cx0w", 10,
        "Quitar el ruido, incluso cuando no existen datos limpios.",
        "Removing noise, even when no clean data exist.",
    ),
    _row(
        "lab2", "lab", "Autoencoder disperso", "Sparse autoencoders", "6njflcFHjW8", 9,
        "La pérdida dispersa, primero en NumPy y después en Keras: unidades que se especializan.",
        "The sparse loss, first in NumPy and then in Keras: units that specialise.",
    ),
    _row(
        "3.1", "lesson", "Problemas multimodales", "Multimodal problems", "shfKOfA1Cxc", 11,
        "Una imagen y un vector para cada objeto: cuánto ayuda la segunda fuente.",
        "An image and a vector for each object: how much the second source helps.",
    ),
    _row(
        "3.2", "lesson", "Arquitecturas multimodales en TensorFlow", "Multimodal architectures in TensorFlow and Keras",
        "tBiMNVH4yF8", 15,
        "La API funcional: dónde unir las fuentes, y qué hacer cuando falta una.",
        "The functional API: where to join the sources, and what to do when one is missing.",
    ),
    _row(
        "lab3", "lab", "Clasificación de pares de imágenes", "Pair-wise image classification", "H6u5ECdNaRA", 9,
        "Dos imágenes, una respuesta: ¿son de la misma clase?",
        "Two images, one answer: are they of the same class?",
    ),
    _row(
        "4.1", "lesson", "El gradiente desvaneciente", "The vanishing gradient", "pkR-D7GwDTY", 15,
        "Por qué las primeras capas de una red profunda apenas aprenden, medido capa a capa.",
        "Why the first layers of a deep network hardly learn, measured layer by layer.",
    ),
    _row(
        "4.2", "lesson", "Histogramas de pesos", "Weight histograms", "9HH8kpEkN8I", 8,
        "Seguir los pesos durante el entrenamiento.",
        "Following the weights through training.",
    ),
    _row(
        "4.3", "lesson", "Con TensorBoard", "Observing it with TensorBoard", "jsuYeOGUJng", 15,
        "El mismo entrenamiento en TensorBoard, y qué dice cada panel.",
        "The same training in TensorBoard, and what each panel says.",
    ),
    _row(
        "5.1", "lesson", "Estrategias para acelerar el entrenamiento", "Strategies to accelerate training",
        "Gv_m-u-G7pI", 6,
        "Activación, inicialización, normalización, optimizador, tamaño del lote: qué acelera de verdad.",
        "Activation, initialisation, normalisation, optimizer, batch size: what truly speeds things up.",
    ),
    _row(
        "5.2", "lesson", "Inicialización de pesos", "Weight initialisation", "dSsqXY_ypNQ", 18,
        "La varianza a través de las capas: LeCun, Glorot y He, deducidas y medidas.",
        "Variance through the layers: LeCun, Glorot and He, derived and measured.",
    ),
    _row(
        "5.3", "lesson", "Efectos de la inicialización", "Observing the effects of initialisation", "-PVjugMJ9No", 18,
        "Pesos demasiado pequeños, adecuados y demasiado grandes, antes y después de entrenar.",
        "Weights too small, right and too large, before and after training.",
    ),
    _row(
        "lab4", "lab", "Callbacks", "Callbacks", "AiUBwWV3tgs", 8,
        "Callbacks que anotan, en cada época, cómo son los pesos y las activaciones.",
        "Callbacks that record, in each epoch, what the weights and activations look like.",
    ),
)  # fmt: skip


added: dict[str, Row] = {}
"""By number, what `add_lesson` has added in this process."""


def rows() -> tuple[Row, ...]:
    """The course's own, and after them those that were added."""
    return (*ROWS, *added.values())


def row(number: str) -> Row:
    """The row of a number as a reader types it: "1.2", "ref", "lab1"; "1-2" and capitals are fine too.

    Example:
        >>> row("1-2").title["en"]
        'Training the perceptron'
    """
    wanted = str(number).lower().replace("-", ".")
    by_number = {row.number: row for row in rows()}
    return by_number[check_choice("number", wanted, by_number)]


def ready_rows() -> tuple[Row, ...]:
    """The rows that can be opened as lessons; labs have a page and a starter instead, `ready_labs` has them.

    Example:
        >>> [row.number for row in ready_rows()][:3]
        ['1.1', '1.2', '1.3']
    """
    return tuple(row for row in rows() if row.is_ready and row.kind != "lab")


def ready_labs() -> tuple[Row, ...]:
    """The labs that can be started.

    Example:
        >>> ready_labs()[0].title["en"]
        'Customized loss function'
    """
    return tuple(row for row in rows() if row.is_ready and row.kind == "lab")
