"""What a file is, told by its first bytes. File names lie: old bank systems export web pages called .xls."""

from __future__ import annotations

import re
from typing import Literal

from panhuo.engines.intake.refusals import unusable
from panhuo.kernel.errors import InputUnusable

Kind = Literal["text", "xlsx", "xls", "ods", "parquet"]

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "PDF 文件", "a PDF"),
    (b"\x89PNG", "图片", "a picture"),
    (b"\xff\xd8\xff", "图片", "a picture"),
    (b"GIF8", "图片", "a picture"),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩包", "a 7z archive"),
    (b"Rar!\x1a\x07", "RAR 压缩包", "a RAR archive"),
    (b"BZh", "bzip2 压缩文件", "a bzip2 file"),
    (b"\xfd7zXZ", "xz 压缩文件", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "zstd 压缩文件", "a zstd file"),
    (b"SQLite format 3", "SQLite 数据库", "an SQLite database"),
    (b"ARROW1", "Arrow/Feather 文件", "an Arrow/Feather file"),
    (b"\x7fELF", "程序", "a program"),
)


def kind_of(head: bytes, name: str) -> Kind:
    """What the content is. Raises InputUnusable naming a type that is no tape."""
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:4] == b"PK\x03\x04":
        return "ods" if b"opendocument" in head else "xlsx"
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "xls"
    for magic, zh, en in _MAGIC:
        if head.startswith(magic):
            raise unsupported(name, zh, en)
    if head[257:262] == b"ustar":
        raise unsupported(name, "tar 包", "a tar archive")
    text = head[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if re.match(rb"<!doctype html|<html|<table|<meta|<head|<style|<body|<div", text) or text.startswith(b"mime-version:"):
        raise unusable(
            "FILE_IS_HTML",
            name,
            "内容是网页（HTML）表格，不是 Excel 文件",
            "the content is a web page (HTML), not a workbook, whatever its name says",
            "用 Excel 或 WPS 打开后另存为 .xlsx 或 CSV",
            "open it in Excel or WPS and save it as .xlsx or CSV",
        )
    if text.startswith(b"<?xml"):
        raise unusable(
            "FILE_IS_XML",
            name,
            "内容是 XML（可能是 XML 电子表格 2003）",
            "the content is XML (perhaps an XML Spreadsheet 2003)",
            "用 Excel 或 WPS 打开后另存为 .xlsx 或 CSV",
            "open it in Excel or WPS and save it as .xlsx or CSV",
        )
    return "text"


def is_archive(head: bytes) -> bool:
    """Whether the content is itself a gzip, or a zip that is no Office document."""
    if head[:2] == b"\x1f\x8b":
        return True
    return head[:4] == b"PK\x03\x04" and not _is_office(head)


def _is_office(head: bytes) -> bool:
    return b"[Content_Types].xml" in head or b"_rels/" in head or b"xl/" in head or b"opendocument" in head


def unsupported(name: str, zh: str, en: str) -> InputUnusable:
    """The refusal of a known type that is no tape."""
    return unusable(
        "FILE_TYPE_UNSUPPORTED",
        name,
        f"内容是{zh}，不是资产清单",
        f"the content is {en}, not a tape",
        "导出为 CSV、Excel 或 Parquet（可用 gz、zip 压缩）",
        "export it as CSV, Excel or Parquet (gz or zip packing is fine)",
    )
