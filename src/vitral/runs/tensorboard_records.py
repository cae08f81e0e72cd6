"""An event as a record of its file, TensorFlow's TFRecord, with checksums that take no time.

    length (8 bytes)   its checksum (4)   content   its checksum (4)

The checksum is CRC-32C (RFC 3720, appendix B.4), turned by 15 bits and shifted by a constant. Taken byte by byte, as
tensorboardX has it where no compiled one is installed, it costs more than all the rest. But a CRC is linear: each byte
adds, by exclusive or, what its value adds at its distance from the end. With a table of these, NumPy sums them at once.
"""

import functools
import struct

import numpy as np

_POLYNOMIAL = 0x82F63B78  # of Castagnoli, its bits in reverse
_BLOCK = 2048  # bytes that are summed at once; the table has 1 KiB for each
_ALL = 0xFFFFFFFF


def to_record(content: bytes) -> bytes:
    """`content` as the file holds it."""
    length = struct.pack("<Q", len(content))
    return b"".join([length, _masked(length), content, _masked(content)])


def crc32c(content: bytes) -> int:
    """The CRC-32C of some bytes.

    Example:
        >>> hex(crc32c(b"123456789"))
        '0xe3069283'
    """
    values = np.frombuffer(content, np.uint8)
    state = _ALL
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK]
        table = _table()[_BLOCK - len(block) :]
        # What came before acts like four bytes more, laid over the first ones.
        over = np.zeros(len(block), np.uint8)
        before = np.frombuffer(struct.pack("<I", state), np.uint8)[: len(block)]
        over[: len(before)] = before
        left = state >> (8 * len(block)) if len(block) < 4 else 0
        state = left ^ int(np.bitwise_xor.reduce(table[np.arange(len(block)), block ^ over]))
    return state ^ _ALL


@functools.cache
def _table() -> np.ndarray:
    """(block, 256) uint32: row i is what a byte adds with `block - 1 - i` bytes behind it."""
    row = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        row = np.where(row & 1, (row >> 1) ^ np.uint32(_POLYNOMIAL), row >> 1)
    first, rows = row, [row]
    for _ in range(_BLOCK - 1):
        row = (row >> 8) ^ first[row & 0xFF]
        rows.append(row)
    return np.stack(rows[::-1])


def _masked(content: bytes) -> bytes:
    crc = crc32c(content)
    turned = (crc >> 15 | crc << 17) & _ALL
    return struct.pack("<I", (turned + 0xA282EAD8) & _ALL)
