"""The grey zone of debtor matching, decided by people: same debtor, or not; each decision can be taken back.

A decision takes effect at once. What the import found is kept as it was (every account, every link with its weight); whatever people have decided on the
tape is settled into it anew each time (:func:`.engines.intake.identity.settle`), for the accounts that links or identity numbers hold together with the
two, and their debtor numbers in the table follow. So the numbers are always what the import and the present decisions give, in whatever order they were
taken, and a decision taken back leaves no trace but the record. The columns file keeps the numbers of the import; nothing is summed by them.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from panhuo.apps.identity.deeds import deed_add
from panhuo.apps.identity.scope import Scope
from panhuo.apps.intake.models import Account, Match, Tape
from panhuo.engines.intake.identity import Identity, settle
from panhuo.kernel.errors import UsageInvalid
from panhuo.kernel.words import Words
from panhuo.pipeline import load_policy

SAME, DIFFERENT = "same", "different"


def matches_of(scope: Scope, tape: Tape, *, decided: bool | None = None) -> QuerySet[Match]:
    """The pairs of a tape, likeliest first; only open or only decided ones where asked."""
    scope.need("tape.view")
    rows = scope.rows(Match).filter(tape=tape).select_related("decided_by")
    if decided is not None:
        rows = rows.exclude(decision="") if decided else rows.filter(decision="")
    return rows.order_by("-weight", "pk")


def positions_of(scope: Scope, tape: Tape, matches: Sequence[Match]) -> dict[str, int]:
    """Where the accounts of pairs stand on the tape, by account number."""
    numbers = {number for match in matches for number in (match.left, match.right)}
    return dict(scope.rows(Account).filter(tape=tape, account_id__in=numbers).values_list("account_id", "position"))


def match_decide(scope: Scope, match_id: int, *, decision: str) -> Match:
    """Decide a pair, or with "" take the decision back. Raises UsageInvalid for an unknown pair or word, NotAllowed."""
    scope.need("match.review")
    if decision not in (SAME, DIFFERENT, ""):
        raise UsageInvalid(
            "MATCH_WRONG",
            Words("只能是“同一人”或“不同人”", "it is the same debtor, or it is not"),
            where=decision[:40],
            remedy=Words("从按钮中选择", "use the buttons"),
        )
    with transaction.atomic():
        match = scope.rows(Match).filter(pk=match_id).first()
        if match is None:
            raise UsageInvalid(
                "MATCH_UNKNOWN", Words("没有这一对", "there is no such pair"), where=str(match_id), remedy=Words("刷新页面", "reload the page")
            )
        tape = scope.rows(Tape).select_for_update().get(pk=match.tape_id)  # one decision at a time on a tape: each settles all of them
        match.refresh_from_db()
        match.decision = decision
        match.decided_by_id = scope.user_id if decision else None
        match.decided_at = timezone.now() if decision else None
        match.save()
        moved, refused = settle_all(scope, tape, [match])
        if decision and refused:
            cause, remedy = _REFUSED[decision]
            raise UsageInvalid("MATCH_REFUSED", cause, where=f"{match.left} / {match.right}", remedy=remedy)
        deed_add(scope, "match.decide" if decision else "match.undo", tape.subject, match=match.pk, decision=decision, accounts=moved)
    return match


def accounts_known(tape: Tape, wanted: set[str]) -> set[str]:
    """Which of these account numbers are on the tape."""
    names = pl.Series(sorted(wanted), dtype=pl.String)
    return set(_kept(tape)[0].filter(pl.col("account_id").is_in(names.implode())).select("account_id").collect()["account_id"].to_list())


def settle_all(scope: Scope, tape: Tape, matches: Sequence[Match]) -> tuple[int, list[Match]]:
    """Bring the debtor numbers around these pairs to what all decisions on the tape give: how many accounts changed theirs, and the pairs whose decision
    does not hold, for identity numbers or other decisions stand against it. In the caller's transaction."""
    members, edges = _kept(tape)
    said = _decisions(scope, tape)
    group = _together(members, edges, said, {account for match in matches for account in (match.left, match.right)})
    mine = said.filter(pl.col("account_id_l").is_in(group.implode()))
    part = Identity(
        members.filter(pl.col("account_id").is_in(group.implode())).collect(),
        edges.filter(pl.col("account_id_l").is_in(group.implode())).collect(),
        _REVIEW.clear(),
        {},
    )
    settled = settle(part, mine, policy=load_policy().identity).members
    numbers = settled.select("account_id", "debtor_id")
    debtor = dict(numbers.iter_rows())
    refused = [match for match in matches if match.decision and (debtor[match.left] == debtor[match.right]) != (match.decision == SAME)]
    return _write(scope, tape, numbers), refused


