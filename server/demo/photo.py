"""A small JPEG, made here: grey, valid, and different for every caption.

A baseline picture of 16 x 16 pixels whose coefficients are all zero, with the caption in a comment segment.
`padding` adds comment segments, for photos of the size a tablet takes.
"""

from __future__ import annotations

_SEGMENT = 65_000


def jpeg(caption: str, padding: int = 0) -> bytes:
    """The bytes of a photo; at least `padding` bytes long."""
    quantisation = _segment(0xDB, b"\x00" + bytes([1] * 64))
    frame = _segment(0xC0, bytes([8, 0, 16, 0, 16, 1, 1, 0x11, 0]))
    tables = b"".join(_segment(0xC4, bytes([kind, 1, *[0] * 15, 0])) for kind in (0x00, 0x10))
    scan = _segment(0xDA, bytes([1, 1, 0x00, 0, 63, 0])) + b"\x00"  # four blocks of two one-bit codes
    comments = [caption.encode(), *(_filler(caption, n) for n in range(0, padding, _SEGMENT))]
    text = b"".join(_segment(0xFE, comment) for comment in comments)
    return b"\xff\xd8" + text + quantisation + frame + tables + scan + b"\xff\xd9"


def _filler(caption: str, number: int) -> bytes:
    pattern = f"{caption} {number} ".encode()
    return (pattern * (_SEGMENT // len(pattern) + 1))[:_SEGMENT]


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content
