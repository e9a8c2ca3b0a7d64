"""What lies in an input path: a plain file, a gzip, or a zip of several files; each told by its content, not its name.

Nothing is unpacked to disk except what needs random access (workbooks and Parquet inside an archive), and that is counted
while it expands: a zip bomb stops at the limit, whatever its directory claims. Input bytes are hashed as they are read.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from panhuo.engines.intake.contents import Kind, is_archive, kind_of, unsupported
from panhuo.engines.intake.refusals import unusable
from panhuo.kernel.errors import InputUnusable

MIB = 1 << 20
_RATIO_FLOOR = 64 * MIB  # below this many expanded bytes no ratio is suspicious: nothing is at stake yet
_KEEP_FREE = 256 * MIB  # of the disk that spooled members go to

_DOCUMENTS = frozenset(
    (
        *(".pdf", ".ofd", ".doc", ".docx", ".wps", ".rtf", ".md", ".ppt", ".pptx", ".dps", ".msg", ".eml"),
        *(".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".mp3", ".mp4", ".exe", ".dll"),
    )
)
"""Suffixes of what is sent along with a tape in a zip. Alone among the files' names these are believed: a scan is no table."""

Packing = Literal["plain", "gzip", "zip"]


@dataclass(frozen=True)
class ReadLimits:
    """What a tape may cost to read. A cell above ``cell_bytes`` faults its row; the others refuse the file.

    ratio: expanded to packed bytes, once 64 MiB have expanded. expanded_bytes: of one packed file. row_bytes: how far an
    unclosed quotation mark may run before it counts as a slip.
    """

    columns: int = 2_000
    cell_bytes: int = 1 * MIB
    row_bytes: int = 16 * MIB
    ratio: int = 250
    expanded_bytes: int = 256 * 1024 * MIB
    workbook_bytes: int = 4 * 1024 * MIB


class Stream(Protocol):
    """Bytes in order. ``read`` gives at least one byte until the end, then none."""

    def read(self, size: int) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Part:
    """One file of a tape. ``name`` is what rows and errors call it: the file's name, and the member's inside a zip."""

    name: str
    path: Path
    packing: Packing
    kind: Kind
    member: str | None = None


def parts(path: Path, name: str, limits: ReadLimits, left_out: list[str] | None = None) -> list[Part]:
    """The files in ``path``, in the archive's order. Raises InputUnusable for what cannot be a tape, saying what it is.

    Documents and pictures that lie beside a tape in a zip are not read; their names are added to ``left_out``.
    """
    head = _head(path, name)
    if head[:2] == b"\x1f\x8b":
        inner = _peek(Part(name, path, "gzip", "text"), limits)
        if is_archive(inner):
            raise _nested(name)
        return [Part(name, path, "gzip", kind_of(inner, name))]
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip_parts(path, name, limits, [] if left_out is None else left_out)
    return [Part(name, path, "plain", kind_of(head, name))]


def open_stream(part: Part, limits: ReadLimits, digest: hashlib._Hash | None = None) -> Stream:
    """The part's bytes, unpacked as they are read; ``digest`` is fed the input file's own bytes (not for zip members)."""
    if part.packing == "zip":
        return _ZipMember(part, limits)
    raw = _Hashed(_open(part.path, part.name), digest)
    return _Gzip(raw, part, limits) if part.packing == "gzip" else raw


def sha256_of(path: Path) -> str:
    """Hex digest of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_file(part: Part, limits: ReadLimits, workdir: Path | None) -> tuple[Path, bool]:
    """A path with the part's unpacked content, and whether it is a temporary file the caller must delete."""
    if part.packing == "plain":
        return part.path, False
    handle, temporary = tempfile.mkstemp(prefix="panhuo-", dir=workdir)
    written = 0
    stream = open_stream(part, limits)
    try:
        with os.fdopen(handle, "wb") as out:
            while block := stream.read(4 * MIB):
                written += len(block)
                if written > limits.workbook_bytes or shutil.disk_usage(temporary).free < _KEEP_FREE:
                    raise _bomb(part.name, written, None)
                out.write(block)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unusable(
                "ARCHIVE_NO_SPACE",
                part.name,
                f"解压时磁盘写入失败（{error.strerror}）",
                f"could not be unpacked: {error.strerror}",
                "清理磁盘或先自行解压",
                "free some disk space or unpack it yourself first",
            ) from error
        raise
    finally:
        stream.close()
    return Path(temporary), True


def check_workbook(path: Path, name: str, limits: ReadLimits) -> None:
    """Refuse an .xlsx whose parts expand beyond the limits, measured by expanding them, not by what they declare."""
    total = 0
    packed = max(path.stat().st_size, 1)
    try:
        with zipfile.ZipFile(path) as book, path.open("rb") as file:
            for info in book.infolist():
                for size in _inflated(file, info):
                    total += size
                    if total > limits.workbook_bytes or (total > _RATIO_FLOOR and total > packed * limits.ratio):
                        raise _bomb(name, total, total / packed)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _damaged(name, str(error)) from error