def _kept(tape: Tape) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Accounts and links as the import found them."""
    folder = tape.folder / str(tape.figures["kept"])
    return pl.scan_ipc(folder / "members.arrow"), pl.scan_ipc(folder / "edges.arrow")


_REFUSED = {
    SAME: (
        Words(
            "两人的证件号不同，或与另一决定冲突，不能归为一人",
            "their identity numbers differ, or another decision stands against it: they cannot be one debtor",
        ),
        Words("确为同一人时，请更正清单中的证件号后重新导入", "if they are one, correct the identity number on the tape and import it again"),
    ),
    DIFFERENT: (
        Words("两人的证件号相同，不能分为两人", "they have one identity number: they cannot be two debtors"),
        Words("确为不同人时，请更正清单中的证件号后重新导入", "if they are two, correct the identity number on the tape and import it again"),
    ),
}
_REVIEW = pl.DataFrame(schema={"account_id_l": pl.String, "account_id_r": pl.String, "reason": pl.String})


def _decisions(scope: Scope, tape: Tape) -> pl.DataFrame:
    rows = scope.rows(Match).filter(tape=tape).exclude(decision="").order_by("decided_at", "pk").values_list("left", "right", "decision")
    schema = {"account_id_l": pl.String, "account_id_r": pl.String, "decision": pl.String}
    return pl.DataFrame(list(rows), schema=schema, orient="row").with_columns(same=pl.col("decision") == SAME).drop("decision")


def _together(members: pl.LazyFrame, edges: pl.LazyFrame, said: pl.DataFrame, start: set[str]) -> pl.Series:
    """The accounts that links, decisions or one identity number hold together with ``start``: nothing beyond them can change."""
    pairs = pl.concat([edges.select("account_id_l", "account_id_r").collect(), said.select("account_id_l", "account_id_r")])
    group: set[str] = set()
    fresh = set(start)
    while fresh:
        group |= fresh
        new = pl.Series(sorted(fresh))
        left, right = pl.col("account_id_l").is_in(new.implode()), pl.col("account_id_r").is_in(new.implode())
        touched = pairs.filter(left | right)
        numbers = (
            members.filter(pl.col("account_id").is_in(new.implode()) & pl.col("id_group").is_not_null())
            .select("id_group")
            .collect()["id_group"]
            .unique()
        )
        mates = members.filter(pl.col("id_group").is_in(numbers.implode())).select("account_id").collect()["account_id"]
        fresh = {*touched["account_id_l"].to_list(), *touched["account_id_r"].to_list(), *mates.to_list()} - group
    return pl.Series(sorted(group), dtype=pl.String)


def _write(scope: Scope, tape: Tape, numbers: pl.DataFrame) -> int:
    """The debtor numbers of these accounts into the table, and the count of debtors on the tape."""
    accounts, debtors = numbers["account_id"].to_list(), numbers["debtor_id"].to_list()
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(distinct debtor_id) from intake_account where organisation_id = %s and tape_id = %s and account_id = any(%s)",
            [scope.organisation_id, tape.pk, accounts],
        )
        before = cursor.fetchone()[0]
        cursor.execute(
            "update intake_account as a set debtor_id = new.debtor_id from unnest(%s::text[], %s::text[]) as new (account_id, debtor_id)"
            " where a.organisation_id = %s and a.tape_id = %s and a.account_id = new.account_id and a.debtor_id is distinct from new.debtor_id",
            [accounts, debtors, scope.organisation_id, tape.pk],
        )
        moved = int(cursor.rowcount)
    tape.figures["debtors"] += len(set(debtors)) - before
    tape.save(update_fields=["figures"])
    return moved
