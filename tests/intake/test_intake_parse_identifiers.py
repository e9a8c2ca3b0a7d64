"""Identity numbers, credit codes and cards against python-stdnum, number by number."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn as stdnum_luhn
from stdnum.cn import ric, uscc

from panhuo.engines.intake import identifiers as ids
from panhuo.engines.intake import parse_native
from panhuo.engines.intake.identifiers_cells import slow_card, slow_identity
from panhuo.engines.intake.parse_cells import VALUE, VERDICT, Spec
from panhuo.kernel.frames import TAPE

ID = Spec("id_no", "id_no", "text", field=TAPE["id_no"])
CARD = Spec("bank_card", "bank_card", "text", field=TAPE["bank_card"])

# city codes with districts, which no person's number carries
RESIDENTS = st.builds(
    lambda city, day, order: (body := f"{city}{day:%Y%m%d}{order:03d}") + ric.calc_check_digit(body + "0"),
    st.sampled_from(["110100", "320500", "440300", "510100", "650100"]),
    st.dates(dt.date(1900, 1, 1), dt.date(2025, 12, 31)),
    st.integers(0, 999),
)
CREDIT = st.text(uscc._alphabet, min_size=9, max_size=9).map(lambda tail: (body := "9111990" + "1" + tail) + uscc.calc_check_digit(body + "0"))
NEAR = st.one_of(
    RESIDENTS,
    CREDIT,
    st.builds(
        lambda number, k, c: number[:k] + c + number[k + 1 :], st.one_of(RESIDENTS, CREDIT), st.integers(0, 17), st.sampled_from("0123456789XAIx ")
    ),
    st.text("0123456789X", min_size=16, max_size=19),
)


def oracle(number: str) -> int:
    """By stdnum's own steps, without its list of counties, which leaves out places that existed."""
    if number != number.upper() or len(number) != 18 or " " in number:
        return ids.UNKNOWN
    head, last = number[:17], number[17]
    if head.isdigit() and last == ric.calc_check_digit(number) and (head[0] == "9" or int(head[:2]) in ids.PROVINCE_CODES):
        try:
            born = ric.get_birth_date(number)
        except Exception:
            born = None
        if born is not None and 1900 <= born.year < 2100:
            return ids.RESIDENT
    if uscc.is_valid(number) and number == uscc.compact(number):
        return ids.UNKNOWN if _a_slip(number) else ids.SOCIAL_CREDIT
    return ids.UNKNOWN


def _a_slip(number: str) -> bool:
    """Digits alone are a credit code only with a department, an organisation code and no birth date (the module says why)."""
    if not number[:17].isdigit():
        return False
    try:
        dated = 1900 <= dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14])).year < 2100
    except ValueError:
        dated = False
    place = int(number[:2]) in ids.PROVINCE_CODES or number[0] == "9"
    inner = sum(int(d) * w for d, w in zip(number[8:16], (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) + int(number[16])
    return (dated and place) or number[0] not in "159" or inner % 11 != 0


@given(st.lists(st.one_of(st.none(), NEAR), min_size=1, max_size=60))
def test_kinds_equal_stdnum(numbers: list[str | None]) -> None:
    series = pl.Series(numbers, dtype=pl.String)
    expected = [oracle(number) if number is not None else ids.UNKNOWN for number in numbers]
    assert ids.people(series).kinds.tolist() == expected
    assert parse_native.people(series).kinds.tolist() == expected


@given(st.lists(RESIDENTS, min_size=1, max_size=40))
def test_birth_and_sex_equal_stdnum(numbers: list[str]) -> None:
    series = pl.Series(numbers)
    for who in (ids.people(series), parse_native.people(series)):
        assert pl.Series(who.births).cast(pl.Date).to_list() == [ric.get_birth_date(number) for number in numbers]
        assert who.males.tolist() == [int(number[16]) % 2 for number in numbers]
        assert who.written.tolist() == [int(number[6:14]) for number in numbers]


@given(RESIDENTS)
def test_every_single_slip_of_a_digit_is_caught(number: str) -> None:
    wrong = [number[:k] + d + number[k + 1 :] for k in range(17) for d in "0123456789" if d != number[k]]
    assert not (ids.identity_kinds(pl.Series(wrong)) == ids.RESIDENT).any()


@given(
    st.lists(st.one_of(st.none(), st.text("0123456789", min_size=11, max_size=20), st.text("0123456789- x", max_size=20)), min_size=1, max_size=60)
)
def test_luhn_equals_stdnum(cards: list[str | None]) -> None:
    cards = [c if c is None or k % 2 or not c.isdigit() else c + stdnum_luhn.calc_check_digit(c) for k, c in enumerate(cards)]
    expected = [c is not None and c.isdigit() and 13 <= len(c) <= 19 and stdnum_luhn.is_valid(c) for c in cards]
    assert ids.luhn(pl.Series(cards, dtype=pl.String)).tolist() == expected


@given(RESIDENTS.filter(lambda number: number[6:8] == "19"))
def test_old_numbers_are_upgraded_to_the_very_number(number: str) -> None:
    old = number[:6] + number[8:17]
    assert slow_identity(pl.Series([old]), ID).rows() == [(number, "ID_15_UPGRADED")]


@given(RESIDENTS)
def test_odd_writing_of_a_right_number_is_mended(number: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in number)
    cells = [number, f" {number[:6]} {number[6:14]} {number[14:]}", wide, f"'{number}", number.lower()]
    out = slow_identity(pl.Series(cells), ID)
    assert out[VALUE].to_list() == [number] * 5
    assert out[VERDICT][0] == ""
    assert set(out[VERDICT][1:4]) == {"ID_FORMAT"}


def test_why_a_number_is_refused() -> None:
    cells = [
        "110100199003070041",
        "110100194902300010",
        "00010019900307001X",
        "110100********004X",
        "1.1E+17",
        "1234",
        "91119901MA00ABCD4R",
        "0",
        "无",
        "",
    ]
    assert slow_identity(pl.Series(cells), ID)[VERDICT].to_list() == [
        *("ID_CHECK_DIGIT", "ID_BIRTH_DATE", "ID_REGION", "ID_MASKED", "ID_SCIENTIFIC", "ID_UNRECOGNISED", "USCC_CHECK", "BLANK", "BLANK", "BLANK")
    ]
    assert slow_identity(pl.Series(cells), ID)[VALUE].null_count() == len(cells)


def test_other_documents_stay_but_are_not_vouched_for() -> None:
    cells = ["E12345678", "H1234567801", "110000600037341", "12345678-9"]
    out = slow_identity(pl.Series(cells), ID)
    assert out[VERDICT].to_list() == ["ID_OTHER_DOCUMENT"] * 4
    assert (ids.people(out[VALUE]).kinds == ids.UNKNOWN).all()


def test_cards() -> None:
    cells = ["4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111112", "411111", "4111********1111", "4.1E+15"]
    out = slow_card(pl.Series(cells), CARD)
    assert out[VALUE].to_list() == ["4111111111111111"] * 2 + [None] * 4
    assert out[VERDICT].to_list() == ["CARD_FORMAT", "CARD_FORMAT", "CARD_CHECK", "CARD_LENGTH", "CARD_LENGTH", "CARD_LENGTH"]


def test_the_matrix_holds_only_cells_of_that_width() -> None:
    matrix, at = ids.byte_matrix(pl.Series(["ab", None, "abc", "", "cd", "é"]), 2)
    assert at.tolist() == [0, 4, 5]
    assert [bytes(row) for row in np.asarray(matrix)] == [b"ab", b"cd", "é".encode()]
