"""What every lab says of an answer that is none: the function is not there, raises, returns nothing, takes too long."""

import re
from collections.abc import Mapping
from dataclasses import replace

from vitral.course.labs.lab import Answer, Call, Verdict

# What Python says of a call whose arguments do not fit: of the function itself, not of what it calls.
_SIGNATURE = re.compile(r"^(?P<name>[\w.<>]+)\(\) (takes|missing|got (an unexpected|multiple))")
_NOT_DEFINED = re.compile(r"name '(?P<name>\w+)' is not defined")
_UNNAMED = {"missing": "missing", "timeout": "timeout", "crash": "crash", "refused": "refused"}


def trouble_verdict(call: Call, answer: Answer, expected: str) -> Verdict | None:
    """The verdict on an answer without a value, or with None as its value; None where there is a value to judge.

    Args:
        call: what was asked. answer: what came. expected: what should have come, as a short text.
    """
    if answer.trouble is None and answer.value is not None:
        return None
    hint, values = _hint_of(call, answer)
    return Verdict(is_right=False, hint=hint, values=values, call=call, expected=expected, got=_got(answer))


def with_place(verdict: Verdict, skipped: Mapping[str, str]) -> Verdict:
    """The verdict, saying where a name that was missing got its value in code that a check does not run.

    Args:
        verdict: from a judge. skipped: places by name, as `Submission.skipped`.
    """
    name = missing_name(verdict.values.get("message", "")) if verdict.hint == "raised_name" else ""
    if name not in skipped:
        return verdict
    return replace(verdict, hint="skipped_name", values={**verdict.values, "name": name, "place": skipped[name]})


def missing_name(message: str) -> str:
    """The name that Python says is not defined; "" where it says something else."""
    found = _NOT_DEFINED.search(message)
    return found["name"] if found else ""


def _hint_of(call: Call, answer: Answer) -> tuple[str, dict[str, str]]:
    function, trouble = call.function, answer.trouble
    if trouble in _UNNAMED:
        return _UNNAMED[trouble], {"function": function}
    if trouble == "raised":
        return _hint_of_raised(call, answer)
    if trouble is None or answer.kind == "NoneType":
        return "returns_none", {"function": function}
    if answer.kind == "type":
        return "returns_class", {"function": function}
    what = "not_callable" if trouble == "not callable" else "not_data"
    return what, {"function": function, "kind": answer.kind}


def _hint_of_raised(call: Call, answer: Answer) -> tuple[str, dict[str, str]]:
    message = answer.message.removeprefix(f"{answer.kind}: ")
    values = {"function": call.function, "kind": answer.kind, "message": message}
    found = _SIGNATURE.match(message)
    if answer.kind == "TypeError" and found:
        name = found["name"].rpartition(".")[2]
        # The returned function has a name of the student's own; what has a class before it is not the student's.
        is_inner = call.then is not None and "." not in found["name"].replace(".<locals>.", "")
        if name == call.function:
            return "signature", {**values, "n": str(len(call.arguments))}
        if is_inner and not name.startswith("__"):
            return "inner_signature", {**values, "n": str(len(call.then or ()))}
    if answer.kind == "NameError":
        return "raised_name", values
    if answer.kind in ("ImportError", "ModuleNotFoundError"):
        return "raised_import", values
    return ("not_written", values) if answer.kind == "NotImplementedError" else ("raised", values)


def _got(answer: Answer) -> str:
    if answer.trouble is None:
        return "None"
    if answer.trouble == "raised":
        message = answer.message.removeprefix(f"{answer.kind}: ")
        return f"{answer.kind}: {message}"
    return answer.kind or answer.message
