"""Input that cannot be used: exit status 3 (2 for wrong usage), what is wrong, where, and what to do, in the user's language; nothing left behind."""

from __future__ import annotations

import gzip
import re
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

HAN = re.compile(r"[\u4e00-\u9fff]")
Prepare = Callable[[Path, str], object]
Panhuo = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class Refusal:
    """prepare: makes the files. arguments: of ``panhuo run``. code and place: what the message must name. quotes: it quotes the tape's own Chinese."""

    arguments: tuple[str, ...]
    code: str
    place: str
    prepare: Prepare = lambda folder, text: None
    status: int = 3
    quotes: bool = False


def tape(name: str, make: Callable[[str], bytes]) -> Prepare:
    return lambda folder, text: (folder / name).write_bytes(make(text))


def yaml(**files: str) -> Prepare:
    return lambda folder, text: [(folder / f"{name}.yaml").write_text(content, encoding="utf-8") for name, content in files.items()]


def bomb(folder: Path, text: str) -> None:
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tape.csv", text.split("\n")[0] + "\n" + "0" * 120_000_000)


def packed(**members: bytes) -> Prepare:
    def prepare(folder: Path, text: str) -> None:
        with zipfile.ZipFile(folder / "x.zip", "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)

    return prepare


def encrypted(folder: Path, text: str) -> None:
    """The flag that says so is all a reader without the password can go by."""
    packed(**{"a.csv": text.encode()})(folder, text)
    data = bytearray((folder / "x.zip").read_bytes())
    for marker, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(marker) + offset] |= 1
    (folder / "x.zip").write_bytes(data)


def without(heading: str) -> Callable[[str], bytes]:
    return lambda text: pl.read_csv(text.encode(), infer_schema=False).drop(heading).write_csv().encode()


def page(text: str) -> bytes:
    cells = "".join(f"<td>{heading}</td>" for heading in text.split("\n")[0].split(","))
    return f"<html><body><table><tr>{cells}</tr></table></body></html>".encode()


LAYOUT = "name: mine\ntitle: {zh: 我的, en: mine}\nversion: 1\nsource: test\ncolumns:\n  - {from: 借据号, to: account_id}\n  - {from: 未偿本金, to: principal_fen}\n"

