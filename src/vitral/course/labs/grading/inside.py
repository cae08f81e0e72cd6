"""From an ordinary process to a sandbox, with the kernel's own calls: for machines without `bwrap`.

Started as a script with the standard library alone: inside.py SPEC, SPEC being JSON: what is to be seen, the command.

1. New namespaces: user (unless root), mounts, processes, network, IPC, host name. A first process is forked in them.
2. A new root, a small tmpfs: what SPEC lists is bound into it, read-only; own /proc, a few devices, a bounded /tmp.
   `pivot_root`, and the old root is detached: nothing leads back.
3. Another user: nobody, where root started it; then a second user namespace, which owns none of the others, so that
   no mount can be undone; further ones are forbidden. No capabilities, no new privileges, limits.
4. Some of the kernel's calls are forbidden (here and in `bwrap`'s sandbox): those that reach what namespaces do not
   hide, as keys, and memory that belongs to no process, which nobody could count. Then the command.
"""

import ctypes
import errno
import json
import os
import resource
import signal
import struct
import sys
from pathlib import Path

_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)  # fmt: skip
_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_DETACH = 2
_PDEATHSIG, _DUMPABLE, _SECCOMP, _BSET_DROP, _NO_NEW_PRIVS = 1, 4, 22, 24, 38
_MOUNT_SETATTR, _PIVOT_ROOT = 442, {"x86_64": 155, "aarch64": 41}
_NOBODY = 65534

# By machine: what the kernel calls it (AUDIT_ARCH), the first number that is another machine's, the forbidden calls.
_FORBIDDEN = {
    "x86_64": (0xC000003E, 0x40000000, {
        "shmget": 29, "shmat": 30, "semget": 64, "msgget": 68, "ptrace": 101, "pivot_root": 155, "chroot": 161,
        "mount": 165, "umount2": 166, "mq_open": 240, "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272,
        "perf_event_open": 298, "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310,
        "process_vm_writev": 311, "memfd_create": 319, "bpf": 321, "userfaultfd": 323,
    }),
    "aarch64": (0xC00000B7, 0xFFFFFFFF, {
        "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "unshare": 97, "ptrace": 117, "mq_open": 180,
        "msgget": 186, "semget": 190, "shmget": 194, "shmat": 196, "add_key": 217, "request_key": 218, "keyctl": 219,
        "perf_event_open": 241, "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270,
        "process_vm_writev": 271, "memfd_create": 279, "bpf": 280, "userfaultfd": 282,
    }),
}  # fmt: skip
# io_uring, mounts by file descriptors, secret memory: the same numbers everywhere
_FORBIDDEN_EVERYWHERE = (425, 428, 429, 430, 431, 432, 442, 447)

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind, data)]
    check(libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]), f"mount {target}")


def read_only(target: str, flags: int = 1 | 2 | 4) -> None:
    """A bound tree, and what is mounted in it, can be neither written nor used for devices or other users' rights."""
    attributes = (ctypes.c_uint64 * 4)(flags, 0, 0, 0)
    at_cwd, recursive = ctypes.c_int(-100), ctypes.c_uint(0x8000)
    arguments = (at_cwd, os.fsencode(target), recursive, ctypes.byref(attributes), ctypes.c_size_t(32))
    check(libc.syscall(ctypes.c_long(_MOUNT_SETATTR), *arguments), f"read-only {target}")


def new_user_namespace(inner: int, outer_user: int, outer_group: int) -> None:
    check(libc.unshare(_NEWUSER), "user namespace")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inner} {outer_user} 1")
    Path("/proc/self/gid_map").write_text(f"{inner} {outer_group} 1")