def _inflated(file: BinaryIO, info: zipfile.ZipInfo) -> Iterator[int]:
    """Sizes of the blocks that a member really expands to."""
    file.seek(info.header_offset)
    header = file.read(30)
    if len(header) < 30 or info.compress_type != zipfile.ZIP_DEFLATED:
        yield info.compress_size
        return
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    inflate, left = zlib.decompressobj(-15), info.compress_size
    while left > 0 and not inflate.eof:
        data = inflate.unconsumed_tail or file.read(min(left, MIB))
        if not data:
            break
        if not inflate.unconsumed_tail:
            left -= len(data)
        yield len(inflate.decompress(data, 16 * MIB))
    while inflate.unconsumed_tail and not inflate.eof:
        yield len(inflate.decompress(inflate.unconsumed_tail, 16 * MIB))


class _Hashed:
    def __init__(self, file: BinaryIO, digest: hashlib._Hash | None) -> None:
        self._file, self._digest = file, digest

    def read(self, size: int) -> bytes:
        block = self._file.read(size)
        if self._digest is not None:
            self._digest.update(block)
        return block

    def close(self) -> None:
        self._file.close()


class _Gzip:
    """Inflates one or more gzip members; knows a truncated file from a whole one."""

    def __init__(self, raw: Stream, part: Part, limits: ReadLimits) -> None:
        self._raw, self._name, self._limits = raw, part.name, limits
        self._inflate, self._pending = zlib.decompressobj(31), b""
        self._packed = self._expanded = 0
        self._started = False

    def read(self, size: int) -> bytes:
        while True:
            if self._inflate.eof:
                self._pending = self._inflate.unused_data.lstrip(b"\0") or self._fill().lstrip(b"\0")
                if not self._pending:
                    return b""
                self._inflate, self._started = zlib.decompressobj(31), False
            data = self._inflate.unconsumed_tail or self._pending or self._fill()
            self._pending = b""
            if not data and not (out := self._inflate.decompress(b"", size)) and not self._inflate.eof:
                raise unusable(
                    "ARCHIVE_TRUNCATED",
                    self._name,
                    "gzip 文件不完整，末尾缺失",
                    "the gzip file ends too early: part of it is missing",
                    "重新传输或重新导出该文件",
                    "transfer or export the file again",
                )
            try:
                out = self._inflate.decompress(data, size) if data else out
            except zlib.error as error:
                raise _damaged(self._name, str(error)) from error
            self._expanded += len(out)
            _check_ratio(self._name, self._expanded, self._packed, self._limits)
            if out:
                return out

    def _fill(self) -> bytes:
        data = self._raw.read(MIB)
        self._packed += len(data)
        return data

    def close(self) -> None:
        self._raw.close()


class _ZipMember:
    def __init__(self, part: Part, limits: ReadLimits) -> None:
        self._name, self._limits, self._expanded = part.name, limits, 0
        self._zip = _zip(part.path, part.name)
        info = self._zip.getinfo(part.member or "")
        self._packed = max(info.compress_size, 1)
        try:
            self._file = self._zip.open(info)
        except NotImplementedError as error:
            raise _damaged(part.name, str(error)) from error

    def read(self, size: int) -> bytes:
        try:
            block = self._file.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise _damaged(self._name, str(error)) from error
        self._expanded += len(block)
        _check_ratio(self._name, self._expanded, self._packed, self._limits)
        return block

    def close(self) -> None:
        self._file.close()
        self._zip.close()


def _check_ratio(name: str, expanded: int, packed: int, limits: ReadLimits) -> None:
    if expanded > limits.expanded_bytes or (expanded > _RATIO_FLOOR and expanded > packed * limits.ratio):
        raise _bomb(name, expanded, expanded / max(packed, 1))


def _head(path: Path, name: str) -> bytes:
    with _open(path, name) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise unusable("INPUT_NOT_A_FILE", name, "不是普通文件", "is not a regular file", "给出一个文件", "give a file")
        return file.read(8192)


