"""A program of its own: the first value of an LMDB or a LevelDB, with a = before it, on standard output.

These libraries map a file and trust it; a damaged one ends the process that reads it, which is this one.
"""

from __future__ import annotations

import sys


def of_lmdb(path: str) -> bytes | None:
    """None for a database without records."""
    import lmdb

    with lmdb.open(path, readonly=True, lock=False) as environment, environment.begin() as view:
        return next((bytes(value) for _, value in view.cursor()), None)


def of_leveldb(path: str) -> bytes | None:
    """None for a database without records. LevelDB cannot be read without a lock, and writes its log anew."""
    import plyvel

    database = plyvel.DB(path)
    try:
        return next((bytes(value) for _, value in database.iterator()), None)
    finally:
        database.close()


if __name__ == "__main__":
    record = {"lmdb": of_lmdb, "plyvel": of_leveldb}[sys.argv[1]](sys.argv[2])
    if record is not None:
        sys.stdout.buffer.write(b"=" + record)
