"""What runs in a student's sandbox: it takes the submission apart, computes what it is asked for, and sends data.

Started as a script: child.py FOLDER READ WRITE, FOLDER holding the package vitral, READ and WRITE being the numbers of
the two ends of pipes. Everything that it says on them is believed by nobody. Of what the student's code prints the
beginning goes with the answer.
"""

import contextlib
import importlib.util
import io
import os
import sys
import types
from dataclasses import replace
from pathlib import Path

MOST_PRINTED = 1200  # bytes


class Printed(io.RawIOBase):
    """Where `print` goes: the first bytes since the last `take` are kept, the others are lost."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1

    def write(self, data) -> int:  # pyright: ignore[reportIncompatibleMethodOverride] (any buffer)
        piece = memoryview(data).cast("B")
        self._kept += piece[: MOST_PRINTED - len(self._kept)]
        return len(piece)

    def take(self, stream: io.TextIOBase) -> str:
        with contextlib.suppress(ValueError):  # the student's code closed it
            stream.flush()
        kept, self._kept = bytes(self._kept), bytearray()
        return kept.decode("utf-8", "replace")


def main() -> None:
    folder, read_end, write_end = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sys.argv = [""]
    sys.path.insert(0, folder)
    # The course's own __init__ draws in what a child does not need, and a sandbox does not hold.
    stubs = ("vitral.course", "vitral.course.labs")
    for name in stubs:
        module = types.ModuleType(name)
        module.__path__ = [str(Path(folder).joinpath(*name.split(".")))]
        sys.modules[name] = module
    from vitral.course.labs import performing, submission, tensorflow_names, wire

    for name in stubs:
        del sys.modules[name]
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    printed = Printed()
    sys.stdout = out = io.TextIOWrapper(io.BufferedWriter(printed), "utf-8", errors="replace", write_through=True)
    source, sink = os.fdopen(read_end, "rb"), os.fdopen(write_end, "wb")

    def send(message: dict) -> None:
        sink.write(wire.encode(message))
        sink.flush()

    first = wire.read_frame(source.read)
    assert first is not None
    send({"id": first["id"], "is_started": True})
    try:
        taken = submission.take(first["content"].tobytes(), first["name"])
        has_tensorflow = importlib.util.find_spec("tensorflow") is not None
        namespace, troubles = submission.load(taken, *[] if has_tensorflow else [tensorflow_names.rewritten])
        report = {
            "refused": None,
            "troubles": [*taken.troubles, *troubles][:50],
            "skipped": dict([*taken.skipped.items()][:50]),
        }
    except submission.SubmissionError as error:
        why = {"key": error.note.key, "values": dict(error.note.values)}
        namespace, report = {}, {"refused": why, "troubles": [], "skipped": {}}
    send({"id": first["id"], "report": report})
    printed.take(out)
    while (message := wire.read_frame(source.read)) is not None:
        try:
            answer = performing.perform(namespace, wire.as_call(message["call"]))
            answer = replace(answer, printed=printed.take(out))
            frame = wire.encode({"id": message["id"], "answer": wire.answer_data(answer)})
        except BaseException as error:  # an interrupt that the student's code raised, or a value that is too large
            trouble = "not data" if isinstance(error, wire.WireError) else "raised"
            answer = performing.Answer(trouble=trouble, message=performing.one_line(error), kind=type(error).__name__)
            frame = wire.encode({"id": message["id"], "answer": wire.answer_data(answer)})
        sink.write(frame)
        sink.flush()


if __name__ == "__main__":
    main()
