"""A model's card: what it answers, of whom, from what, how it did on rows not seen beside its baselines, and what it must not be used for.

After Mitchell et al. (2019), Model cards for model reporting. Every figure is of the model's own file; nothing is asked of the history again.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from panhuo.engines.valuation.learning.classes import ClassModel
from panhuo.engines.valuation.learning.model import Model
from panhuo.kernel.words import Lang, Words

VERDICTS = {"better": Words("优于", "better"), "tied": Words("持平", "tied"), "worse": Words("不如", "worse")}
BASELINES = {
    "mean": Words("平均值", "the mean"),
    "segment": Words("分群平均", "segment means"),
    "linear": Words("线性回归", "linear regression"),
    "fractional": Words("分数响应回归", "fractional response"),
    "logistic": Words("多项逻辑回归", "multinomial regression"),
    "lightgbm": Words("默认 LightGBM", "LightGBM as it comes"),
}
_MEASURES = {
    "rmse": Words("均方根误差", "RMSE"),
    "mae": Words("平均绝对误差", "MAE"),
    "spearman": Words("秩相关", "Spearman"),
    "calibration_slope": Words("校准斜率", "calibration slope"),
    "log_loss": Words("对数损失", "log loss"),
    "accuracy": Words("准确率", "accuracy"),
    "auc": Words("AUC", "AUC"),
    "ks": Words("KS", "KS"),
}


def card_data(model: Model | ClassModel) -> dict[str, Any]:
    """What a card says, as data."""
    specification, record = model.specification, model.record
    return {
        "specification": specification.name,
        "version": specification.version,
        "title": specification.title.model_dump(),
        "source": specification.source,
        "not_for": specification.not_for.model_dump(),
        "population": specification.population,
        "target": specification.target.sql,
        "rows": model.rows,
        "data": model.fingerprint,
        "seed": model.seed,
        "time": record["time"],
        "outcome": record["outcome"],
        "weights": {name: weight for name, weight in model.weights.items() if weight},
        "features": [
            {"name": feature.name, "sql": feature.sql, "kind": feature.kind, "monotone": feature.monotone, "moves": record["moves"][feature.name]}
            for feature in sorted(specification.features, key=lambda one: (-record["moves"][one.name], one.name))
        ],
        "measured": record["measured"],
        "against": record["against"],
        "verdict": verdict_of(record["against"]),
        "level": specification.level,
    }


def verdict_of(against: dict[str, dict[str, Any]]) -> str:
    """better: than every baseline; worse: than any; tied otherwise."""
    found = {one["verdict"] for one in against.values()}
    return "worse" if "worse" in found else "better" if found == {"better"} else "tied"


def card_text(model: Model | ClassModel, language: Lang) -> str:
    """The card as Markdown."""
    data = card_data(model)

    def say(zh: str, en: str) -> str:
        return Words(zh, en).to(language)

    title, not_for = Words(**data["title"]).to(language), Words(**data["not_for"]).to(language)
    lines = [
        f"# {title}",
        "",
        f"`{data['specification']}` {say('第', 'version ')}{data['version']}{say(' 版', '')}",
        "",
        f"**{say('不得用于：', 'Not to be used for: ')}{not_for}**",
        "",
        _verdict(data, language),
        "",
        f"- {say('对象', 'Population')}: `{data['population']}`",
        f"- {say('结果', 'Outcome')}: `{data['target']}`",
        f"- {say('依据', 'From')}: {data['source']}",
        f"- {say('训练行数', 'Rows that taught it')}: {data['rows']:,}{_span(data['time'])}",
        f"- {say('数据指纹', 'Data fingerprint')}: `{data['data'][:16]}…`  {say('种子', 'seed')}: {data['seed']}",
        f"- {say('算法占比', 'Members')}: {', '.join(f'{name} {weight:.0%}' for name, weight in data['weights'].items())}",
        "",
        f"## {say('对训练时未见的行（交叉验证）', 'On rows not seen while fitting (cross-fitted)')}",
        "",
        *_measured(data, language),
        "",
        f"## {say('答案取决于什么', 'What answers hang on')}",
        "",
        say("打乱一个特征时，答案平均变动多少。", "How far answers move, on average, when one feature is shuffled."),
        "",
        f"| {say('特征', 'feature')} | {say('变动', 'moves by')} | {say('方向', 'direction')} | SQL |",
        "|---|---:|---|---|",
        *(f"| {one['name']} | {one['moves']:.4g} | {_direction(one['monotone'], language)} | `{_short(one['sql'])}` |" for one in data["features"]),
        "",
    ]
    return "\n".join(lines)


def _verdict(data: dict[str, Any], language: Lang) -> str:
    told = {
        "better": Words("在未见的行上优于全部基线。", "Better than every baseline on rows not seen."),
        "tied": Words(
            "在未见的行上与至少一个基线不分高下：不能说它更好。", "Tied with at least one baseline on rows not seen: it cannot be said to be better."
        ),
        "worse": Words("在未见的行上不如至少一个基线：请用那个基线。", "Worse than at least one baseline on rows not seen: use that one instead."),
    }
    return told[data["verdict"]].to(language)


def _span(time: list[float] | None) -> str:
    if time is None:
        return ""
    try:
        first, last = (dt.date(1970, 1, 1) + dt.timedelta(days=days) for days in time)
    except OverflowError:
        return ""
    return f" ({first} – {last})" if first.year > 1970 else ""


def _measured(data: dict[str, Any], language: Lang) -> list[str]:
    shown = [name for name in _MEASURES if name in data["measured"]["model"]]
    rows = [
        f"| | {' | '.join(_MEASURES[name].to(language) for name in shown)} | {Words('与之相比', 'against it').to(language)} |",
        f"|---|{'---:|' * len(shown)}---|",
    ]
    for name, one in data["measured"].items():
        own = Words("模型", "model") if name == "model" else BASELINES[name]
        against = data["against"].get(name)
        said = f"{VERDICTS[against['verdict']].to(language)} ({against['gain']:+.1%})" if against else ""
        rows.append(f"| {own.to(language)} | {' | '.join(f'{one[measure]:.4f}' for measure in shown)} | {said} |")
    return rows


def _direction(monotone: int, language: Lang) -> str:
    return {1: Words("越大越高", "raises"), -1: Words("越大越低", "lowers"), 0: Words("", "")}[monotone].to(language)


def _short(sql: str) -> str:
    return (sql if len(sql) <= 100 else f"{sql[:99]}…").replace("|", "\\|")
