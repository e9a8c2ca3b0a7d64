"""What a decision says, as data: the sentences in both languages, with named places for what differs from account to account."""

from __future__ import annotations

from panhuo.kernel.words import Lang, Words

CHOSEN = Words("选择{route}：预计净回收{net}", "{Route}: expected net recovery {net}")
CHOSEN_AT_A_LOSS = Words("选择{route}：预计净亏{net}", "{Route}: expected net loss {net}")
ONLY_ONE = Words("；没有其他可用方式", "; no other route is open")
AHEAD = Words("，比次优的{runner}多{margin}", ", {margin} more than the runner-up, {runner}")
AHEAD_AT_PRICES = Words("，计入限额价格后比次优的{runner}多{margin}", ", {margin} more than the runner-up, {runner}, after the prices of limits")
EVEN = Words("，与次优的{runner}相当", ", level with the runner-up, {runner}")
BEHIND = Words(
    "，计入限额价格后比{runner}少{margin}：限额尾数所致",
    ", {margin} less than {runner} after the prices of limits: the last units of a limit were shared out so",
)
HELD_BACK = Words(
    "；{better}净值高{more}，但受“{limit}”约束（每多一{unit}约值{price}）",
    "; {better} would bring {more} more but is held back by '{limit}' (one more {unit} is worth {price})",
)
USED_UP = Words(
    "；{better}净值高{more}，但所需限额余量容不下本户",
    "; {better} would bring {more} more but what is left of the limits it needs does not hold this account",
)
HELD_SHUT = Words("；{better}净值高{more}，但“{limit}”上限为0，已关闭", "; {better} would bring {more} more but '{limit}' is closed: the limit is 0")
TOO_LARGE = Words(
    "；{better}净值高{more}，但本户一户所需就超过“{limit}”的上限",
    "; {better} would bring {more} more but needs more of '{limit}' than there is of it",
)
NOTHING_TO_DO = Words("未逾期或无余额，无需处置", "Not overdue or nothing owed: nothing to do")
NO_ROUTE = Words("没有可用的处置方式", "No route is open")
NOT_WORTH_IT = Words("暂不处置：最好的{best}也预计净亏{net}", "No route for now: even the best, {best}, is expected to lose {net}")
TOO_DEAR = Words(
    "暂不处置：{best}预计净回收{net}，抵不过所占“{limit}”的价格（每多一{unit}约值{price}）",
    "No route for now: {best} is expected to bring {net}, less than the price of '{limit}' it would use (one more {unit} is worth {price})",
)
NONE_LEFT = Words(
    "暂不处置：{best}预计净回收{net}，但所需限额余量容不下本户",
    "No route for now: {best} is expected to bring {net} but what is left of the limits it needs does not hold this account",
)
SHUT_OUT = Words(
    "暂不处置：{best}预计净回收{net}，但“{limit}”上限为0，已关闭",
    "No route for now: {best} is expected to bring {net} but '{limit}' is closed: the limit is 0",
)
NONE_LARGE_ENOUGH = Words(
    "暂不处置：{best}预计净回收{net}，但本户一户所需就超过“{limit}”的上限",
    "No route for now: {best} is expected to bring {net} but needs more of '{limit}' than there is of it",
)
BARRED = Words("；{route}不可：{rule}", "; {route} is barred: {rule}")
BARRED_BY_MORE = Words("；{route}不可：{rule}等{count}条", "; {route} is barred: {rule} (and {others} more)")
END = Words("。", ".")

MORE_OF_IT = Words("再多1{unit}，约可多回收{price}", "each further {unit} would bring about {price}")
CLOSED = Words("已关闭：上限为0", "closed: the limit is 0")
TOO_TIGHT = Words("上限不足一户所需，没有账户用得上", "too little for any one account: nobody can use it")
THEN = Words("；{first}", "; {first}")
NO_USE = Words("未用满，放宽无益", "not used up: more of it would bring nothing")
USED_BUT_FREE = Words("已用满，放宽也不增加回收", "used up, but more of it would bring nothing")


def capital(text: str) -> str:
    """With a capital first letter, the rest untouched."""
    return text[:1].upper() + text[1:]


def lang_of(words: Words, lang: Lang) -> str:
    """The words without the full stop a rule's reason may end with: they stand inside a longer sentence."""
    return words.to(lang).rstrip("。. ")
