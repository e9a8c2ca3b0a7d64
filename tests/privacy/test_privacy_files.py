"""Sealed files: whole, in order, of one piece; and nothing plain left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from panhuo.apps.privacy import files
from panhuo.apps.privacy.files import file_blocks, file_seal, files_opened, working, working_clean
from panhuo.apps.privacy.sealing import Sealed

BLOCK = 1 << 20


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_what_was_sealed_comes_back(tmp_path: Path, size: int) -> None:
    plain = bytes(range(256)) * (size // 256 + 1)
    (tmp_path / "a").write_bytes(plain[:size])
    file_seal(tmp_path / "a", tmp_path / "b")
    assert b"".join(file_blocks(tmp_path / "b")) == plain[:size]
    assert not size or plain[: min(size, 64)] not in (tmp_path / "b").read_bytes() or size < 16
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0


def blocks_of(sealed: bytes) -> tuple[bytes, list[bytes]]:
    head, rest, out = sealed[:22], sealed[22:], []
    while rest:
        length = int.from_bytes(rest[:4], "big") + 16
        out.append(rest[:length])
        rest = rest[length:]
    return head, out


def test_blocks_can_be_neither_cut_off_nor_exchanged_nor_touched(tmp_path: Path) -> None:
    for name in ("a", "c"):
        (tmp_path / name).write_bytes(os.urandom(3 * BLOCK))
        file_seal(tmp_path / name, tmp_path / f"{name}.sealed")
    head, blocks = blocks_of((tmp_path / "a.sealed").read_bytes())
    assert len(blocks) == 3
    _, others = blocks_of((tmp_path / "c.sealed").read_bytes())
    touched = blocks[0][:-1] + bytes([blocks[0][-1] ^ 1])
    for attack in (blocks[:2], [blocks[1], blocks[0], blocks[2]], [others[0], *blocks[1:]], [touched, *blocks[1:]], [], [*blocks, blocks[2]]):
        (tmp_path / "bad").write_bytes(head + b"".join(attack))
        with pytest.raises(Sealed):
            b"".join(file_blocks(tmp_path / "bad"))
    (tmp_path / "bad").write_bytes(head + b"".join(blocks)[:-5])
    with pytest.raises(Sealed):
        b"".join(file_blocks(tmp_path / "bad"))


def test_opened_files_go_with_the_block_even_after_a_fault(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"secret")
    file_seal(tmp_path / "a", tmp_path / "b")

    def work() -> None:
        with files_opened({"tape.csv": tmp_path / "b"}) as opened:
            assert opened["tape.csv"].read_bytes() == b"secret"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert not list(working().glob("open-*"))


def test_what_dead_processes_left_is_removed_and_the_livings_stays() -> None:
    dead, living = working() / "open-999999999-x", working() / f"open-{os.getpid()}-x"
    for folder in (dead, living):
        folder.mkdir()
        (folder / "tape.csv").write_bytes(b"secret")
    assert working_clean() >= 1
    assert not dead.exists()
    assert living.exists()
    files.shutil.rmtree(living)


def test_a_seal_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        file_seal(tmp_path / "a", tmp_path / "b")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
