"""``allocate`` at the edges: ties, nothing to do, nothing possible, absurd magnitudes, wrong input."""

from __future__ import annotations

import ctypes
import os

import numpy as np
import pytest

from panhuo.engines.strategy import Allocation, Limit, allocate
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.randomness import stream

N, R = 4_000, 6


def routes(*which: int) -> np.ndarray:
    return np.isin(np.arange(R), which)


def solved(answer: Allocation, limits: list[Limit], *, within: float = 1e-3) -> Allocation:
    assert answer.feasible
    assert answer.gap <= within
    for used, limit in zip(answer.used, limits, strict=True):
        assert used <= limit.at_most
    return answer


def test_identical_accounts_share_out_exactly() -> None:
    """60 a head for route 3 beats 50 for route 1, both under one limit of 700; the optimum is plain arithmetic."""
    value = np.tile(np.array([10, 50, 80, 60, 20, 5.0]), (N, 1))
    limits = [Limit("a", 1.0, 300, routes=routes(2)), Limit("b", 1.0, 700, routes=routes(1, 3)), Limit("c", 1.0, 2000, routes=routes(4))]
    answer = solved(allocate(value, limits), limits)
    assert answer.objective == 300 * 80 + 700 * 60 + 2000 * 20 + 1000 * 10
    assert answer.prices == pytest.approx([70, 50, 10])