REFUSALS = {
    "empty file": Refusal(("x.csv",), "INPUT_EMPTY", "x.csv", tape("x.csv", lambda t: b"")),
    "byte-order mark only": Refusal(("x.csv",), "INPUT_EMPTY", "x.csv", tape("x.csv", lambda t: b"\xef\xbb\xbf")),
    "blank lines only": Refusal(("x.csv",), "INPUT_EMPTY", "x.csv", tape("x.csv", lambda t: b"\n\n\r\n")),
    "header only": Refusal(("x.csv",), "INPUT_NO_ROWS", "x.csv", tape("x.csv", lambda t: t.split("\n")[0].encode() + b"\n")),
    "no such file": Refusal(("nowhere.csv",), "INPUT_MISSING", "nowhere.csv"),
    "a folder": Refusal(("x.csv",), "INPUT_IS_DIRECTORY", "x.csv", lambda folder, text: (folder / "x.csv").mkdir()),
    "not text": Refusal(("x.csv",), "FILE_BINARY", "x.csv", tape("x.csv", lambda t: bytes(range(256)) * 500)),
    "wrong encoding": Refusal(("x.csv",), "LAYOUT_NOT_FOUND", "x.csv", tape("x.csv", lambda t: t.encode("gb18030").decode("latin-1").encode())),
    "a picture": Refusal(("x.csv",), "FILE_TYPE_UNSUPPORTED", "x.csv", tape("x.csv", lambda t: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50)),
    "truncated gz": Refusal(
        ("x.csv.gz",), "ARCHIVE_TRUNCATED", "x.csv.gz", tape("x.csv.gz", lambda t: (packed := gzip.compress(t.encode()))[: len(packed) // 2])
    ),
    "zip of a PDF": Refusal(("x.zip",), "ARCHIVE_NO_TAPE", "scan.pdf", packed(**{"scan.pdf": b"%PDF-1.7 ..."})),
    "zip of a PDF that is none": Refusal(("x.zip",), "ARCHIVE_NO_TAPE", "note.pdf", packed(**{"note.pdf": b"see below", "a.jpg": b"x"})),
    "zip of an office document": Refusal(("x.zip",), "ARCHIVE_NO_TAPE", "note.docx", packed(**{"note.docx": b"PK\x03\x04[Content_Types].xml"})),
    "zip of a folder": Refusal(("x.zip",), "INPUT_EMPTY", "tapes/", packed(**{"tapes/": b""})),
    "zip of empty files": Refusal(("x.zip",), "INPUT_EMPTY", "a.csv", packed(**{"a.csv": b"", "sub/": b""})),
    "empty zip": Refusal(("x.zip",), "INPUT_EMPTY", "x.zip", packed()),
    "zip with a password": Refusal(("x.zip",), "ARCHIVE_ENCRYPTED", "x.zip/a.csv", encrypted),
    "zip bomb": Refusal(("bomb.zip",), "ARCHIVE_BOMB", "bomb.zip", bomb),
    "html as xlsx": Refusal(("x.xlsx",), "FILE_IS_HTML", "x.xlsx", tape("x.xlsx", page)),
    "html as xls": Refusal(("x.xls",), "FILE_IS_HTML", "x.xls", tape("x.xls", page)),
    "damaged xlsx": Refusal(("x.xlsx",), "ARCHIVE_DAMAGED", "x.xlsx", tape("x.xlsx", lambda t: b"PK\x03\x04" + b"x" * 100)),
    "damaged xls": Refusal(("x.xls",), "WORKBOOK_DAMAGED", "x.xls", tape("x.xls", lambda t: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000)),
    "damaged parquet": Refusal(("x.parquet",), "PARQUET_DAMAGED", "x.parquet", tape("x.parquet", lambda t: b"PAR1" + b"x" * 100)),
    "duplicate headings": Refusal(
        ("x.csv",), "DUPLICATE_HEADINGS", "未偿本金", tape("x.csv", lambda t: t.replace("未偿利息", "未偿本金", 1).encode()), quotes=True
    ),
    "required field missing": Refusal(("x.csv",), "LAYOUT_MISSING_REQUIRED", "未偿本金", tape("x.csv", without("未偿本金")), quotes=True),
    "account number missing": Refusal(("x.csv",), "LAYOUT_MISSING_REQUIRED", "借据号", tape("x.csv", without("借据号")), quotes=True),
    "headings nobody knows": Refusal(("x.csv",), "LAYOUT_NOT_FOUND", "x.csv", tape("x.csv", lambda t: b"a,b,c\n1,2,3\n")),
    "two tapes with other headings": Refusal(("good.csv", "x.csv"), "HEADINGS_DIFFER", "x.csv", tape("x.csv", lambda t: b"a,b\n1,2\n"), quotes=True),
    "the same file twice": Refusal(("good.csv", "./good.csv"), "INPUT_TWICE", "good.csv", status=2),
    "layout of another tape": Refusal(("good.csv", "--layout", "sba"), "LAYOUT_MISSING_REQUIRED", "LoanNr_ChkDgt"),
    "unknown layout": Refusal(("good.csv", "--layout", "nobank"), "LAYOUT_UNKNOWN", "lendingclub"),
    "layout file missing": Refusal(("good.csv", "--layout", "none.yaml"), "CONFIG_UNREADABLE", "none.yaml"),
    "layout with an unknown key": Refusal(
        ("good.csv", "--layout", "mine.yaml"), "CONFIG_UNKNOWN_KEY", "mine.yaml:5", yaml(mine=LAYOUT.replace("columns:", "colums:")), quotes=True
    ),
    "layout with a cycle": Refusal(
        ("good.csv", "--layout", "mine.yaml"),
        "",
        "mine.yaml",
        yaml(mine=LAYOUT + "derived:\n  interest_fen: penalty_fen + 1\n  penalty_fen: interest_fen + 1\n"),
        quotes=True,
    ),
    "layout with a bad expression": Refusal(
        ("good.csv", "--layout", "mine.yaml"), "", "mine.yaml", yaml(mine=LAYOUT + "derived:\n  interest_fen: principal_fen +* 2\n"), quotes=True
    ),
    "layout with an expression on nothing": Refusal(
        ("good.csv", "--layout", "mine.yaml"), "", "no_such_column", yaml(mine=LAYOUT + "derived:\n  interest_fen: no_such_column + 1\n"), quotes=True
    ),
    "layout that would run code": Refusal(
        ("good.csv", "--layout", "mine.yaml"), "CONFIG_NOT_YAML", "mine.yaml", yaml(mine="name: !!python/object/apply:os.system ['touch hacked']\n")
    ),
    "policy with an unknown key": Refusal(
        ("good.csv", "--policy", "p.yaml"), "CONFIG_UNKNOWN_KEY", "horizon_months", yaml(p="extends: default\nhorizon_mnths: 12\n")
    ),
    "policy with a value out of range": Refusal(
        ("good.csv", "--policy", "p.yaml"), "CONFIG_VALUE", "p.yaml:2", yaml(p="extends: default\nhorizon_months: 0\n")
    ),
    "policies that extend one another": Refusal(
        ("good.csv", "--policy", "p.yaml"), "CONFIG_EXTENDS_CYCLE", "q.yaml", yaml(p="extends: q.yaml\n", q="extends: p.yaml\n")
    ),
    "policy with a cycle of anchors": Refusal(("good.csv", "--policy", "p.yaml"), "CONFIG_CYCLE", "p.yaml", yaml(p="a: &a\n  b: *a\n")),
    "policy that is not YAML": Refusal(("good.csv", "--policy", "p.yaml"), "CONFIG_NOT_YAML", "p.yaml:2", yaml(p="a: [1,\n")),
    "policy that is a tape": Refusal(("good.csv", "--policy", "good.csv"), "CONFIG_SHAPE", "good.csv"),
    "no such policy": Refusal(("good.csv", "--policy", "none.yaml"), "CONFIG_UNREADABLE", "none.yaml"),
    "OUT is somebody's folder": Refusal(
        ("good.csv",),
        "OUT_NOT_OURS",
        "out",
        lambda folder, text: ((folder / "out").mkdir(), (folder / "out" / "thesis.doc").write_text("precious")),
        status=2,
    ),
    "OUT is a file": Refusal(("good.csv",), "OUT_NOT_OURS", "out", tape("out", lambda t: b"precious"), status=2),
}


OUTSIDE = {
    "empty file": "en", "no such file": "zh", "zip bomb": "zh", "damaged xls": "en", "damaged parquet": "zh", "headings nobody knows": "en",
    "the same file twice": "zh", "layout with a cycle": "en", "policy that is not YAML": "zh", "OUT is a file": "en",
}  # fmt: skip
"""Told in this language by a process of its own, with both exit statuses and from the readers that are not Python: starting Python and Polars
for every case would show nothing more."""


@pytest.mark.parametrize("name", REFUSALS)
def test_refused_with_place_and_remedy_in_both_languages(name: str, folder: Path, tape_text: str, panhuo: Panhuo, within: Panhuo) -> None:
    case = REFUSALS[name]
    case.prepare(folder, tape_text)
    before = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    for lang in ("zh", "en"):
        command = panhuo if OUTSIDE.get(name) == lang else within
        done = command("run", *case.arguments, "-o", "out", lang=lang)
        assert done.returncode == case.status, done.stderr
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        said, remedy = done.stderr.strip().rsplit("\n", 1)
        assert f"{case.code}]" in said
        assert case.place in done.stderr
        assert remedy.startswith("处理办法：" if lang == "zh" else "Remedy: ")
        assert len(remedy) > 8
        assert lang == "en" or HAN.search(said.partition(": ")[2])
        assert lang == "zh" or case.quotes or not HAN.search(done.stderr), done.stderr
        assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) == before


WRONG_USAGE = {
    "no tape": (("run", "-o", "out"), "TAPE"),
    "no output": (("run", "good.csv"), "--out"),
    "unknown option": (("run", "good.csv", "-o", "out", "--fast"), "--fast"),
    "unknown command": (("rum", "good.csv"), "rum"),
    "unknown engine": (("run", "good.csv", "-o", "out", "--engine", "cloud"), "cloud"),
    "a day that is none": (("run", "good.csv", "-o", "out", "--as-of", "2026-02-30"), "2026-02-30"),
    "a cut-off before the law": (("run", "good.csv", "-o", "out", "--as-of", "1850-01-01"), "1850-01-01"),
    "a cut-off in another millennium": (("run", "good.csv", "-o", "out", "--as-of", "20990101-"), "20990101-"),
    "a seed that is none": (("run", "good.csv", "-o", "out", "--seed", "x"), "--seed"),
    "too few rows a batch": (("run", "good.csv", "-o", "out", "--batch-rows", "5"), "--batch-rows"),
    "sample without rows": (("sample", "-o", "s.csv"), "-n"),
    "sample of negative rows": (("sample", "-n", "-5", "-o", "s.csv"), "-5"),
    "sample as a picture": (("sample", "-n", "5", "-o", "s.png"), "s.png"),
    "sample all too dirty": (("sample", "-n", "5", "-o", "s.csv", "--dirty", "2"), "2"),
}


@pytest.mark.parametrize("name", WRONG_USAGE)
def test_wrong_usage_is_two(name: str, folder: Path, panhuo: Panhuo, within: Panhuo) -> None:
    arguments, named = WRONG_USAGE[name]
    done = (panhuo if name in ("no output", "unknown command", "sample as a picture") else within)(*arguments, lang="en")
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in folder.iterdir()] == ["good.csv"]


def test_somebodys_folder_stays_as_it_was(folder: Path, within: Panhuo) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "summary.json").write_text('{"not": "ours"}', encoding="utf-8")
    assert within("run", "good.csv", "-o", "out").returncode == 2
    assert (folder / "out" / "summary.json").read_text(encoding="utf-8") == '{"not": "ours"}'


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "注意 [CURRENCY_NOT_CNY] 清单不是人民币"), ("en", "note [CURRENCY_NOT_CNY] the tape is not in yuan")]
)
def test_a_tape_in_dollars_is_no_refusal_but_is_said_on_stderr(folder: Path, within: Panhuo, lang: str, words: str) -> None:
    tape = pl.read_csv(folder / "good.csv", infer_schema=False).with_columns(pl.lit("USD").alias("币种"))
    tape.write_csv(folder / "dollars.csv")
    done = within("run", "dollars.csv", "-o", "out", "--json", lang=lang)
    assert done.returncode == 0
    assert words in done.stderr
