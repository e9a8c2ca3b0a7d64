"""``panhuo models``: specifications, training on one's own history, answers, and how good they are beside baselines."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panhuo.cli.models_packages import package, rollrates
from panhuo.cli.output import emit_json, language, say
from panhuo.cli.outputs import refuse_input, write_whole
from panhuo.kernel.words import Words

if TYPE_CHECKING:
    import polars as pl

    from panhuo.engines.valuation.learning import ClassModel, Model
    from panhuo.engines.valuation.learning.history import Rows

_FILE = click.Path(path_type=Path)
_DATA = click.option(
    "--data",
    "data",
    type=_FILE,
    required=True,
    multiple=True,
    metavar="FILE",
    help=say("CSV 或 Parquet 文件，可多次给出", "CSV or Parquet file; may be given several times"),
)
_JSON = click.option("--json", "as_json", is_flag=True, help=say("输出 JSON", "print JSON"))
_SHOWN = ("log_loss", "accuracy", "rmse", "mae", "spearman", "calibration_slope", "coverage", "width")


@click.group(
    help=say(
        "模型：用自己的历史训练、预测、对照基线。\n\n示例：\n\n  panhuo models train sba-loss --data 历史.csv -o 模型.panhuo",
        "Models: train on one's own history, predict, compare with baselines.\n\nExample:\n\n  panhuo models train sba-loss --data history.csv -o loss.panhuo",
    )
)
def command() -> None:
    pass


@command.command(
    "specs", help=say("列出自带的规格。\n\n示例：panhuo models specs", "List the shipped specifications.\n\nExample: panhuo models specs")
)
@_JSON
def specs(as_json: bool) -> None:
    from panhuo.engines.valuation.learning import load_specification, shipped

    found = [load_specification(name) for name in shipped()]
    if as_json:
        emit_json(
            [
                {
                    "name": one.name,
                    "version": one.version,
                    "title": one.title.model_dump(),
                    "population": one.population,
                    "target": one.target.sql,
                    "columns": list(one.columns),
                }
                for one in found
            ]
        )
        return
    width = max(len(one.name) for one in found)
    for one in found:
        click.echo(f"{one.name:<{width}}  {one.title.words.to(language())}  {one.target.sql}")


@command.command(
    "train",
    help=say(
        "按规格训练一个模型。规格是自带的名字或 .yaml 文件。\n\n示例：panhuo models train mortgage-lgd --data 历史.csv -o 模型.panhuo",
        "Train a model by a specification: a shipped name or a .yaml file.\n\nExample: panhuo models train mortgage-lgd --data history.csv -o lgd.panhuo",
    ),
)
@click.argument("spec")
@_DATA
@click.option("-o", "--out", type=_FILE, required=True, help=say("模型文件", "the model's file"))
@click.option("--seed", type=int, default=0, show_default=True, help=say("随机种子", "random seed"))
@_JSON
def train(spec: str, data: tuple[Path, ...], out: Path, seed: int, as_json: bool) -> None:
    from panhuo.engines.valuation.learning import fit, load_specification, read_rows, save

    specification = load_specification(spec)
    refuse_input(out, *data)
    rows = read_rows(data, specification)
    model = fit(rows, specification=specification, seed=seed)
    digest = save(model, out)
    if as_json:
        emit_json({"specification": specification.name, "rows": model.rows, "weights": dict(model.weights), "sha256": digest, "unread": rows.unread})
        return
    _tell_unread(rows.unread)
    kept = say("、", ", ").join(f"{name} {weight:.0%}" for name, weight in model.weights.items() if weight)
    click.echo(say(f"{out}：{specification.name}，{model.rows:,} 行，{kept}", f"{out}: {specification.name}, {model.rows:,} rows, {kept}"))


@command.command(
    "predict",
    help=say(
        "预测：row（文件中的行号，从 1 起）、prediction、lower、upper。\n\n示例：panhuo models predict 模型.panhuo --data 新.csv -o 预测.parquet",
        "Predict: row (1-based in the file), prediction, lower, upper.\n\nExample: panhuo models predict lgd.panhuo --data new.csv -o out.parquet",
    ),
)
@click.argument("model", type=_FILE)
@_DATA
@click.option("-o", "--out", type=_FILE, required=True, help=say("输出 .parquet", "the .parquet file to write"))
@click.option(
    "--reasons",
    type=click.IntRange(0, 20),
    default=0,
    show_default=True,
    help=say("另给影响最大的几个特征及各自增减多少", "also the features that moved each answer most, and how far"),
)
@_JSON
def predict(model: Path, data: tuple[Path, ...], out: Path, reasons: int, as_json: bool) -> None:
    from panhuo.engines.valuation.learning import load, read_rows

    known = load(model)
    refuse_input(out, model, *data)
    rows = read_rows(data, known.specification)
    answers = known.answer(rows)
    _write(answers.hstack(_reasons(known, rows, reasons)) if reasons else answers, out)
    if as_json:
        emit_json({"specification": known.specification.name, "rows_in": rows.rows_in, "rows": len(rows), "unread": rows.unread})
        return
    _tell_unread(rows.unread)
    click.echo(say(f"{out}：{rows.rows_in:,} 行中的 {len(rows):,} 行", f"{out}: {len(rows):,} of {rows.rows_in:,} rows"))


@command.command(
    "evaluate",
    help=say(
        "在结果已知的数据上与基线对照。\n\n示例：panhuo models evaluate 模型.panhuo --data 后来.csv --json",
        "Compare with the baselines where outcomes are known.\n\nExample: panhuo models evaluate lgd.panhuo --data later.csv --json",
    ),
)
@click.argument("model", type=_FILE)
@_DATA
@_JSON
def evaluate_command(model: Path, data: tuple[Path, ...], as_json: bool) -> None:
    from panhuo.engines.valuation.learning import evaluate, load, read_rows

    known = load(model)
    rows = read_rows(data, known.specification)
    found = evaluate(known, rows)
    if as_json:
        emit_json(found | {"unread": rows.unread})
        return
    _tell_unread(rows.unread)
    _print(known, found)


@command.command(
    "card",
    help=say(
        "模型卡：预测什么、对谁、凭什么、与基线相比如何、不得用于什么。\n\n示例：panhuo models card 模型.panhuo",
        "A model's card: what it predicts, of whom, from what, how it compares with baselines, what it must not be used for.\n\n"
        "Example: panhuo models card lgd.panhuo",
    ),
)
@click.argument("model", type=_FILE)
@_JSON
def card(model: Path, as_json: bool) -> None:
    from panhuo.engines.valuation.learning import card_data, card_text, load

    known = load(model)
    if as_json:
        emit_json(card_data(known))
        return
    click.echo(card_text(known, language()))


@command.command(
    "compare",
    help=say(
        "在同一批行上比较几个预测同一结果的模型，第一个与其余各个相比。\n\n示例：panhuo models compare 新.panhuo 旧.panhuo --data 后来.csv",
        "Compare models of one outcome on the same rows, the first with each of the others.\n\n"
        "Example: panhuo models compare new.panhuo old.panhuo --data later.csv",
    ),
)
@click.argument("models", type=_FILE, nargs=-1, required=True)
@_DATA
@_JSON
def compare_command(models: tuple[Path, ...], data: tuple[Path, ...], as_json: bool) -> None:
    from panhuo.engines.valuation.learning import compare, load
    from panhuo.kernel.errors import UsageInvalid

    names = [str(path) for path in models]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise UsageInvalid(
            "MODELS_TO_COMPARE",
            Words("比较至少要两个不同的模型", "it takes two different models to compare"),
            where="panhuo models compare",
            remedy=Words("给出两个以上模型文件", "give two or more model files"),
        )
    found = compare({str(path): load(path) for path in models}, data)
    if as_json:
        emit_json(found)
        return
    verdicts = {"better": say("第一个更好", "the first is better"), "tied": say("不分高下", "tied"), "worse": say("第一个更差", "the first is worse")}
    click.echo(say(f"{found['n']:,} 行", f"{found['n']:,} rows"))
    _table(found["metrics"])
    for name, one in found["against"].items():
        click.echo(
            say(
                f"{names[0]} 与 {name}：{verdicts[one['verdict']]}（损失少 {one['gain']:.1%}）",
                f"{names[0]} and {name}: {verdicts[one['verdict']]} ({one['gain']:.1%} less loss)",
            )
        )


@command.command(
    "drift",
    help=say(
        "漂移：新数据与训练时的总体相差多少（PSI），结果已知时还看校准。\n\n示例：panhuo models drift 模型.panhuo --data 本月.csv",
        "Drift: how far new data are from those that taught the model (PSI), and where outcomes are known, calibration.\n\n"
        "Example: panhuo models drift lgd.panhuo --data month.csv",
    ),
)
@click.argument("model", type=_FILE)
@_DATA
@_JSON
def drift_command(model: Path, data: tuple[Path, ...], as_json: bool) -> None:
    from panhuo.engines.valuation.learning import drift, load, read_rows

    known = load(model)
    found = drift(known, read_rows(data, known.specification))
    if as_json:
        emit_json(found)
        return
    words = {"stable": say("稳定", "stable"), "watch": say("关注", "watch"), "alarm": say("报警", "alarm")}
    click.echo(
        say(
            f"{known.specification.name}：{found['rows']:,} 行，{words[found['state']]}",
            f"{known.specification.name}: {found['rows']:,} rows, {words[found['state']]}",
        )
    )
    if not found["enough"]:
        click.echo(say("行数太少，只作参考", "too few rows to judge by"))
    click.echo(f"  {say('预测值', 'answers'):<24} PSI {found['answers']['psi']:.3f}  {words[found['answers']['state']]}")
    for one in found["features"]:
        click.echo(f"  {one['name']:<24} PSI {one['psi']:.3f}  {words[one['state']]}")
    if told := found["outcomes"]:
        click.echo(
            say(
                f"结果已知 {told['rows']:,} 行：偏差 {told['bias']:+.4f}，校准斜率 {told['calibration_slope']:.3f}，区间覆盖 {told['coverage']:.1%}，{words[told['state']]}",
                f"outcomes known of {told['rows']:,} rows: bias {told['bias']:+.4f}, calibration slope {told['calibration_slope']:.3f}, coverage {told['coverage']:.1%}, {words[told['state']]}",
            )
        )


def _print(known: Model | ClassModel, found: dict[str, Any]) -> None:
    click.echo(say(f"{known.specification.name}：{found['n']:,} 行", f"{known.specification.name}: {found['n']:,} rows"))
    _table({say("模型", "model"): found["metrics"], **found["baselines"]})


def _table(rows: Mapping[str, Mapping[str, float]]) -> None:
    shown = [name for name in _SHOWN if name in next(iter(rows.values()))]
    width = max(14, *(len(name) + 2 for name in rows))
    click.echo(" " * width + "".join(f"{name:>20}" for name in shown))
    for name, metrics in rows.items():
        click.echo(f"{name:<{width}}" + "".join(f"{metrics[one]:>20.4f}" for one in shown))


def _tell_unread(unread: dict[str, int]) -> None:
    for name, count in unread.items():
        click.echo(
            say(f"注意：{name} 有 {count:,} 格无法识别，按缺失计", f"note: {count:,} cell(s) of {name} cannot be read and count as missing"), err=True
        )


def _reasons(known: Model | ClassModel, rows: Rows, most: int) -> pl.DataFrame:
    from panhuo.engines.valuation.learning import ClassModel
    from panhuo.engines.valuation.learning.explaining import reasons
    from panhuo.kernel.errors import UsageInvalid

    if isinstance(known, ClassModel):
        raise UsageInvalid(
            "REASONS_OF_CLASSES",
            Words("类别模型没有逐特征的增减", "a model of classes has no additions feature by feature"),
            where="--reasons",
            remedy=Words("去掉 --reasons，或看模型卡", "leave --reasons out, or see the model's card"),
        )
    return reasons(known, rows.features, most=most).drop("prediction")


def _write(frame: pl.DataFrame, out: Path) -> None:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    write_whole(out, buffer.getvalue())


command.add_command(package)
command.add_command(rollrates)
