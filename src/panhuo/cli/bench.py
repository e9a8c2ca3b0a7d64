"""``panhuo bench``: figures, each with its peer in the same run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from panhuo.cli.output import emit_json, say
from panhuo.cli.outputs import write_whole
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words

NAMES = ("read", "run", "allocate", "growth", "web")


@click.command(
    name="bench",
    help=say(
        "性能基准：每个数字都与同一次运行中的对照并列。不给名称则全部运行。\n\n  read      读取与清洗，对照 Polars 带类型读取\n\n  run       panhuo run 全程，对照 Polars 读取加 LightGBM 打分\n\n"
        "  allocate  优化器，对照 SciPy 的 HiGHS\n\n  growth    规模增长（至 500 万行）\n\n  web       网页应用：导入对照 COPY，二十人同时使用\n\n  models    自带模型规格在真实数据上对照基线（须点名，并以 --data 给出数据目录）\n\n示例：panhuo bench read run --rows 200000",
        "Benchmarks: every figure beside its peer of the same run. Without names, all.\n\n  read      reading and cleaning, against Polars' typed read\n\n"
        "  run       panhuo run end to end, against a Polars read and a LightGBM prediction\n\n  allocate  the optimiser, against SciPy's HiGHS\n\n"
        "  growth    as the tape grows (to 5,000,000 rows)\n\n  web       the web application: import against COPY, pages under twenty users\n\n"
        "  models    the shipped model specifications on real data, beside baselines (when named, with --data)\n\nExample: panhuo bench read run --rows 200000",
    ),
)
@click.argument("names", nargs=-1, type=click.Choice((*NAMES, "models")), metavar="[NAME]...")
@click.option("--rows", type=click.IntRange(1_000, 50_000_000), default=1_000_000, show_default=True, help=say("行数", "rows"))
@click.option("--folder", type=click.Path(path_type=Path), help=say("存放并保留基准清单的目录", "folder to keep the bench's tapes in"))
@click.option("--data", type=click.Path(path_type=Path), help=say("models：真实数据所在目录", "models: the folder of the real data"))
@click.option("--only", multiple=True, metavar="SPEC", help=say("models：只做这些规格", "models: these specifications only"))
@click.option("-o", "--out", type=click.Path(path_type=Path), help=say("models：写成 Markdown 的文件", "models: the Markdown file to write"))
@click.option("--json", "as_json", is_flag=True, help=say("以 JSON 输出", "print as JSON"))
def command(
    names: tuple[str, ...], rows: int, folder: Path | None, data: Path | None, only: tuple[str, ...], out: Path | None, as_json: bool
) -> None:
    figures: dict[str, Any] = {}
    if "models" in names:
        figures["models"] = _models(data, only, out, as_json)
    for name in [name for name in names if name != "models"] if names else NAMES:
        figures[name] = _bench(name)(rows, folder)
        if not as_json:
            click.echo(f"{name}\n{_lines(figures[name], '  ')}")
    if as_json:
        emit_json(figures)


def _models(data: Path | None, only: tuple[str, ...], out: Path | None, as_json: bool) -> dict[str, Any]:
    from panhuo.bench.evidence import SETS, evidence, page

    if data is None or not set(only) <= SETS.keys():
        raise UsageInvalid(
            "BENCH_MODELS",
            Words("models 需要 --data，--only 须是自带的规格", "models wants --data, and --only shipped specifications"),
            where="panhuo bench models",
            remedy=Words(f"--data 目录；可用的规格：{'、'.join(SETS)}", f"--data FOLDER; there are: {', '.join(SETS)}"),
        )
    found: dict[str, Any] = {}
    for name, figures in evidence(data, only):
        found[name] = figures
        if out is not None:  # it takes half an hour: what is known is kept
            write_whole(out, page(found).encode())
    if out is None and not as_json:
        click.echo(page(found))
    return found


def _bench(name: str) -> Callable[[int, Path | None], dict[str, Any]]:
    from panhuo.bench import whole
    from panhuo.bench.allocate import bench_allocate
    from panhuo.bench.web import bench_web

    return {
        "read": lambda rows, folder: whole.bench_read(rows, folder=folder),
        "run": lambda rows, folder: whole.bench_run(rows, folder=folder),
        "allocate": lambda rows, folder: bench_allocate(rows, 12, 20, 0),
        "growth": lambda rows, folder: whole.bench_growth((rows // 4, rows, rows * 5), folder=folder),
        "web": lambda rows, folder: bench_web(rows, folder=folder),
    }[name]


def _lines(figures: Any, indent: str) -> str:
    if isinstance(figures, dict):
        return "\n".join(
            f"{indent}{key}: {value}" if not isinstance(value, list | dict) else f"{indent}{key}:\n{_lines(value, indent + '  ')}"
            for key, value in figures.items()
        )
    return "\n".join(_lines(item, indent) if isinstance(item, dict) else f"{indent}{item}" for item in figures)
