"""``panhuo sample``: a synthetic tape and its truth."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from panhuo.cli.output import emit_json, language, progress, say
from panhuo.cli.outputs import refuse_foreign_sample
from panhuo.cli.signals import end_once
from panhuo.engines.intake.synthesis import Synthetic, Written, synthesise, write_sample
from panhuo.engines.intake.synthesis.writing import ENCODINGS, suffix_of, truth_paths
from panhuo.kernel.money import format_short

AS_OF = "2026-10-31"
"""The cut-off where none is given: fixed, so that the command gives the same tape every day."""


@click.command(
    help=say(
        "生成合成贷款清单（40 列中文表头）及其真值。姓名虚构，证件号与手机号合规但不属于任何人。\n\n"
        "旁边另写 <文件名>.truth.parquet（真实债务人、36 个月真实回款）与 <文件名>.truth-faults.parquet（注入的每一处错误）。\n\n"
        "示例：panhuo sample -n 20000 -o tape.csv --dirty 0.05",
        "Make a synthetic loan tape (40 columns, Chinese headings) and its truth. Names are invented; identity and phone numbers are well "
        "formed but nobody's.\n\nBeside it: <stem>.truth.parquet (true debtor, true recovery over 36 months) and "
        "<stem>.truth-faults.parquet (every fault put in).\n\nExample: panhuo sample -n 20000 -o tape.csv --dirty 0.05",
    )
)
@click.option("-n", "rows", type=click.IntRange(min=1), required=True, help=say("行数", "rows"))
@click.option("-o", "output", type=click.Path(path_type=Path), required=True, help=say("输出：", "output: ") + ".csv .csv.gz .xlsx .parquet")
@click.option("--seed", type=int, default=1, show_default=True, help=say("随机种子", "random seed"))
@click.option("--dirty", type=float, default=0.02, show_default=True, help=say("有错误的行占比", "share of rows with a fault"))
@click.option("--as-of", "as_of", type=click.DateTime(["%Y-%m-%d"]), default=AS_OF, show_default=True, help=say("基准日", "cut-off date"))
@click.option("--encoding", type=click.Choice(ENCODINGS), default="utf-8", show_default=True, help=say("CSV 编码", "encoding of a CSV"))
@click.option("--json", "as_json", is_flag=True, help=say("以 JSON 输出数字", "print the figures as JSON"))
def command(rows: int, output: Path, seed: int, dirty: float, as_of: dt.datetime, encoding: str, as_json: bool) -> None:
    suffix = suffix_of(output)
    refuse_foreign_sample(output, truth_paths(output)[0])
    sample = synthesise(rows, seed=seed, as_of=as_of.date(), dirty=dirty, null_bytes=suffix != ".xlsx")
    end_once()
    with progress() as tell:
        written = write_sample(sample, output, encoding=encoding, told=lambda share: tell(say("生成清单", "making the tape"), share))
    if as_json:
        emit_json(_figures(sample, written))
    else:
        click.echo(_sentence(sample, written))


def _figures(sample: Synthetic, written: Written) -> dict[str, object]:
    return {
        "tape": str(written.tape),
        "truth": str(written.truth),
        "fault_list": str(written.fault_list),
        "rows": written.rows,
        "seed": sample.seed,
        "as_of": sample.as_of.isoformat(),
        "dirty": sample.dirty,
        "debtors": written.debtors,
        "balance_fen": written.balance_fen,
        "expected_recovery_fen": round(written.expected_recovery_fen),
        "recovery_fen": written.recovery_fen,
        "faulty_rows": written.faulty_rows,
        "faults": dict(sorted(written.faults.items())),
    }


def _sentence(sample: Synthetic, written: Written) -> str:
    owed, comes = (format_short(fen, language()) for fen in (written.balance_fen, written.recovery_fen))
    return say(
        f"{written.tape}：{written.rows:,} 笔，债务人 {written.debtors:,} 个，基准日 {sample.as_of}，未偿本息费 {owed}\n"
        f"{written.truth}：36 个月真实回款 {comes}\n"
        f"{written.fault_list}：{written.faulty_rows:,} 行有错误，共 {sum(written.faults.values()):,} 处",
        f"{written.tape}: {written.rows:,} accounts of {written.debtors:,} debtors at {sample.as_of}, {owed} owed\n"
        f"{written.truth}: true recovery over 36 months {comes}\n"
        f"{written.fault_list}: {written.faulty_rows:,} rows with faults, {sum(written.faults.values()):,} in all",
    )
