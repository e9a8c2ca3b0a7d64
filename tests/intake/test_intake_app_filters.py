"""What an address filters is what SQL would filter; figures and lists agree; pages visit every account once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import Desk, seat
from panhuo.apps.identity.models import Organisation
from panhuo.apps.identity.scope import scope_of
from panhuo.apps.intake.accounts import SORTS, accounts_all, accounts_page
from panhuo.apps.intake.filters import BY_RANGE, BY_VALUE, NAMES, Filter, filters_of, group_filter, narrowed, values_of
from panhuo.apps.intake.portfolio import SUMS, grouped, tapes_current, totals
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.frames import ACCOUNT

pytestmark = pytest.mark.usefixtures("inside")

DAYS = st.integers(0, 2_500)
MONEY = st.integers(0, 60_000_000)


def one_of_values(name: str) -> st.SearchStrategy[str]:
    values = ["true", "false"] if name == "written_off" else list(values_of(name))
    if ACCOUNT[name].nullable and "none" not in values:
        values.append("none")
    return st.lists(st.sampled_from(values), min_size=1, max_size=4, unique=True).map(",".join)


def ranges(name: str) -> st.SearchStrategy[str]:
    bounds: Any = {"overdue_days": DAYS, "origination_date": st.dates(dt.date(2015, 1, 1), dt.date(2026, 10, 31)).map(str)}.get(name, MONEY)
    text = (
        st.tuples(st.none() | bounds, st.none() | bounds).filter(any).map(lambda pair: "..".join("" if part is None else str(part) for part in pair))
    )
    return text | st.just("none") if ACCOUNT[name].nullable else text


QUERIES = st.fixed_dictionaries({}, optional={name: one_of_values(name) if name in BY_VALUE else ranges(name) for name in NAMES})


def sql_of(query: dict[str, str]) -> tuple[str, list[Any]]:
    """The same question in SQL, written from the address itself."""
    parts, parameters = ["true"], []
    for name, text in query.items():
        if name in BY_VALUE:
            wanted = [{"true": True, "false": False}.get(part, part) for part in text.split(",")]
            null = "none" in wanted and "none" not in values_of(name)
            parts.append(f"({name} = any(%s)" + (f" or {name} is null)" if null else ")"))
            parameters.append([part for part in wanted if not (null and part == "none")] or ([True, False][:0] if name == "written_off" else []))
        elif text == "none":
            parts.append(f"{name} is null")
        else:
            low, _, high = text.partition("..")
            for sign, bound in ((">=", low), ("<=", high)):
                if bound:
                    parts.append(f"{name} {sign} %s::{'date' if name == 'origination_date' else 'bigint'}")
                    parameters.append(bound)
    return " and ".join(parts), parameters


def in_sql(desk: Desk, query: dict[str, str], select: str, tail: str = "") -> list[tuple[Any, ...]]:
    where, parameters = sql_of(query)
    with connection.cursor() as cursor:
        cursor.execute(f"select {select} from intake_account where tape_id = %s and {where} {tail}", [desk.tape.pk, *parameters])
        return cursor.fetchall()


@settings(max_examples=120)
@given(query=QUERIES)
def test_sums_are_those_of_sql(desk: Desk, query: dict[str, str]) -> None:
    found = totals(tapes_current(desk.scope), filters_of(query))
    wanted = in_sql(desk, query, "count(*), " + ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in SUMS))[0]
    assert (found.accounts, *(found.sums[name] for name in SUMS)) == wanted


@settings(max_examples=60)
@given(query=QUERIES, sort=st.sampled_from([sign + name for name in SORTS for sign in ("", "-")]), size=st.integers(1, 120))
def test_pages_visit_every_account_once_in_order_there_and_back(desk: Desk, query: dict[str, str], sort: str, size: int) -> None:
    scope, tapes, filters = desk.scope, tapes_current(desk.scope), filters_of(query)
    column, way = sort.removeprefix("-"), "desc" if sort.startswith("-") else "asc"
    wanted = [row[0] for row in in_sql(desk, query, "position", f"order by {column} {way}, tape_id {way}, position {way}")]
    size = max(size, len(wanted) // 50)  # of hundreds of pages each is turned like the first fifty

    def walk(cursor: str | None, back: bool) -> list[Any]:
        pages: list[Any] = []
        while True:
            pages.append(accounts_page(scope, tapes, filters, sort=sort, cursor=cursor, size=size))
            cursor = pages[-1].newer if back else pages[-1].older
            if cursor is None:
                return pages
            assert len(pages) <= len(wanted)

    def positions(pages: Iterable[Any]) -> list[int]:
        return [row["position"] for page in pages for row in page.rows]

    there = walk(None, back=False)
    assert positions(there) == wanted
    assert there[0].newer is None
    if len(there) > 1:
        back = walk(there[-1].newer, back=True)
        assert positions(reversed(back)) == wanted[: len(wanted) - len(there[-1].rows)]
    assert [row["position"] for some in accounts_all(scope, tapes, filters, sort=sort, part=37) for row in some] == wanted


@pytest.mark.parametrize("by", [*BY_VALUE, "age", "vintage"])
@settings(max_examples=8)
@given(query=QUERIES)
def test_each_group_is_what_its_filter_leaves(desk: Desk, by: str, query: dict[str, str]) -> None:
    tapes, filters = tapes_current(desk.scope), filters_of(query)
    groups = grouped(tapes, filters, [by])
    whole = totals(tapes, filters)
    assert (groups["accounts"].sum(), groups["balance_fen"].sum()) == (whole.accounts, whole.sums["balance_fen"])
    for row in groups.iter_rows(named=True):
        if row[by] is None and by == "litigation_state":
            continue  # "none" is a state of its own there: not given cannot be asked for
        leads_to = narrowed(filters, group_filter(by, row[by]))
        found = totals(tapes, filters_of({one.name: one.text for one in leads_to}))
        assert (found.accounts, found.sums["balance_fen"]) == (row["accounts"], row["balance_fen"])


@given(query=QUERIES)
def test_a_filter_is_written_as_it_was_read(query: dict[str, str]) -> None:
    filters = filters_of(query)
    assert filters_of({one.name: one.text for one in filters}) == filters
    assert len(filters) == len(query)


@given(name=st.sampled_from(NAMES), text=st.text(max_size=30))
def test_whatever_stands_in_an_address_is_a_filter_or_is_named(name: str, text: str) -> None:
    try:
        filters = filters_of({name: text})
    except UsageInvalid as refused:
        assert refused.where == name  # noqa: PT017 - it need not be refused
    else:
        assert (not text) == (not filters)


@pytest.mark.parametrize(
    ("name", "text"),
    [("product", "gold"), ("product", "online_loan,"), ("province", "Atlantis"), ("balance_fen", ".."), ("balance_fen", "a..b"), ("overdue_days", "1.5"),
     ("overdue_days", str(2**63)), ("origination_date", "2026-02-30"), ("written_off", "yes"), ("bucket", "none"), ("balance_fen", "none")],
)  # fmt: skip
def test_values_that_do_not_exist_are_named(name: str, text: str) -> None:
    with pytest.raises(UsageInvalid) as refused:
        filters_of({name: text})
    assert refused.value.where == name


@given(cursor=st.text(max_size=60) | st.binary(max_size=40).map(lambda b: __import__("base64").urlsafe_b64encode(b).decode()))
def test_a_forged_cursor_is_refused_or_is_a_place(desk: Desk, cursor: str) -> None:
    try:
        accounts_page(desk.scope, tapes_current(desk.scope), [], cursor=cursor)
    except UsageInvalid as refused:
        assert refused.code == "CURSOR_WRONG"  # noqa: PT017 - it need not be refused


def test_an_unknown_order_is_refused(desk: Desk) -> None:
    for sort in ("name_shown", "balance_fen;", "--balance_fen", "recovery_fen"):
        with pytest.raises(UsageInvalid):
            accounts_page(desk.scope, tapes_current(desk.scope), [], sort=sort)


@pytest.mark.django_db
def test_no_tape_is_an_empty_list() -> None:
    scope = scope_of(seat(Organisation.objects.create(kind="lender", name="丙银行"), "empty"))
    assert tapes_current(scope) == []
    assert accounts_page(scope, [], []).rows == []
    assert totals([], filters_of({"product": "online_loan"})).accounts == 0


def test_a_range_within_a_range_keeps_the_closer_bounds() -> None:
    assert BY_RANGE
    outer, inner = Filter("overdue_days", low=40, high=50), Filter("overdue_days", low=31, high=60)
    assert narrowed([outer], inner) == [Filter("overdue_days", low=40, high=50)]
    assert narrowed([inner], Filter("overdue_days", low=45)) == [Filter("overdue_days", low=45, high=60)]
