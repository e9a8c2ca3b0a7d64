"""Where a run writes: a hidden folder beside OUT that becomes OUT in one rename when everything in it is whole.

A power cut, ``kill -9`` or a full disk at any moment leaves either the old OUT or none; never a half-written one. What a
dead run left behind is removed by the next run on the same OUT. Disk faults become OutputUnwritable.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from panhuo.kernel.errors import InputUnusable, OutputUnwritable, PanhuoError, UsageInvalid
from panhuo.kernel.words import Words

SUMMARY = "summary.json"
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL = re.compile(r"no space left|disk full|quota exceeded|file too large|out of (disk )?space", re.IGNORECASE)
_TRIES = 50
_PAUSE_S = 0.01

_ENDING = threading.Lock()
"""A result is published whole or not at all, whichever thread ends the process."""


@contextmanager
def workspace(out: Path) -> Iterator[Path]:
    """Yields the folder to write into; on a clean exit it is published as ``out``, on any fault removed.

    The subfolder ``scratch`` is for intermediate files and is not published. Raises UsageInvalid if ``out`` exists and is
    not the result of an earlier run (nothing that Panhuo did not make is ever deleted), OutputUnwritable for disk faults.
    """
    out = out.absolute()
    partial = _partial(out)
    missing = [folder for folder in out.parents if not folder.exists()]
    try:  # from the first folder on: a signal may come between any two lines
        with _ENDING:
            mode = _make(out, partial)
        yield partial
        shutil.rmtree(partial / "scratch")
        with _ENDING:
            _publish(partial, out, mode)
    except PanhuoError:
        raise
    except Exception as error:
        full = _full(partial)
        if full is not None:  # libraries say it in their own words, or not at all
            raise _unwritable(out, full) from error
        elsewhere = isinstance(error, OSError) and error.filename and str(partial) not in str(error.filename)
        if _FULL.search(str(error)) or (isinstance(error, OSError) and not elsewhere):
            raise _unwritable(out, error) from error
        if isinstance(error, OSError):
            raise _unreadable(error) from error
        raise
    finally:
        with _ENDING:  # for ever, where the run is being abandoned: its folder being gone is no fault to tell
            shutil.rmtree(partial, ignore_errors=True)
            with suppress(OSError):  # the nearest first; the first that holds anything, as it does once a result is published, ends it
                for folder in missing:
                    folder.rmdir()


def abandon(out: Path) -> None:
    """Removes what a run of this process has written for ``out`` so far, for a process that ends at once: nothing is published any more, and
    threads that still write find no folder to write to. Tries for half a second at most."""
    _ENDING.acquire()
    partial = _partial(out.absolute())
    for _ in range(_TRIES):  # a thread may have made a file meanwhile; a folder that cannot be removed is left to the next run
        shutil.rmtree(partial, ignore_errors=True)
        if not partial.exists():
            return
        time.sleep(_PAUSE_S)


def _partial(out: Path) -> Path:
    return out.parent / f".{out.name}.partial-{os.getpid()}"


def refuse_inside(out: Path, inputs: Iterable[Path]) -> None:
    """Raises UsageInvalid INPUT_IN_OUT for an input that lies in ``out``, which the run replaces whole: a corrected file would go with it."""
    folder = out.resolve()
    for path in inputs:
        if path.is_file() and folder in path.resolve().parents:
            raise UsageInvalid(
                "INPUT_IN_OUT",
                Words(
                    f"在输出目录 {out} 之内，运行会把该目录整体替换，这个文件随之消失",
                    f"lies in the output folder {out}, which is replaced whole: the file would be lost",
                ),
                where=str(path),
                remedy=Words("把它复制到别处再用，或换一个输出目录", "copy it elsewhere first, or choose another output folder"),
            )


def _make(out: Path, partial: Path) -> int:
    """The mode that the folder is to have once it is published."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        recover(out)
        _refuse_foreign(out)
        partial.mkdir(mode=0o755)
        mode = stat.S_IMODE(partial.stat().st_mode)  # less what the user's umask takes away
        partial.chmod(0o700)  # half-made files are nobody's to look at
        (partial / "scratch").mkdir(mode=0o700)
    except OSError as error:
        raise _unwritable(out, error) from error
    return mode


def recover(out: Path) -> None:
    """Remove what dead runs left; put back the old result if a run died between the two renames of publishing."""
    for left in sorted(out.parent.glob(f".{out.name}.old-*")):
        if not out.exists():
            left.rename(out)
        else:
            shutil.rmtree(left)
    for left in out.parent.glob(f".{out.name}.partial-*"):
        if not _alive(left.name.rpartition("-")[2]):
            shutil.rmtree(left)


def _publish(partial: Path, out: Path, mode: int) -> None:
    for file in partial.rglob("*"):
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
    partial.chmod(mode)
    old = out.parent / f".{out.name}.old-{os.getpid()}"
    if out.exists():
        out.rename(old)
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)
    folder = os.open(out.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _refuse_foreign(out: Path) -> None:
    if not out.exists():
        return
    if out.is_dir():
        if not any(out.iterdir()):
            return
        try:
            if json.loads((out / SUMMARY).read_text(encoding="utf-8"))["versions"]["panhuo"]:
                return
        except (OSError, ValueError, KeyError, TypeError):
            pass
    raise UsageInvalid(
        "OUT_NOT_OURS",
        Words("已存在，且不是盘活此前的输出；不会覆盖", "exists and is not an earlier Panhuo result; it will not be overwritten"),
        where=str(out),
        remedy=Words("换一个输出目录，或先移走它", "choose another folder, or move it away first"),
    )


def _full(folder: Path) -> OSError | None:
    """What the disk says when a mebibyte is written into the folder."""
    probe = folder / "probe"
    try:
        with probe.open("wb") as file:
            file.write(bytes(1 << 20))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error if error.errno in _NO_SPACE else None
    finally:
        probe.unlink(missing_ok=True)
    return None


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _unreadable(error: OSError) -> InputUnusable:
    cause = Words(f"运行中无法读取（{error.strerror}）", f"could not be read during the run ({error.strerror})")
    return InputUnusable("INPUT_UNREADABLE", cause, where=str(error.filename), remedy=Words("检查该文件后重新运行", "check that file and run again"))


def _unwritable(out: Path, error: Exception) -> OutputUnwritable:
    number = getattr(error, "errno", None)
    full = number in _NO_SPACE or bool(_FULL.search(str(error)))
    reason = os.strerror(number) if number else str(error).splitlines()[0]
    if full:
        cause = Words(f"磁盘空间不足（{reason}）；没有留下半成品", f"the disk is full ({reason}); nothing half-written was left")
        return OutputUnwritable("DISK_FULL", cause, where=str(out), remedy=Words("腾出空间后重新运行", "free some space and run again"))
    cause = Words(f"无法写入（{reason}）；没有留下半成品", f"cannot be written ({reason}); nothing half-written was left")
    return OutputUnwritable("OUT_UNWRITABLE", cause, where=str(out), remedy=Words("检查路径和权限", "check the path and the permissions"))
