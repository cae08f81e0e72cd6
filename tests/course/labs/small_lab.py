# ruff: noqa: E501
"""A lab that needs NumPy alone, so that a child starts fast, and a class of good, broken and hostile work."""

from pathlib import Path

import numpy as np

from vitral.course.labs.lab import Call, Lab, Task, Verdict


def _judge(expect):
    def judge(calls, answers):
        for call, answer in zip(calls, answers, strict=True):
            expected, got = expect(call.arguments[0]), answer.value
            if answer.trouble or np.shape(got) != np.shape(expected) or not np.allclose(got, expected):
                return Verdict(is_right=False, call=call, expected=str(expected)[:50], got=str(got)[:50])
        return Verdict(is_right=True)

    return judge


def _draw(function):
    return lambda rng: [Call(function=function, arguments=(rng.normal(size=5),)) for _ in range(3)]


def make_lab(folder, seconds=2.0):
    tasks = [
        Task(name=name, function=function, title={"en": function, "es": function}, draw=_draw(function), judge=judge)
        for name, function, judge in [("T1", "double", _judge(lambda x: 2 * x)), ("T2", "total", _judge(np.sum))]
    ]
    return Lab(number="9", title={"en": "Small", "es": "Pequeña"}, tasks=tuple(tasks), folder=Path(folder),
               seconds=seconds)  # fmt: skip


GOOD = "import numpy as np\ndef double(x): return 2 * x\ndef total(x): return np.sum(x)\n"
TOTAL = "import os, sys, time\nimport numpy as np\ndef total(x): return np.sum(x)\n"  # T2 stays right


def in_t1(body):
    return TOTAL + "def double(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())


def reading(path):
    """Gives the right answer only to who can read `path`: it then stands in the place of a leak."""
    return in_t1(f"open({str(path)!r}).read()\nreturn 2 * x")


