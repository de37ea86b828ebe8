"""What weights and tokenizers are known by, so that an answer can name the model that gave it.

    a file of the hub's cache    its own name: the cache names large files by SHA-256
    a file up to 256 MiB         SHA-256 of its bytes
    a larger file                SHA-256 of its size, its first 4 MiB, and 1,024 blocks of 64 KiB
                                 spread evenly: any training changes nearly every block

Guarantee: no more than 70 MB of a large file is read; saving the same weights elsewhere gives the
same digest, unless one copy lies in the hub's cache.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

__all__ = ["digest_of_files", "digest_of_text"]

WHOLE, HEAD, BLOCK, N_BLOCKS = 2**28, 2**22, 2**16, 1024
SHA256 = re.compile(r"[0-9a-f]{64}")


def digest_of_files(paths: Sequence[Path]) -> str:
    """Return one digest of some files, whatever folder they lie in."""
    parts = [f"{path.name} {_digest_of_file(path)}" for path in sorted(paths, key=lambda p: p.name)]
    return digest_of_text("\n".join(parts))


def digest_of_text(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_of_file(path: Path) -> str:
    """Return what a file is known by."""
    real = path.resolve()
    if real.parent.name == "blobs" and SHA256.fullmatch(real.name):
        return real.name
    size = real.stat().st_size
    with real.open("rb") as file:
        if size <= WHOLE:
            return hashlib.file_digest(file, "sha256").hexdigest()
        found = hashlib.sha256(f"{size}\n".encode() + file.read(HEAD))
        for start in np.linspace(HEAD, size - BLOCK, N_BLOCKS).astype(np.int64):
            file.seek(int(start))
            found.update(file.read(BLOCK))
    return found.hexdigest()
