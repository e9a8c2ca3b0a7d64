"""What a command may write over: what Panhuo made before, never the user's own files."""

from __future__ import annotations

from pathlib import Path

from panhuo.kernel.errors import OutputUnwritable, PanhuoError, UsageInvalid
from panhuo.kernel.words import Words


def refuse_input(output: Path, *inputs: Path) -> None:
    """Raises UsageInvalid OUT_IS_INPUT where ``output`` is one of the files that are read, by whatever path or link."""
    for given in inputs:
        if output.resolve() == given.resolve() or (output.exists() and given.exists() and output.samefile(given)):
            raise UsageInvalid(
                "OUT_IS_INPUT",
                Words("输出文件就是输入文件，会被覆盖", "the output is the input and would be written over"),
                where=str(output),
                remedy=Words("用 -o 给出另一个文件", "name another file with -o"),
            )


def write_whole(out: Path, data: bytes) -> None:
    """Whole or not at all. Raises OutputUnwritable."""
    beside = out.with_name(f".{out.name}.partial")
    try:
        beside.write_bytes(data)
        beside.replace(out)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OutputUnwritable(
            "OUT_UNWRITABLE",
            Words(f"无法写入（{error.strerror}）", f"cannot be written ({error.strerror})"),
            where=str(out),
            remedy=Words("检查目录与权限", "check the folder and its permissions"),
        ) from error


def refuse_foreign_layout(output: Path) -> None:
    """Raises UsageInvalid OUT_NOT_OURS where a file stands that is no layout."""
    from panhuo.kernel import documents

    if not output.is_file() or not output.stat().st_size:
        return
    try:
        found = documents.read(output)
    except PanhuoError:
        found = None
    if not isinstance(found, dict) or "columns" not in found:
        raise _foreign(output, "layout")


def refuse_foreign_sample(output: Path, truth: Path) -> None:
    """Raises UsageInvalid OUT_NOT_OURS where a file stands without the truth that a sample has beside it."""
    if output.exists() and not truth.exists():
        raise _foreign(output, "sample")


def _foreign(output: Path, what: str) -> UsageInvalid:
    zh = {"layout": "版式", "sample": "此前生成的合成清单"}[what]
    en = {"layout": "a layout", "sample": "an earlier sample"}[what]
    return UsageInvalid(
        "OUT_NOT_OURS",
        Words(f"已存在，且不是{zh}；不会覆盖", f"exists and is not {en}; it will not be overwritten"),
        where=str(output),
        remedy=Words("换一个文件名，或先移走它", "choose another name, or move it away first"),
    )