def build_root(spec: dict) -> None:
    mount("none", "/", None, _REC | _PRIVATE)
    mount("tmpfs", "/tmp", "tmpfs", _NOSUID | _NODEV, "size=16m,mode=755,nr_inodes=20000")
    Path("/tmp/.old").mkdir()
    number = _PIVOT_ROOT[os.uname().machine]
    check(libc.syscall(ctypes.c_long(number), b"/tmp", b"/tmp/.old"), "pivot_root")
    os.chdir("/")
    Path("/tmp").mkdir(exist_ok=True)
    mount("tmpfs", "/tmp", "tmpfs", _NOSUID | _NODEV, f"size={spec['tmp_bytes']},mode=1777,nr_inodes=20000")
    for source, target in spec["shown"]:
        bind(source, target)
    for target in spec["masked"]:
        mount("tmpfs", target, "tmpfs", _NOSUID | _NODEV, "size=1m,mode=755,nr_inodes=1000")
    for source, target in spec["shown_again"]:
        bind(source, target)
    for target in spec["masked"]:
        mount("none", target, None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)
    for link, target in spec["links"]:
        Path(link).symlink_to(target)
    Path("/dev/shm").mkdir(parents=True)
    for device in ("null", "zero", "full", "random", "urandom"):
        Path("/dev", device).touch()
        mount(f"/.old/dev/{device}", f"/dev/{device}", None, _BIND)
    mount("tmpfs", "/dev/shm", "tmpfs", _NOSUID | _NODEV, f"size={spec['tmp_bytes'] // 4},mode=1777,nr_inodes=1000")
    Path("/proc").mkdir()
    mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    check(libc.umount2(b"/.old", _DETACH), "old root")
    Path("/.old").rmdir()
    mount("none", "/", None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV)
    os.chdir("/tmp")


def bind(source: str, target: str) -> None:
    if Path("/.old" + source).is_dir():
        Path(target).mkdir(parents=True, exist_ok=True)
    else:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        if not Path(target).exists():
            Path(target).touch()
    mount("/.old" + source, target, None, _BIND | _REC)
    read_only(target)


def give_up_rights(was_root: bool) -> None:
    if was_root:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        libc.prctl(_DUMPABLE, 1, 0, 0, 0)  # /proc/self belongs to its user again
        new_user_namespace(0, _NOBODY, _NOBODY)
    Path("/proc/sys/user/max_user_namespaces").write_text("1")
    new_user_namespace(1000, 0, 0)
    for capability in range(64):
        if libc.prctl(_BSET_DROP, capability, 0, 0, 0) < 0:
            break
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    check(libc.capset(ctypes.byref(header), ctypes.byref(none)), "capabilities")
    check(libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0), "privileges")


def forbid_calls() -> None:
    """From here on the forbidden calls fail with EPERM; on a machine whose numbers are not above none is forbidden."""
    if os.uname().machine not in _FORBIDDEN:
        return
    machine, first_of_another, calls = _FORBIDDEN[os.uname().machine]
    numbers = (*calls.values(), *_FORBIDDEN_EVERYWHERE)
    load, is_equal, is_at_least, give = 0x20, 0x15, 0x35, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
    # A program of (code, where to go if true, if false, number), in the kernel's small language of filters.
    program = [(load, 0, 0, 4), (is_equal, 1, 0, machine), (give, 0, 0, kill)]
    program += [(load, 0, 0, 0), (is_at_least, 0, 1, first_of_another), (give, 0, 0, kill)]
    for at, number in enumerate(numbers):
        program.append((is_equal, len(numbers) - at, 0, number))
    program += [(give, 0, 0, allow), (give, 0, 0, refuse)]
    filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    header = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(filters))
    check(libc.prctl(_SECCOMP, 2, ctypes.create_string_buffer(header), 0, 0), "filter")


def limit(limits: dict) -> None:
    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(number)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (value, value))


def run(spec: dict, was_root: bool) -> None:
    os.setsid()
    build_root(spec)
    give_up_rights(was_root)
    libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # forgotten when rights change, so now
    forbid_calls()
    limit(spec["limits"])
    os.execve(spec["command"][0], spec["command"], spec["environment"])


def main() -> None:
    spec = json.loads(sys.argv[1])
    if not spec["is_bare"]:
        libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if spec["is_contained"]:
            check(libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0), "privileges")
            forbid_calls()
        limit(spec["limits"])
        os.execve(spec["command"][0], spec["command"], spec["environment"])
    libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    user, group, was_root = os.geteuid(), os.getegid(), os.geteuid() == 0
    if not was_root:
        new_user_namespace(0, user, group)
    check(libc.unshare(_NEWNS | _NEWUTS | _NEWIPC | _NEWPID | _NEWNET), "namespaces")
    first = os.fork()
    if first == 0:
        try:
            libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            run(spec, was_root)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(125)
    os.closerange(3, 4096)  # the pipes are the first process's alone
    _, status = os.waitpid(first, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


if __name__ == "__main__":
    main()
