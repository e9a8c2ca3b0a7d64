"""What an assessment holds, as data."""

from __future__ import annotations

from panhuo.kernel.fields import Field, Frame

ASSESSMENT = Frame(
    "assessment",
    "评估",
    "assessment",
    (
        Field("account_id", "identifier", "借据号", "account id", nullable=False),
        Field("stage", "bucket", "估值阶段", "stage valued at", "The bucket; M12+ for every written-off account", nullable=False),
        Field("balance_fen", "money", "未偿本息费合计", "balance valued", unit="fen", nullable=False),
        Field("value_fen", "money", "现值", "value", "Expected recovery, each month's discounted from its middle", unit="fen", nullable=False),
        Field("recovery_fen", "money", "预期回收", "expected recovery", "Undiscounted, within the horizon, before costs", unit="fen", nullable=False),
        Field("low_fen", "money", "低值（10 分位）", "low (10th percentile)", "Never above recovery_fen", unit="fen", nullable=False),
        Field("high_fen", "money", "高值（90 分位）", "high (90th percentile)", "Never below recovery_fen", unit="fen", nullable=False),
        Field("p_any", "number", "有还款概率", "chance of any payment", "Within the horizon", nullable=False),
        Field("p_half", "number", "回收过半概率", "chance of half the balance", "Within the horizon", nullable=False),
        Field("months", "number", "平均回收时间", "mean time to cash", "Null where nothing is expected", unit="months"),
        Field("score", "integer", "评分", "score", "Base points plus all points; null for models without a card"),
        Field("multiplier", "number", "赔率乘数", "odds multiplier", "On the odds of the stage's monthly rate; 1 = as published"),
        Field("model", "text", "模型", "model", nullable=False),
        Field("model_version", "text", "模型版本", "model version", "Changes with any figure the model uses", nullable=False),
        Field("reason_1", "text", "原因代码一", "first reason", "characteristic.bin; the largest deviation from neutral"),
        Field("reason_2", "text", "原因代码二", "second reason"),
        Field("reason_3", "text", "原因代码三", "third reason"),
        Field("reasons", "text", "原因", "reasons in Chinese"),
        Field("reasons_en", "text", "原因（英文）", "reasons in English"),
    ),
)
