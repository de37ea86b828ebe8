"""`folder_at`: the folder that a name of a model or of an autoencoder stands for, if it is one.

Guarantee: no name raises, be it of a stranger's home, too long for a disk, or with a zero in it.
"""

from pathlib import Path

__all__ = ["folder_at"]


def folder_at(name: str | Path) -> Path | None:
    """Return the folder at a path, `~` being home; None where there is none."""
    try:
        folder = Path(name).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):
        return None