# name: (code, status of T1, status of T2); {canary} is a file outside, {other} another student's, {pid} the grader
HOSTILE = {
    "infinite_loop": (in_t1("while True: pass"), "timeout", "ok"),
    "sleeps": (in_t1("time.sleep(100)"), "timeout", "ok"),
    "deadlock": (in_t1("import threading\nl = threading.Lock()\nl.acquire()\nl.acquire()"), "timeout", "ok"),
    "exits_at_once": (in_t1("os._exit(0)"), "crash", "ok"),
    "sys_exit": (in_t1("sys.exit(0)"), "wrong", "ok"),
    "interrupts": (in_t1("raise KeyboardInterrupt"), "wrong", "ok"),
    "segfault": (in_t1("import ctypes\nctypes.string_at(0)"), "crash", "ok"),
    "recursion": (in_t1("return double(x)"), "wrong", "ok"),
    "fork_bomb": (in_t1("for _ in range(200):\n    if os.fork() == 0: time.sleep(60)\ntime.sleep(60)"), "crash", "ok"),
    "double_fork": (
        in_t1("if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(4321)\n    os._exit(0)\nos._exit(0)"),
        "crash", "ok"),
    "memory": (in_t1("a = np.ones((400, 1024, 1024))\ntime.sleep(5)"), "crash", "ok"),
    "memory_of_children": (
        in_t1("for _ in range(8):\n    if os.fork() == 0:\n        a = np.ones((15, 1024, 1024))\n        time.sleep(60)\n"
              "time.sleep(60)"), "crash", "ok"),
    "equals_everything": (
        in_t1("class E(float):\n    __eq__ = lambda a, b: True\n    __array__ = lambda s, *a, **k: np.zeros(5)\nreturn E()"),
        "wrong", "ok"),
    "array_subclass": (
        in_t1("class E(np.ndarray):\n    __eq__ = lambda a, b: True\nreturn np.zeros(5).view(E)"), "wrong", "ok"),
    "patches_allclose": (in_t1("np.allclose = lambda *a, **k: True\nreturn x"), "wrong", "ok"),
    "patches_at_load": (
        TOTAL + "def evil(f):\n    np.allclose = np.array_equal = lambda *a, **k: True\n    return f\n@evil\n"
        "def double(x): return x\n", "wrong", "ok"),
    "patches_wire": (
        in_t1("import sys\nfor m in list(sys.modules.values()):\n    if getattr(m, 'TROUBLES', None):\n"
              "        m.answer_data = lambda a: {'value': 0, 'is_right': True}\nreturn x"), "refused", "ok"),
    "forges_a_frame": (
        in_t1("for fd in range(3, 60):\n    try: os.write(fd, b'\\xff' * 64)\n    except OSError: pass\nreturn x"),
        "refused", "ok"),
    "forges_an_answer": (
        in_t1("import struct\nt = b'{\"message\": {\"map\": [[\"id\", 1], [\"answer\", null]]}, \"arrays\": []}'\n"
              "f = struct.pack('<QI', 4 + len(t), len(t)) + t\nfor fd in range(3, 60):\n    try: os.write(fd, f)\n"
              "    except OSError: pass\nreturn x"), "refused", "ok"),
    "closes_everything": (in_t1("os.closerange(0, 1000)\nreturn 2 * x"), "crash", "ok"),
    "prints_a_lot": (in_t1("for _ in range(3000): print('x' * 10000); sys.stderr.write('y' * 10000)\nreturn 2 * x"),
                     "ok", "ok"),
    "huge_answer": (in_t1("return np.zeros(20_000_000)"), "wrong", "ok"),
    "long_text": (in_t1("return 'x' * 10_000_000"), "wrong", "ok"),
    "deep_list": (in_t1("a = []\nfor _ in range(10000): a = [a]\nreturn a"), "wrong", "ok"),
    "nan": (in_t1("return x * np.nan"), "wrong", "ok"),
    "infinity": (in_t1("return x / 0"), "wrong", "ok"),
    "object_array": (in_t1("return np.array([object()] * 5)"), "wrong", "ok"),
    "generator": (in_t1("return (2 * v for v in x)"), "wrong", "ok"),
    "writes_outside": (in_t1("open({canary!r}, 'w').write('gone')\nreturn 2 * x"), "wrong", "ok"),
    "reads_outside": (reading("{canary}"), "wrong", "ok"),
    "reads_another": (reading("{other}"), "wrong", "ok"),
    "reads_passwords": (reading("/etc/passwd"), "wrong", "ok"),
    "reads_the_judges": (in_t1("import vitral.course.labs.lab1\nreturn 2 * x"), "wrong", "ok"),
    "writes_packages": (in_t1("open(np.__file__, 'a').write('#')\nreturn 2 * x"), "wrong", "ok"),
    "kills_the_parent": (in_t1("os.kill({pid}, 9)\nreturn 2 * x"), "wrong", "ok"),
    "kills_its_group": (in_t1("import signal\nos.killpg(0, signal.SIGKILL)\ntime.sleep(50)"), "?", "ok"),
    "kills_all": (in_t1("os.kill(-1, 9)\nreturn x"), "?", "ok"),
    "network": (in_t1("import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)\nreturn 2 * x"), "wrong", "ok"),
    "mounts": (
        in_t1("import ctypes\nl = ctypes.CDLL(None)\nassert l.umount2(b'/proc', 2) == 0 or l.unshare(0x10000000) == 0 or "
              "l.mount(b'none', b'/', None, 32 | 4096, None) == 0 or l.chroot(b'/tmp') == 0\nreturn 2 * x"), "wrong", "ok"),
    "shell": (in_t1("assert os.system('id') == 0\nreturn 2 * x"), "wrong", "ok"),
    "big_file": (in_t1("f = open('/tmp/x', 'wb')\nfor _ in range(400): f.write(b'0' * 2**20)\nreturn 2 * x"), "wrong", "ok"),
    "many_threads": (
        in_t1("import threading\nfor _ in range(3000): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
              "time.sleep(5)\nreturn 2 * x"), "?", "ok"),
    "many_files": (in_t1("for n in range(100_000): open('/tmp/%d' % n, 'w').close()\nreturn 2 * x"), "?", "ok"),
    "memory_of_nobody": (in_t1("os.memfd_create('x')\nreturn 2 * x"), "wrong", "ok"),
    "shared_memory": (
        in_t1("import ctypes\nassert ctypes.CDLL(None).shmget(0, 4096, 0o1600) >= 0\nreturn 2 * x"), "wrong", "ok"),
    "reads_keys": (
        in_t1("import ctypes\nn = {'x86_64': 250, 'aarch64': 219}[os.uname().machine]\n"
              "assert ctypes.CDLL(None).syscall(n, 0, -3, 0, 0, 0) > 0\nreturn 2 * x"), "wrong", "ok"),
    "reads_variables": (
        in_t1("assert b'VITRAL_SECRET' in open('/proc/1/environ', 'rb').read()\nreturn 2 * x"), "wrong", "ok"),
    "looks_into_another_process": (
        in_t1("import ctypes\nassert ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0\nreturn 2 * x"), "wrong", "ok"),
    "answers_with_much": (in_t1("return np.zeros(3_000_000)"), "refused", "ok"),
    "array_of_huge_sides": (
        in_t1("import json, struct\nt = json.dumps({'message': {'map': []}, 'arrays': [['float64', [0, 1 << 40, 1 << 40]]]})\n"
              "f = struct.pack('<QI', 4 + len(t), len(t)) + t.encode()\nfor m in list(sys.modules.values()):\n"
              "    if getattr(m, 'TROUBLES', None): m.encode = lambda message: f\nreturn x"), "refused", "ok"),
    "stops_itself": (in_t1("import signal\nos.kill(os.getpid(), signal.SIGSTOP)\nreturn x"), "?", "ok"),
    "default_loops": (TOTAL + "def forever():\n    while True: pass\ndef double(x, y=forever()): return 2 * x\n",
                      "timeout", "timeout"),
    "class_body_exits": (TOTAL + "class C:\n    os._exit(0)\ndef double(x): return 2 * x\n", "crash", "crash"),
    "decorator_raises": (TOTAL + "def d(f): raise ValueError\n@d\ndef double(x): return 2 * x\n", "missing", "ok"),
    "top_level_calls": (GOOD + "import os\nos._exit(1)\nwhile True: pass\n", "ok", "ok"),
    "missing_import": (GOOD + "import no_such_package\n", "ok", "ok"),
    "missing_task": (TOTAL, "missing", "ok"),
    "wrong_signature": (TOTAL + "def double(): return 2\n", "wrong", "ok"),
    "not_a_function": (TOTAL + "double = 2\n", "missing", "ok"),
    "changes_its_input": (in_t1("x *= 2\nreturn x"), "ok", "ok"),
    "syntax_error": ("def double(x: return 2 * x\n", "refused", "refused"),
    "empty": ("", "missing", "missing"),
    "binary": (b"\0\1\2\xff" * 100, "refused", "refused"),
    "deep_code": ("x = " + "(" * 5000, "refused", "refused"),
}  # fmt: skip