def test_all_values_zero_and_no_room_to_spare() -> None:
    limits = [Limit(str(j), 1.0, N // R + (N % R if j == 0 else 0), routes=routes(j)) for j in range(R)]
    answer = solved(allocate(np.zeros((N, R)), limits), limits, within=0.0)
    assert (np.bincount(answer.choice, minlength=R) == [limit.at_most for limit in limits]).all()


def test_exactly_as_many_places_as_accounts() -> None:
    limits = [Limit(str(j), 1.0, N // R + (N % R if j == 0 else 0), routes=routes(j)) for j in range(R)]
    value = stream(1, "edges").random((N, R)) * 1e5
    solved(allocate(value, limits), limits)


def test_one_place_too_few_is_proved_impossible_and_names_all() -> None:
    limits = [Limit(str(j), 1.0, N // R + (N % R if j == 0 else 0) - (j == 3), routes=routes(j)) for j in range(R)]
    answer = allocate(stream(1, "edges").random((N, R)), limits)
    assert not answer.feasible
    assert answer.proven
    assert answer.clash == tuple("012345")
    assert (answer.choice == -1).all()
    assert answer.objective == answer.upper_bound == -np.inf
    assert "不能同时守住" in answer.message.zh


def test_only_the_limits_that_clash_are_named() -> None:
    value = stream(2, "edges").random((N, R))
    limits = [
        Limit("bystander", 1.0, 500, routes=routes(0)),
        Limit("at least", -1.0, -1000, routes=routes(5)),
        Limit("at most", 1.0, 900, routes=routes(5)),
    ]
    answer = allocate(value, limits)
    assert (answer.feasible, answer.proven, answer.clash) == (False, True, ("at least", "at most"))
    relaxed = [limits[0], limits[1], Limit("at most", 1.0, 1100, routes=routes(5))]
    solved(allocate(value, relaxed), relaxed)


@pytest.mark.parametrize("room", [1.2, 1.5])
def test_the_proof_names_limits_that_ruled_routes_out(room: float) -> None:
    """Route 0 is too big for each account alone, and the other two together take two of three: divided accounts would fit, whole ones do not."""
    one = np.arange(3)
    limits = [Limit("big", 10.0, 9.0, routes=one == 0), Limit("b", 1.0, room, routes=one == 1), Limit("c", 1.0, room, routes=one == 2)]
    answer = allocate(np.ones((3, 3)), limits)
    assert (answer.feasible, answer.proven, answer.clash) == (False, True, ("big", "b", "c"))


def test_values_from_one_fen_to_a_hundred_billion_yuan() -> None:
    g = stream(3, "edges")
    value = np.exp(g.uniform(0, 30, (N, 1))) * g.random((N, R))
    balance = np.exp(g.uniform(0, 30, (N, 1)))
    limits = [
        Limit("balance", balance, balance.sum() * 0.1, routes=routes(1, 2)),
        Limit("cases", 1.0, 40, routes=routes(3)),
        Limit("cost", value * 0.1, value.sum() * 0.01),
    ]
    solved(allocate(value, limits), limits)


def test_a_limit_of_nothing_closes_the_route() -> None:
    g = stream(4, "edges")
    value = g.random((N, R)) * 1e6
    limits = [Limit("none", 1.0, 0, routes=routes(3)), Limit("no money", g.random((N, 1)), 0.0, routes=routes(1))]
    answer = solved(allocate(value, limits), limits)
    value[:, [1, 3]] = -np.inf
    assert answer.objective == pytest.approx(value.max(axis=1).sum())


def test_an_account_too_big_for_the_limit_never_takes_it() -> None:
    value = np.array([[1.0, 1e9], [1.0, 50.0]])
    answer = allocate(value, [Limit("balance", np.array([[1000.0], [10.0]]), 100.0, routes=np.array([False, True]))])
    assert answer.choice.tolist() == [0, 1]
    assert answer.gap == 0.0


def test_nothing_allowed_at_all() -> None:
    value = np.ones((N, R))
    answer = allocate(value, [Limit("shut", 1.0, 0)])
    assert (answer.feasible, answer.proven, answer.clash) == (False, True, ("shut",))
    idle = allocate(value, [Limit("shut", 1.0, 0)], must_assign=False)
    assert idle.feasible
    assert idle.objective == 0
    assert (idle.choice == -1).all()


def test_accounts_that_only_cost_are_left_alone_if_they_may_be() -> None:
    value = -stream(5, "edges").random((N, R))
    assert (allocate(value, [], must_assign=False).choice == -1).all()
    assert (allocate(value, [], must_assign=True).choice == value.argmax(axis=1)).all()


def test_accounts_without_a_route_are_named() -> None:
    eligible = np.ones((N, R), dtype=bool)
    eligible[[7, 99]] = False
    answer = allocate(np.ones((N, R)), [Limit("a", 1.0, N)], eligible=eligible)
    assert (answer.feasible, answer.proven, answer.stranded.tolist()) == (False, True, [7, 99])
    assert "2 account(s)" in answer.message.en
    left = allocate(np.ones((N, R)), [Limit("a", 1.0, N)], eligible=eligible, must_assign=False)
    assert np.flatnonzero(left.choice < 0).tolist() == [7, 99]


def test_minus_infinity_means_not_eligible_and_barred_pairs_are_not_read() -> None:
    value = np.array([[1.0, -np.inf], [np.nan, 3.0]])
    usage = np.array([[1.0, np.inf], [np.nan, 1.0]])
    answer = allocate(value, [Limit("a", usage, 5.0)], eligible=np.array([[True, True], [False, True]]))
    assert answer.choice.tolist() == [0, 1]
    assert answer.used.tolist() == [2.0]


@pytest.mark.parametrize(
    ("n", "r", "at_most", "must_assign", "feasible"),
    [
        (0, 3, 0.0, True, True),
        (0, 3, -1.0, True, False),
        (3, 1, 3.0, True, True),
        (3, 1, 2.0, True, False),
        (3, 0, 0.0, True, False),
        (3, 0, 0.0, False, True),
    ],
)
def test_smallest_sizes(n: int, r: int, at_most: float, must_assign: bool, feasible: bool) -> None:
    answer = allocate(np.ones((n, r)), [Limit("a", 1.0, at_most)], must_assign=must_assign)
    assert answer.feasible == feasible
    assert answer.choice.shape == (n,)


def test_without_limits_the_best_route_and_no_gap() -> None:
    value = stream(6, "edges").normal(size=(N, R))
    answer = allocate(value, [])
    assert (answer.choice == value.argmax(axis=1)).all()
    assert (answer.gap, answer.objective) == (0.0, answer.upper_bound)
    infinite = allocate(value, [Limit("open", 1.0, np.inf)])
    assert infinite.used.tolist() == [N]
    assert infinite.prices.tolist() == [0.0]


def test_the_same_limit_many_times_over() -> None:
    value = stream(7, "edges").integers(0, 5, (N, R)).astype(float)
    limits = [Limit(str(k), 1.0, 120, routes=routes(4)) for k in range(8)]
    solved(allocate(value, limits), limits)


def test_integers_booleans_views_and_order_do_not_matter() -> None:
    g = stream(8, "edges")
    value = g.integers(0, 1000, (N, R))
    usage = g.integers(0, 3, (N, R))
    plain = allocate(value.astype(float), [Limit("a", usage.astype(float), 1500.0)])
    for other in (usage, np.asfortranarray(usage), usage.astype(np.int8), np.repeat(usage, 2, axis=0)[::2]):
        assert (allocate(np.asfortranarray(value), [Limit("a", other, 1500)]).choice == plain.choice).all()
    flags = usage > 0
    assert allocate(value, [Limit("a", flags, 900)]).used[0] <= 900


ONES = np.ones((4, 2))


@pytest.mark.parametrize(
    ("value", "limits", "kwargs", "code"),
    [
        (np.array([[np.nan, 1.0]]), [], {}, "VALUE_NOT_FINITE"),
        (np.array([[np.inf, 1.0]]), [], {}, "VALUE_NOT_FINITE"),
        (np.ones(4), [], {}, "VALUE_SHAPE"),
        (np.array([["a"]]), [], {}, "NOT_NUMBERS"),
        (np.array([[1 + 2j]]), [], {}, "NOT_NUMBERS"),
        (ONES, [Limit("a", np.ones((3, 2)), 1.0)], {}, "USAGE_SHAPE"),
        (ONES, [Limit("a", np.ones(4), 1.0)], {}, "USAGE_SHAPE"),
        (ONES, [Limit("a", [[1.0], [2.0, 3.0]], 1.0)], {}, "NOT_NUMBERS"),
        (ONES, [Limit("a", np.full((4, 1), np.nan), 1.0)], {}, "USAGE_NOT_FINITE"),
        (ONES, [Limit("a", np.inf, 1.0)], {}, "USAGE_NOT_FINITE"),
        (ONES, [Limit("a", 1.0, np.nan)], {}, "LIMIT_AT_MOST"),
        (ONES, [Limit("a", 1.0, -np.inf)], {}, "LIMIT_AT_MOST"),
        (ONES, [Limit("a", 1.0, None)], {}, "LIMIT_AT_MOST"),
        (ONES, [Limit("a", 1.0, 1.0, routes=np.ones(3, dtype=bool))], {}, "LIMIT_ROUTES"),
        (ONES, [Limit("a", 1.0, 1.0), Limit("a", 1.0, 2.0)], {}, "LIMIT_TWICE"),
        (ONES, [], {"eligible": np.ones((4, 3), dtype=bool)}, "ELIGIBLE_SHAPE"),
        (ONES, [], {"eligible": np.ones((4, 2))}, "ELIGIBLE_SHAPE"),
        (ONES, [], {"gap": -1.0}, "GAP_INVALID"),
        (ONES, [], {"gap": np.nan}, "GAP_INVALID"),
    ],
)
def test_wrong_input_is_refused_by_name(value: object, limits: list[Limit], kwargs: dict[str, object], code: str) -> None:
    with pytest.raises(UsageInvalid) as caught:
        allocate(value, limits, **kwargs)
    assert caught.value.code == code
    assert caught.value.describe("zh")


def test_arguments_are_left_as_they_were() -> None:
    g = stream(9, "edges")
    value, usage, eligible = g.random((N, R)), g.random((N, R)), g.random((N, R)) < 0.9
    copies = value.copy(), usage.copy(), eligible.copy()
    allocate(value, [Limit("a", usage, 0.3 * N), Limit("b", 1.0, 0, routes=routes(1))], eligible=eligible, must_assign=False)
    for before, after in zip(copies, (value, usage, eligible), strict=True):
        assert (before == after).all()


def test_the_solver_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """On badly scaled figures HiGHS's branch and bound prints debugging lines past every option; a caller's output must stay the caller's."""
    g = np.random.default_rng(109)
    n = int(g.choice([5, 30, 200, 1000]))
    value = g.lognormal(9, 3, (n, 12)) * g.choice([1, 1, 1, -1], (n, 12))
    value[g.random((n, 12)) < 0.1] = 500
    limits = []
    for k in range(int(g.integers(1, 8))):
        usage = g.lognormal(g.integers(-3, 12), g.integers(1, 4), (n, 12)) if g.random() < 0.6 else np.ones((n, 12))
        at_most = float(usage.mean() * n * g.choice([0.001, 0.01, 0.1, 0.3]))
        limits.append(Limit(f"l{k}", usage, at_most, routes=g.random(12) < 0.5))
    os.write(1, b"before ")
    allocate(value, limits, must_assign=bool(g.random() < 0.3))
    os.write(1, b"after")
    ctypes.CDLL(None).fflush(None)
    assert capfd.readouterr().out == "before after"
