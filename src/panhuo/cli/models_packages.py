"""``panhuo models package`` and ``rollrates``: what a package is worth, and how accounts move between statuses."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panhuo.cli.output import emit_json, language, say
from panhuo.cli.outputs import refuse_input, write_whole
from panhuo.kernel.words import Words

if TYPE_CHECKING:
    import polars as pl

_FILE = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help=say("输出 JSON", "print JSON"))


@click.command(
    "package",
    help=say(
        "资产包估价：按账户曲线、买方成本与要求回报，给出价格与区间、现金流、敏感性，并可分组。RESULT 是 panhuo run 的结果目录。\n\n"
        "示例：panhuo models package 结果 --required-return 0.15 --by product",
        "The price of a package: from account curves, a buyer's costs and required return, with an interval, cash flow, sensitivity, and by group. RESULT is a folder that panhuo run made.\n\n"
        "Example: panhuo models package OUT --required-return 0.15 --by product",
    ),
)
@click.argument("result", type=_FILE)
@click.option("--required-return", type=float, default=0.15, show_default=True, help=say("买方要求的年回报", "the return a buyer asks, a year"))
@click.option("--servicing", type=float, default=0.35, show_default=True, help=say("催收成本占回款的比例", "what collecting takes of the cash"))
@click.option("--buying", type=float, default=0.0, show_default=True, help=say("购买费用占价格的比例", "costs of buying, of the price"))
@click.option(
    "--uncertainty",
    type=float,
    default=0.35,
    show_default=True,
    help=say("总体不确定性（对数标准差）", "uncertainty of the whole (log standard deviation)"),
)
@click.option("--by", default=None, help=say("按账户的这一列分组", "group by this column of the accounts"))
@click.option("--policy", type=_FILE, default=None, help=say("政策文件", "policy file"))
@click.option("-o", "--out", type=_FILE, help=say("现金流 CSV", "the cash flow as CSV"))
@_JSON
def package(
    result: Path,
    required_return: float,
    servicing: float,
    buying: float,
    uncertainty: float,
    by: str | None,
    policy: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    from panhuo.engines.valuation import recovery_curve
    from panhuo.engines.valuation.package_price import Buyer, package_price
    from panhuo.kernel.money import format_short
    from panhuo.pipeline import load_policy

    accounts, as_of = _result(result, by)
    curve = recovery_curve(accounts, policy=load_policy(policy).valuation, as_of=as_of)
    buyer = Buyer(required_return, servicing, buying, uncertainty)
    groups = accounts[by].cast(str).fill_null("").to_list() if by else None
    found = package_price(curve, accounts["balance_fen"].to_numpy().astype(float), buyer=buyer, segments=groups)
    if out is not None:
        write_whole(out, found.cash.write_csv(include_bom=True).encode())
    if as_json:
        emit_json(
            {
                "price_fen": found.price,
                "low_fen": found.low,
                "high_fen": found.high,
                "face_fen": found.face,
                "ratio": found.ratio,
                "recovery_fen": found.recovery,
                "accounts": found.accounts,
                "segments": found.segments.to_dicts(),
                "sensitivity": found.sensitivity.to_dicts(),
                "cash": found.cash.to_dicts(),
            }
        )
        return
    price, low, high, face = (format_short(fen, language()) for fen in (found.price, found.low, found.high, found.face))
    click.echo(
        say(
            f"{found.accounts:,} 户，债权 {face}：价格 {price}（{found.ratio:.2%}），90% 区间 {low} – {high}",
            f"{found.accounts:,} accounts, face {face}: price {price} ({found.ratio:.2%}), 90 % interval {low} – {high}",
        )
    )
    for name, count, _, fen, ratio, share in found.segments.iter_rows() if by else ():
        click.echo(f"  {name:<20} {count:>10,} {format_short(fen, language()):>16} {ratio:>8.2%} {share:>8.1%}")
    click.echo(say("回款倍数 × 要求回报：", "recovery × required return:"))
    for row in found.sensitivity.iter_rows(named=True):
        click.echo(
            "  " + f"{row['recovery']:<6}" + "".join(f"{name:>8}: {format_short(fen, language())}" for name, fen in row.items() if name != "recovery")
        )


def _result(folder: Path, by: str | None) -> tuple[pl.DataFrame, dt.date]:
    """The accounts of a result folder and its cut-off date."""
    import polars as pl

    from panhuo.kernel.errors import InputUnusable

    try:
        accounts = pl.read_parquet(folder / "accounts.parquet")
        as_of = dt.date.fromisoformat(json.loads((folder / "summary.json").read_text(encoding="utf-8"))["as_of"])
    except (OSError, KeyError, ValueError, pl.exceptions.PolarsError) as error:
        raise InputUnusable(
            "RESULT_UNUSABLE",
            Words("不是 panhuo run 的结果目录", "is no folder that panhuo run made"),
            where=str(folder),
            remedy=Words("先运行 panhuo run 清单 -o 结果", "first run: panhuo run TAPE -o OUT"),
        ) from error
    if by is not None and by not in accounts.columns:
        raise InputUnusable(
            "RESULT_COLUMN",
            Words(f"账户没有列 {by}", f"the accounts have no column {by}"),
            where=str(folder),
            remedy=Words(f"可用：{'、'.join(accounts.columns[:30])}", f"there are: {', '.join(accounts.columns[:30])}"),
        )
    return accounts, as_of


@click.command(
    "rollrates",
    help=say(
        "迁徙率：按月末状态统计下月去向，含区间、终态概率与分组。\n\n示例：panhuo models rollrates --data 记录.parquet --entity ID --month MONTHS_BALANCE "
        "--status STATUS --ladder C,X,0,1,2,3,4,5 --absorbing C -o 迁徙率.csv",
        "Roll rates: where accounts of each status stand a month later, with intervals, where it ends, and by group.\n\n"
        "Example: panhuo models rollrates --data record.parquet --entity ID --month MONTHS_BALANCE --status STATUS --ladder C,X,0,1,2,3,4,5 --absorbing C -o rates.csv",
    ),
)
@click.option(
    "--data",
    "data",
    type=_FILE,
    required=True,
    multiple=True,
    metavar="FILE",
    help=say("CSV 或 Parquet 文件，可多次给出", "CSV or Parquet file; may be given several times"),
)
@click.option("--entity", required=True, help=say("借款人列", "the borrower's column"))
@click.option("--month", required=True, help=say("月份列（每月加一的整数）", "the month's column (whole numbers, rising by one a month)"))
@click.option("--status", required=True, help=say("状态列", "the status's column"))
@click.option("--ladder", required=True, help=say("状态，从好到坏，以逗号分隔", "the statuses, the best first, with commas between"))
@click.option("--absorbing", default="", help=say("终态（结清、核销），以逗号分隔", "statuses that are kept for good (paid, charged off)"))
@click.option("--by", default="", help=say("分组列（产品、放款月份），以逗号分隔", "columns to group by (product, vintage)"))
@click.option("--balance", default=None, help=say("月末余额列，另按金额统计", "the month-end balance's column: rates by money, too"))
@click.option("-o", "--out", type=_FILE, help=say("写成 CSV 的文件", "the CSV file to write"))
@_JSON
def rollrates(
    data: tuple[Path, ...],
    entity: str,
    month: str,
    status: str,
    ladder: str,
    absorbing: str,
    by: str,
    balance: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    from panhuo.engines.valuation.learning.history import read_columns
    from panhuo.engines.valuation.rollrates import ends, roll_rates

    steps, kept, groups = (tuple(one.strip() for one in text.split(",") if one.strip()) for text in (ladder, absorbing, by))
    panel = read_columns(
        data, {entity: "text", month: "number", status: "text", **dict.fromkeys(groups, "text"), **({balance: "number"} if balance else {})}
    )
    found = roll_rates(panel, entity=entity, month=month, status=status, ladder=steps, absorbing=kept, by=groups, balance=balance)
    if out is not None:
        refuse_input(out, *data)
        write_whole(out, found.table.write_csv(include_bom=True).encode())
    matrix = found.matrix()
    if as_json:
        emit_json(
            {
                "ladder": steps,
                "matrix": matrix.tolist(),
                "ends": ends(matrix, [steps.index(one) for one in kept]).tolist() if kept else None,
                "rates": found.table.to_dicts(),
                "gaps": found.gaps,
                "outside": found.outside,
            }
        )
        return
    width = max(8, *(len(step) + 2 for step in steps))
    click.echo(" " * width + "".join(f"{step:>{width}}" for step in steps))
    for step, row in zip(steps, matrix, strict=True):
        click.echo(f"{step:<{width}}" + "".join(f"{share:>{width}.2%}" for share in row))
    click.echo(
        say(
            f"缺下月记录 {found.gaps:,} 条，阶梯外状态 {found.outside:,} 条，未计入",
            f"{found.gaps:,} record(s) without one a month later and {found.outside:,} of a status off the ladder are not counted",
        )
    )