def _open(path: Path, name: str) -> BinaryIO:
    if path.is_dir():
        raise unusable("INPUT_IS_DIRECTORY", name, "是目录", "is a directory", "列出其中要读的文件", "name the files in it that are to be read")
    if path.exists() and not path.is_file():  # a pipe would wait for ever
        raise unusable("INPUT_NOT_A_FILE", name, "不是普通文件", "is not a regular file", "先存为文件", "save it as a file first")
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise unusable("INPUT_MISSING", name, "文件不存在", "there is no such file", "检查路径", "check the path") from error
    except PermissionError as error:
        raise unusable(
            "INPUT_FORBIDDEN", name, "没有读取权限", "permission to read it is denied", "调整文件权限", "change its permissions"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise unusable(
            "INPUT_UNREADABLE", name, f"无法读取（{reason}）", f"cannot be read ({reason})", "检查路径与磁盘", "check path and disk"
        ) from error


def _peek(part: Part, limits: ReadLimits) -> bytes:
    stream = open_stream(part, limits)
    try:
        return stream.read(8192)
    finally:
        stream.close()


def _zip(path: Path, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _damaged(name, str(error)) from error


def _zip_parts(path: Path, name: str, limits: ReadLimits, left_out: list[str]) -> list[Part]:
    with _zip(path, name) as archive:
        names = archive.namelist()
        if "mimetype" in names and "content.xml" in names:
            if b"spreadsheet" in archive.read("mimetype"):
                return [Part(name, path, "plain", "ods")]
            raise unsupported(name, "OpenDocument 文档（非表格）", "an OpenDocument file that is not a spreadsheet")
        if "[Content_Types].xml" in names:
            if any(member.startswith("xl/") for member in names):
                return [Part(name, path, "plain", "xlsx")]
            raise unsupported(name, "Office 文档（非表格）", "an Office document that is not a workbook")
        found: list[Part] = []
        folders: list[str] = []
        hollow: list[str] = []
        others: list[str] = []
        for info in archive.infolist():
            label = _member_name(info)
            if (
                label.startswith("__MACOSX/")
                or Path(label).name in (".DS_Store", "Thumbs.db", "desktop.ini")
                or Path(label).name.startswith(("~$", "._"))
            ):
                continue
            if info.is_dir():
                folders.append(label)
                continue
            if info.flag_bits & 0x1:
                raise unusable(
                    "ARCHIVE_ENCRYPTED",
                    f"{name}/{label}",
                    "压缩包有密码",
                    "the archive is encrypted: it needs a password",
                    "先用密码解压，再给出里面的文件",
                    "unpack it with its password first and give the files in it",
                )
            if not info.file_size:
                hollow.append(label)
            elif Path(label).suffix.lower() in _DOCUMENTS:
                others.append(label)
            else:
                try:
                    found.append(_zip_part(Part(f"{name}/{label}", path, "zip", "text", info.filename), limits))
                except InputUnusable as error:
                    if error.code != "FILE_TYPE_UNSUPPORTED":
                        raise
                    others.append(label)
    if not found:
        raise _no_tape(name, folders, hollow, others)
    left_out += [f"{name}/{label}" for label in others]
    return found


def _no_tape(name: str, folders: list[str], hollow: list[str], others: list[str]) -> InputUnusable:
    """What lies in an archive without a tape."""
    listed = "、".join((others or hollow or folders)[:5]), ", ".join((others or hollow or folders)[:5])
    if others:
        return unusable(
            "ARCHIVE_NO_TAPE",
            name,
            f"压缩包里没有清单，只有 {listed[0]}",
            f"the archive holds no tape, only {listed[1]}",
            "把 CSV、Excel 或 Parquet 清单放进压缩包，或直接给出清单文件",
            "put the tape (CSV, Excel or Parquet) into the archive, or give the tape itself",
        )
    if hollow:
        zh, en = f"压缩包内的文件都是空的（{listed[0]}）", f"the files in the archive are empty ({listed[1]})"
    elif folders:
        zh, en = f"压缩包内只有文件夹，没有文件（{listed[0]}）", f"the archive holds folders only and no file ({listed[1]})"
    else:
        zh, en = "压缩包是空的，里面没有文件", "the archive is empty: there is no file in it"
    return unusable("INPUT_EMPTY", name, zh, en, "检查压缩包，重新打包", "check the archive and pack it again")


def _zip_part(part: Part, limits: ReadLimits) -> Part:
    inner = _peek(part, limits)
    if is_archive(inner):
        raise _nested(part.name)
    return Part(part.name, part.path, "zip", kind_of(inner, part.name), part.member)


def _member_name(info: zipfile.ZipInfo) -> str:
    """The member's name, mended where a Chinese Windows wrote it in GBK without saying so."""
    label = info.filename
    if not info.flag_bits & 0x800:
        try:
            label = label.encode("cp437").decode("gb18030")
        except UnicodeError:
            label = info.filename
    return re.sub(r"[\x00-\x1f]", "?", label)


def _bomb(name: str, expanded: int, ratio: float | None) -> InputUnusable:
    much = f"{expanded / MIB:,.0f} MiB" + (f" ({ratio:,.0f} : 1)" if ratio else "")
    return unusable(
        "ARCHIVE_BOMB",
        name,
        f"解压后过大，已在 {much} 处停止",
        f"expands too far, stopped at {much}",
        "确认来源；若确为大文件，请先自行解压",
        "check where it comes from; if it is genuine, unpack it yourself first",
    )


def _damaged(name: str, reason: str) -> InputUnusable:
    return unusable(
        "ARCHIVE_DAMAGED",
        name,
        "压缩内容损坏，或没有传完",
        f"the packed content is damaged ({reason})",
        "重新传输或重新导出",
        "transfer or export it again",
    )


def _nested(name: str) -> InputUnusable:
    return unusable("ARCHIVE_NESTED", name, "压缩包里还有压缩包", "an archive inside an archive", "先解开外层", "unpack the outer one first")
