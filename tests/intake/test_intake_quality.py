"""The quality score: counted by hand on a small tape, additive over batches, and moved by what should move it."""

from __future__ import annotations

import pytest
from cleaning_rows import AS_OF, batch, cleaned

from panhuo.engines.intake.clean import clean
from panhuo.engines.intake.quality import VALID_ONLY, WEIGHTS, no_quality
from panhuo.kernel.frames import TAPE


def test_counts_by_hand() -> None:
    rows = [{"手机号码": "17912345678"}, {"手机号码": "+86 17912345678"}, {"手机号码": "1"}, {"手机号码": "无"}, {"手机号码": None, "未偿本金": "x"}]
    quality = cleaned(*rows).data.quality
    fields = quality.by_field()
    assert fields.filter(field="phone").select("total", "filled", "valid", "repaired").row(0) == (5, 3, 2, 1)
    phone = fields.filter(field="phone").row(0, named=True)
    assert (phone["filled_share"], phone["valid_share"], phone["score"]) == pytest.approx((3 / 5, 2 / 3, 2 / 5))
    assert fields.filter(field="principal_fen").select("filled", "valid").row(0) == (5, 4)
    lacking = fields.filter(field="employer").row(0, named=True)
    assert (lacking["total"], lacking["filled"], lacking["score"]) == (5, 0, 0.0)


def test_the_score_is_the_weighted_mean() -> None:
    quality = cleaned({}, {"姓名": "张3"}).data.quality
    by_hand = taken = 0.0
    for row in quality.by_field().rows(named=True):
        if row["weight"] and row["score"] is not None:
            by_hand += row["weight"] * row["score"]
            taken += row["weight"]
    assert quality.score == pytest.approx(100 * by_hand / taken)
    assert taken == sum(WEIGHTS.values())


def test_an_empty_spare_telephone_costs_nothing_and_a_wrong_one_does() -> None:
    plain, empty, wrong = (cleaned(*({**row} for _ in range(4))).data.quality.score for row in ({}, {"备用电话": None}, {"备用电话": "1"}))
    assert plain == empty
    assert wrong < plain


def test_absent_is_not_invalid() -> None:
    fields = cleaned({"姓名": None}, {}).data.quality.by_field().filter(field="name")
    assert fields.select("filled", "valid").row(0) == (1, 1)


def test_batches_add_up() -> None:
    raw = batch([{"手机号码": str(k)} for k in range(7)] + [{}] * 5)
    whole = clean(raw, as_of=AS_OF).data.quality
    parts = sum((clean(raw[k : k + 4], as_of=AS_OF).data.quality for k in range(0, 12, 4)), no_quality())
    assert dict(parts.counts.select("field", "valid").rows()) == dict(whole.counts.select("field", "valid").rows())
    assert parts.score == pytest.approx(whole.score)
    assert no_quality().score == 0


def test_weights_are_of_tape_fields() -> None:
    assert set(WEIGHTS) | set(VALID_ONLY) <= set(TAPE)
    assert not set(WEIGHTS) & set(VALID_ONLY)
