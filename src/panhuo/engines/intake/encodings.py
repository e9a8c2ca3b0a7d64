"""Any encoding in, blocks of UTF-8 lines out.

Tapes come as UTF-8 (with or without BOM), GB18030/GBK (Chinese Excel), UTF-16 (Excel's "Unicode text") and, from Europe,
Windows-1252. The encoding is told by what decodes, never by hope: a first part in pure ASCII leaves it open until the first
other byte, and a file that mixes encodings (two exports pasted together) keeps the encoding of most of its lines while each
line that does not decode is marked, so that its row becomes a fault and no other row moves.

The hard case is UTF-8 lines inside a GB18030 file: nearly any UTF-8 Chinese text also *decodes* as GB18030, to nonsense. Such
lines are found by their byte pattern (two UTF-8 Han characters in a row, which proper GB18030 text almost never contains
by chance) and marked as well.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

import numpy as np

from panhuo.engines.intake.archives import Stream
from panhuo.engines.intake.refusals import unusable
from panhuo.kernel.errors import InputUnusable

BLOCK: Final = 16 << 20
"""Bytes read at a time: Polars needs this much to use both cores, and a batch should hold several."""

LINE_LIMIT: Final = 4 * BLOCK
"""A line longer than this is no line of a tape: the file is refused, since memory has to hold a line."""

BAD, OTHER = "\ufdd0", "\ufdd2"
"""Marks in a line: before bytes that no encoding decodes (then \\xNN), and at the end of one that is in another encoding than its
file. Noncharacters: no text has them of its own."""
MARK_BYTES: Final = b"\xef\xb7"
"""What both begin with in UTF-8."""

ASCII, UTF8, GB, U16LE, U16BE, LATIN = "ascii", "utf-8", "gb18030", "utf-16-le", "utf-16-be", "cp1252"

_BOMS: Final = ((codecs.BOM_UTF8, UTF8), (codecs.BOM_UTF16_LE, U16LE), (codecs.BOM_UTF16_BE, U16BE))
_UTF8_HAN_PAIR: Final = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){2}")


def detect(sample: bytes, name: str) -> tuple[str, int]:
    """The encoding of a file's first bytes and the length of its BOM; ``ascii`` leaves it open.

    Raises InputUnusable: ENCODING_UNKNOWN when most lines decode as nothing, FILE_BINARY when it is no text at all.
    """
    if sample.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise _unknown(name)
    for bom, encoding in _BOMS:
        if sample.startswith(bom):
            return encoding, len(bom)
    wide = _utf16_without_bom(sample[:4096])
    if wide:
        return wide, 0
    control = len(re.findall(rb"[\x00\x02-\x08\x0e-\x1b\x7f]", sample))
    if control > 16 and control > len(sample) // 20:
        raise unusable(
            "FILE_BINARY",
            name,
            "不是文本、Excel 或 Parquet 文件",
            "is neither text nor a workbook nor Parquet",
            "导出为 CSV、Excel 或 Parquet",
            "export it as CSV, Excel or Parquet",
        )
    if sample.isascii():
        return ASCII, 0
    return _by_lines(sample, name), 0


class Blocks:
    """A stream as blocks of whole UTF-8 lines (the last may lack its newline), about ``BLOCK`` bytes each.

    encoding: from :func:`detect`; skip: bytes of BOM. UTF-8 is passed through unchecked: the parser of the block finds what
    is amiss and asks :func:`marked` for the block. Blocks in other encodings come marked already. ``encoding`` is the encoding
    found so far: pure ASCII is UTF-8 until a line says otherwise.
    """

    def __init__(self, stream: Stream, encoding: str, skip: int, name: str) -> None:
        self._stream, self._skip, self._name, self._open = stream, skip, name, encoding == ASCII
        self.encoding = UTF8 if self._open else encoding

    def __iter__(self) -> Iterator[bytes]:
        if self.encoding in (U16LE, U16BE):
            yield from _wide_blocks(self._stream, self.encoding, self._skip, self._name)
            return
        for block in _line_blocks(self._stream, self._skip, self._name):
            if self._open and not block.isascii():
                self.encoding, self._open = _by_lines(block, self._name), False
            yield block if self.encoding == UTF8 else _transcoded(block, self.encoding)


def legible(sample: bytes, encoding: str) -> str:
    """The first lines of a file as text to look at: each in the file's encoding, or in the other one where it is in that.

    A header pasted above an export in another encoding must not turn into nonsense.
    """
    name = UTF8 if encoding == ASCII else encoding
    if name not in (UTF8, GB):
        return sample.decode(name, "replace")
    text = _decoded(sample, name)
    if text is None or (name == GB and any(map(_is_utf8, _suspects(sample)))):
        text = _mark_lines(sample, name).decode()
    return text.replace(OTHER, "").replace(BAD, "")


def marked(block: bytes) -> bytes:
    """A block of UTF-8 lines in which the undecodable ones have become text with ``BAD`` or ``OTHER`` in it."""
    return _mark_lines(block, UTF8)


def _line_blocks(stream: Stream, skip: int, name: str) -> Iterator[bytes]:
    """Bytes cut after a newline. Lone carriage returns (old Macs) count as newlines where a file has no other."""
    rest = b""
    lone_cr: bool | None = None
    while True:
        block = _fill(stream, BLOCK)
        if skip:
            block, skip = block[skip:], 0
        if lone_cr is None and block:
            lone_cr = b"\n" not in block and b"\r" in block
        if lone_cr:
            block = block.replace(b"\r", b"\n")
        if not block:
            if rest:
                yield rest
            return
        cut = block.rfind(b"\n") + 1
        if cut:
            yield b"".join((rest, memoryview(block)[:cut]))
            rest = block[cut:]
        else:
            rest += block
        if len(rest) > LINE_LIMIT:
            raise _endless(name)


def _fill(stream: Stream, size: int) -> bytes:
    first = stream.read(size)
    if len(first) >= size or not first:
        return first
    pieces, got = [first], len(first)
    while got < size and (more := stream.read(size - got)):
        pieces.append(more)
        got += len(more)
    return b"".join(pieces)


def _transcoded(block: bytes, encoding: str) -> bytes:
    try:
        text = block.decode(encoding)
    except UnicodeDecodeError:
        return _mark_lines(block, encoding)
    if encoding == GB and any(_is_utf8(line) for line in _suspects(block)):
        return _mark_lines(block, encoding)
    return text.encode()


def _suspects(block: bytes) -> Iterator[bytes]:
    """Lines of a GB18030 block in which UTF-8 Han characters may stand."""
    seen = np.frombuffer(block, np.uint8)  # a regular expression takes fifty times as long to find next to nothing
    at = np.flatnonzero((seen >= 0xE4) & (seen <= 0xE9))
    at = at[at < len(seen) - 5]
    lead = (seen[at + 3] >= 0xE4) & (seen[at + 3] <= 0xE9)
    tails = [(seen[at + k] & 0xC0) == 0x80 for k in (1, 2, 4, 5)]
    end = 0
    for place in at[lead & tails[0] & tails[1] & tails[2] & tails[3]].tolist():
        if place >= end:
            start = block.rfind(b"\n", 0, place) + 1
            end = block.find(b"\n", place)
            end = len(block) if end < 0 else end
            yield block[start:end]


def _mark_lines(block: bytes, encoding: str) -> bytes:
    lines = block.split(b"\n")
    for i, line in enumerate(lines):
        if line.isascii():
            continue
        text = _decoded(line, encoding)
        if text is not None and not (encoding == GB and _is_utf8(line)):
            lines[i] = text.encode()
            continue
        text = _decoded(line, GB if encoding == UTF8 else UTF8)
        if text is None:
            lines[i] = line.decode(encoding, "panhuo-mark").encode("utf-8", "backslashreplace")
        else:
            ending = "\r" if text.endswith("\r") else ""
            lines[i] = (text.removesuffix("\r") + OTHER + ending).encode()
    return b"\n".join(lines)


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        text = line.decode(encoding)
        text.encode()
    except UnicodeError:
        return None
    return text


def _is_utf8(line: bytes) -> bool:
    return _UTF8_HAN_PAIR.search(line) is not None and _decoded(line, UTF8) is not None


def _by_lines(sample: bytes, name: str) -> str:
    """The encoding in which most of the lines with non-ASCII bytes decode."""
    end = sample.rfind(b"\n")
    lines = [line for line in sample[: end if end > 0 else len(sample)].split(b"\n") if not line.isascii()]
    if not lines:
        return UTF8 if sample.isascii() else _by_lines(sample + b"\n", name)
    utf8 = sum(_decoded(line, UTF8) is not None for line in lines)
    if utf8 == len(lines):
        return UTF8
    gb = sum(_decoded(line, GB) is not None and not _is_utf8(line) for line in lines)
    runs = re.findall(rb"[\x80-\xff]+", b"\n".join(lines))
    lone = sum(len(run) == 1 for run in runs)
    if lone > 0.8 * len(runs) and utf8 < gb:  # accented letters between plain ones: Windows-1252, not Chinese
        return LATIN
    if max(utf8, gb) * 2 < len(lines):
        raise _unknown(name)
    return UTF8 if utf8 >= gb else GB


def _utf16_without_bom(head: bytes) -> str | None:
    """UTF-16 shows itself by the null bytes of its ASCII characters (digits, delimiters, line ends), at odd or at even places."""
    if head.count(0) * 20 < len(head):
        return None
    plain = {encoding: sum(c.isascii() and c not in "\0" for c in head.decode(encoding, "replace")) for encoding in (U16LE, U16BE)}
    best = max(plain, key=lambda encoding: plain[encoding])
    return best if plain[best] * 10 > len(head) // 2 and plain[best] > 2 * min(plain.values()) else None


def _wide_blocks(stream: Stream, encoding: str, skip: int, name: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("panhuo-mark")
    rest = ""
    while True:
        block = _fill(stream, BLOCK)
        data, skip = block[skip:], 0
        text = rest + decoder.decode(data, final=not block)
        if not block:
            if text:
                yield text.encode("utf-8", "replace")
            return
        if "\n" not in text and "\r" in text:
            text = text.replace("\r", "\n")
        cut = text.rfind("\n") + 1
        if cut:
            yield text[:cut].encode("utf-8", "replace")
        rest = text[cut:]
        if len(rest) > LINE_LIMIT:
            raise _endless(name)


def _mark_error(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return BAD + "".join(f"\\x{byte:02x}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error("panhuo-mark", _mark_error)


def _endless(name: str) -> InputUnusable:
    return unusable(
        "LINE_ENDLESS",
        name,
        "有一行超过 64 MiB，不像清单",
        "one of its lines is longer than 64 MiB: this is no tape",
        "检查换行符与导出设置",
        "check its line ends and how it was exported",
    )


def _unknown(name: str) -> InputUnusable:
    return unusable(
        "ENCODING_UNKNOWN",
        name,
        "大部分内容无法按 UTF-8、GB18030 或 UTF-16 解码",
        "most of it decodes neither as UTF-8 nor as GB18030 nor as UTF-16",
        "另存为 UTF-8 编码的 CSV；或在版式中写明 encoding",
        "save it as CSV in UTF-8, or name its encoding in the layout",
    )
