"""Files that hold people's data at rest: uploads, rejected rows, tables of a run. Sealed in blocks, opened only for the work that needs them.

Form: ``PHF1``, key version (2 bytes), 16 random bytes that name the file, then blocks of at most 1 MiB: length (4 bytes), nonce, ciphertext. Each block
is bound to the file's name, its number and whether it is the last, so that blocks can be neither exchanged nor cut off unseen.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from panhuo.apps.privacy.keys import load_keys
from panhuo.apps.privacy.sealing import NONCE, Sealed

_MAGIC = b"PHF1"
_BLOCK = 1 << 20


def file_seal(source: Path, target: Path) -> None:
    """Seal ``source`` into ``target`` (whole or not at all). The source stays: who owns it removes it."""
    with source.open("rb") as plain:
        _seal(plain, target)


def bytes_seal(plain: bytes, target: Path) -> None:
    """The same of bytes in memory: no plain file is made."""
    _seal(io.BytesIO(plain), target)


def bytes_opened(sealed: Path) -> bytes:
    """The plain bytes of a small sealed file, whole. Raises Sealed."""
    return b"".join(file_blocks(sealed))


def _seal(plain: BinaryIO, target: Path) -> None:
    keys = load_keys(settings.PANHUO_VAULT_KEYS)
    cipher, name = AESGCM(keys.sealing[keys.current]), os.urandom(16)
    partial = target.with_name(f".{target.name}.{os.getpid()}-{name.hex()[:8]}")
    try:
        with partial.open("wb") as out:
            os.chmod(partial, 0o600)
            out.write(_MAGIC + keys.current.to_bytes(2, "big") + name)
            block, number = plain.read(_BLOCK), 0
            while True:
                following = plain.read(_BLOCK)
                nonce = os.urandom(NONCE)
                sealed = cipher.encrypt(nonce, block, _bound(name, number, last=not following))
                out.write(len(sealed).to_bytes(4, "big") + nonce + sealed)
                if not following:
                    break
                block, number = following, number + 1
            out.flush()
            os.fsync(out.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def file_blocks(sealed: Path) -> Iterator[bytes]:
    """The plain bytes of a sealed file, block by block. Raises Sealed for one that is damaged, cut off or of an unknown key."""
    keys = load_keys(settings.PANHUO_VAULT_KEYS)
    with sealed.open("rb") as file:
        head = file.read(22)
        version, name = int.from_bytes(head[4:6], "big"), head[6:22]
        if head[:4] != _MAGIC or version not in keys.sealing:
            raise Sealed(f"{sealed.name}: not a sealed file of a known key")
        cipher = AESGCM(keys.sealing[version])
        length, number = file.read(4), 0
        while length:
            nonce, block = file.read(NONCE), file.read(int.from_bytes(length, "big"))
            length = file.read(4)
            try:
                yield cipher.decrypt(nonce, block, _bound(name, number, last=not length))
            except (InvalidTag, ValueError) as error:
                raise Sealed(f"{sealed.name}: block {number} was changed or cut off") from error
            number += 1
        if not number:
            raise Sealed(f"{sealed.name}: cut off")


@contextmanager
def files_opened(sealed: dict[str, Path]) -> Iterator[dict[str, Path]]:
    """The sealed files as plain ones, by the names given, in a folder that only this user reads and that goes with the block."""
    folder = Path(tempfile.mkdtemp(prefix=f"open-{os.getpid()}-", dir=working()))
    try:
        opened = {}
        for name, path in sealed.items():
            opened[name] = folder / name
            with opened[name].open("wb") as out:
                for block in file_blocks(path):
                    out.write(block)
        yield opened
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def working() -> Path:
    """Where plain files may lie while they are worked on; what dead processes left there is removed by :func:`working_clean`."""
    folder = Path(settings.PANHUO_DATA) / "working"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def working_clean() -> int:
    """Remove what processes that are gone left behind; how many folders."""
    gone = 0
    for folder in working().iterdir():
        number = folder.name.split("-")[1] if folder.name.count("-") >= 2 else ""
        if number.isdecimal() and not Path(f"/proc/{number}").exists():
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone


def _bound(name: bytes, number: int, *, last: bool) -> bytes:
    return name + number.to_bytes(8, "big") + (b"\x01" if last else b"\x00")
