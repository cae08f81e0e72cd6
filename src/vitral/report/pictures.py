"""Pictures inside a page: a PNG written by hand (three chunks), as a data URI."""

import base64
import struct
import zlib

import numpy as np


def data_uri(image: np.ndarray, low: float, high: float) -> str:
    """One picture as `data:image/png;base64,…`.

    Args:
        image: (H, W) grey, or (H, W, 3) coloured.
        low, high: the values that become black and white.
    """
    spread = high - low if high > low else 1.0
    pixels = np.clip(np.nan_to_num((image.astype(np.float64) - low) / spread), 0, 1)
    return png_uri((pixels * 255).round().astype(np.uint8))


def png_uri(pixels: np.ndarray) -> str:
    """(H, W) or (H, W, 3) bytes as `data:image/png;base64,…`."""
    return f"data:image/png;base64,{base64.b64encode(to_png(pixels)).decode()}"


def to_png(pixels: np.ndarray) -> bytes:
    """(H, W) or (H, W, 3) bytes as a PNG file (RFC 2083)."""
    height, width = pixels.shape[:2]
    rows = pixels.reshape(height, -1)
    lines = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1)  # each line begins with its filter: none
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if pixels.ndim == 2 else 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
