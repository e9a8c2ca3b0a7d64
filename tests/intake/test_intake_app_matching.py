"""A person's decision on a pair takes effect on the accounts' debtor numbers, in any order, and is taken back without a trace."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from desk_ground import Rows, Seat, csv_of, seen
from panhuo.apps.identity.models import Deed, Organisation
from panhuo.apps.identity.scope import fenced
from panhuo.apps.intake.matching import match_decide
from panhuo.apps.intake.models import Account, Match
from panhuo.kernel.errors import UsageInvalid

pytestmark = pytest.mark.django_db


def numbers(tape: Any) -> dict[str, str]:
    return dict(Account.objects.filter(tape=tape).values_list("account_id", "debtor_id"))


@pytest.fixture
def tape(ops: Seat, clean_rows: Rows) -> Any:
    """Accounts with identity numbers, and some without that resemble them; the pairs to review are put there by hand, so that they are known."""
    rows = [dict(row) for row in clean_rows]
    for n in (0, 1, 2, 3):
        rows[n] |= {"证件号码": "", "姓名": "测甲乙丙"[n : n + 1] * 3, "手机号码": "", "居住地址": "", "工作单位": ""}
    rows[11]["证件号码"] = rows[10]["证件号码"]
    rows[11]["姓名"], rows[11]["债务人类型"] = rows[10]["姓名"], rows[10]["债务人类型"]
    made = ops.imported(("t.csv", csv_of(rows)))
    Match.objects.filter(tape=made).delete()
    ids = [row["借据号"] for row in rows]
    for left, right in ((0, 1), (1, 2), (2, 3), (3, 10), (10, 11), (10, 12)):
        Match.objects.create(
            organisation=made.organisation,
            tape=made,
            left=ids[left],
            right=ids[right],
            reason="uncertain",
            shown={"name_l": "测**", "name_r": "甲**"},
            weight=1.0,
        )
    made.ids = ids
    return made


def pair(tape: Any, left: int, right: int) -> int:
    return int(Match.objects.get(tape=tape, left=tape.ids[left], right=tape.ids[right]).pk)


def test_joined_accounts_have_one_number_and_apart_again_as_before(ops: Seat, tape: Any) -> None:
    before, debtors = numbers(tape), tape.figures["debtors"]
    a, b, c = (tape.ids[n] for n in (0, 1, 2))
    match_decide(ops.scope, pair(tape, 0, 1), decision="same")
    match_decide(ops.scope, pair(tape, 1, 2), decision="same")
    now = numbers(tape)
    assert now[a] == now[b] == now[c]
    assert {k: v for k, v in now.items() if k not in (a, b, c)} == {k: v for k, v in before.items() if k not in (a, b, c)}
    tape.refresh_from_db()
    assert tape.figures["debtors"] == debtors - 2 == len(set(now.values()))
    match_decide(ops.scope, pair(tape, 0, 1), decision="")
    assert numbers(tape)[b] == numbers(tape)[c] != numbers(tape)[a]
    match_decide(ops.scope, pair(tape, 1, 2), decision="")
    tape.refresh_from_db()
    assert numbers(tape) == before
    assert tape.figures["debtors"] == debtors
    assert Deed.objects.filter(subject=tape.subject, verb="match.undo").count() == 2


def test_the_order_of_decisions_does_not_matter(ops: Seat, tape: Any) -> None:
    said = {(0, 1): "same", (1, 2): "different", (2, 3): "same"}
    outcomes = set()
    for order in itertools.permutations(said):
        for left, right in order:
            match_decide(ops.scope, pair(tape, left, right), decision=said[left, right])
        outcomes.add(tuple(sorted(numbers(tape).items())))
        for left, right in order:
            match_decide(ops.scope, pair(tape, left, right), decision="")
    assert len(outcomes) == 1


def test_a_numbered_debtor_takes_in_those_without_a_number_wholly(ops: Seat, tape: Any) -> None:
    match_decide(ops.scope, pair(tape, 3, 10), decision="same")
    now = numbers(tape)
    assert now[tape.ids[3]] == now[tape.ids[10]] == now[tape.ids[11]]  # 10 and 11 share an identity number


@pytest.mark.parametrize(("left", "right", "decision"), [(10, 12, "same"), (10, 11, "different")])
def test_identity_numbers_are_stronger_than_a_decision_and_it_is_said(ops: Seat, tape: Any, left: int, right: int, decision: str) -> None:
    before = numbers(tape)
    answer = ops.post(f"/tapes/{tape.pk}/matches/{pair(tape, left, right)}", {"decision": decision})
    assert answer.status_code == 400
    assert "证件号" in seen(answer)
    assert numbers(tape) == before
    assert Match.objects.get(pk=pair(tape, left, right)).decision == ""


def test_within_the_fence_a_decision_changes_the_number_and_nothing_else(ops: Seat, tape: Any) -> None:
    from django.db import DatabaseError, connection, transaction

    with fenced(ops.scope.organisation_id):
        match_decide(ops.scope, pair(tape, 0, 1), decision="same")
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("update intake_account set balance_fen = 0")
    other = Organisation.objects.create(kind="lender", name="乙银行")
    with fenced(other.pk), connection.cursor() as cursor:
        cursor.execute("update intake_account set debtor_id = 'x'")
        assert cursor.rowcount == 0


def test_the_queue_in_the_browser(ops: Seat, tape: Any, sit: Any) -> None:
    page = ops.get(f"/tapes/{tape.pk}/matches")
    assert "测**" in seen(page)
    number = pair(tape, 0, 1)
    answer = ops.post(f"/tapes/{tape.pk}/matches/{number}", {"decision": "same"}, headers={"HX-Request": "true"})
    assert "同一人" in seen(answer)
    assert "panhuo:notice" in answer["HX-Trigger"]
    assert f'id="pair-{number}"' in ops.get(f"/tapes/{tape.pk}/matches?decided=1").content.decode()
    assert f'id="pair-{number}"' not in ops.get(f"/tapes/{tape.pk}/matches").content.decode()
    assert ops.post(f"/tapes/{tape.pk}/matches/{number}", {"decision": ""}).status_code == 302
    assert f'id="pair-{number}"' in ops.get(f"/tapes/{tape.pk}/matches").content.decode()
    reader = sit("modeller")
    assert reader.post(f"/tapes/{tape.pk}/matches/{number}", {"decision": "same"}).status_code == 403
    assert 'name="decision"' not in reader.get(f"/tapes/{tape.pk}/matches").content.decode()


@pytest.mark.parametrize("decision", ["maybe", "same "])
def test_an_unknown_word_is_refused(ops: Seat, tape: Any, decision: str) -> None:
    with pytest.raises(UsageInvalid):
        match_decide(ops.scope, pair(tape, 0, 1), decision=decision)


def test_decisions_go_on_to_the_next_version(ops: Seat, tape: Any, clean_rows: Rows) -> None:
    """Same and different, whatever the new grey zone holds; under the name of who decided; not where a number now stands against it or an account is gone."""
    a, b, c, d = (tape.ids[n] for n in (0, 1, 2, 3))
    match_decide(ops.scope, pair(tape, 0, 1), decision="same")
    match_decide(ops.scope, pair(tape, 1, 2), decision="different")
    match_decide(ops.scope, pair(tape, 3, 10), decision="same")
    rows = [dict(row) for row in clean_rows]
    for n in (0, 1, 2, 3):
        rows[n] |= {"证件号码": "", "姓名": "测甲乙丙"[n : n + 1] * 3, "手机号码": "", "居住地址": "", "工作单位": ""}
        rows[n]["未偿利息"] = str(n)
    later = [row for n, row in enumerate(rows) if n != 10]
    new = ops.imported(("t2.csv", csv_of(later)), series=tape.series)
    assert (new.series, new.version) == (tape.series, tape.version + 1)
    carried = {(m.left, m.right): (m.decision, m.decided_by_id) for m in Match.objects.filter(tape=new).exclude(decision="")}
    assert carried == {(a, b): ("same", ops.scope.user_id), (b, c): ("different", ops.scope.user_id)}
    now = numbers(new)
    assert now[a] == now[b] != now[c]
    assert now[d] not in {now[a], now[c]}
    assert new.figures["debtors"] == len(set(now.values()))
    assert Deed.objects.filter(verb="match.carry", subject=new.subject).count() == 1
    match_decide(ops.scope, Match.objects.get(tape=new, left=a, right=b).pk, decision="")
    assert numbers(new)[a] != numbers(new)[b]
    rows[0]["证件号码"], rows[1]["证件号码"] = clean_rows[0]["证件号码"], clean_rows[1]["证件号码"]
    match_decide(ops.scope, Match.objects.get(tape=new, left=a, right=b).pk, decision="same")
    third = ops.imported(("t3.csv", csv_of(rows)), series=tape.series)
    left = Match.objects.get(tape=third, left=a, right=b)
    assert (left.decision, left.decided_by_id) == ("", None)
    assert numbers(third)[a] != numbers(third)[b]
