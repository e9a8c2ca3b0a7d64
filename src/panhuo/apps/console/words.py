"""Words for codes that stand in tables."""

from __future__ import annotations

import re

from panhuo.kernel.words import Words

DEEDS: dict[str, Words] = {
    "tape.upload": Words("上传清单", "uploaded a tape"),
    "tape.import": Words("导入清单", "imported a tape"),
    "tape.discard": Words("删除未导入的清单", "removed an upload"),
    "tape.current": Words("设为现行版本", "made a version current"),
    "tape.withdraw": Words("撤下清单", "withdrew a tape"),
    "tape.rename": Words("清单改名", "renamed a tape"),
    "match.decide": Words("复核债务人归并", "decided a debtor match"),
    "match.carry": Words("沿用上一版的归并复核", "carried decisions on debtor matches over"),
    "match.undo": Words("撤销归并复核", "took a match decision back"),
    "plan.ask": Words("要求制定方案", "asked for a plan"),
    "plan.make": Words("方案制定完成", "plan made"),
    "plan.draft": Words("撤回为草案", "made it a draft again"),
    "plan.submitted": Words("提交合规审查", "submitted for review"),
    "plan.reviewed": Words("合规审查通过", "reviewed"),
    "plan.approved": Words("审批通过，开始执行", "approved: in force"),
    "plan.replaced": Words("被新批准的方案替代", "replaced by a plan newly in force"),
    "plan.refused": Words("未通过", "refused"),
    "approval.request": Words("提出申请", "asked for an approval"),
    "approval.approve": Words("同意申请", "approved a request"),
    "approval.refuse": Words("拒绝申请", "refused a request"),
    "approval.withdraw": Words("撤回申请", "withdrew a request"),
    "job.start": Words("启动任务", "started a job"),
    "job.cancel": Words("取消任务", "cancelled a job"),
    "user.create": Words("新建用户", "made a user"),
    "user.change": Words("修改用户", "changed a user"),
    "password.change": Words("修改密码", "changed a password"),
    "password.reset": Words("重置密码", "reset a password"),
    "totp.on": Words("开启动态口令", "switched the one-time password on"),
    "totp.off": Words("关闭动态口令", "switched the one-time password off"),
    "team.save": Words("保存团队", "saved a team"),
    "delegation.create": Words("委托审批", "lent an approval"),
    "delegation.end": Words("收回委托", "took a lent approval back"),
    "token.create": Words("新建令牌", "made a token"),
    "token.revoke": Words("撤销令牌", "revoked a token"),
    "organisation.create": Words("新建机构", "made an organisation"),
    "organisation.open": Words("启用机构", "opened an organisation"),
    "organisation.shut": Words("停用机构", "shut an organisation"),
    "account.search": Words("查找账户", "looked for an account"),
    "reject.open": Words("打开退回行（完整内容）", "opened a rejected row in full"),
    "reject.mend": Words("更正退回行", "corrected a rejected row"),
    "findings.download": Words("下载留意与修正（脱敏）", "downloaded notes and repairs (masked)"),
    "rejects.download": Words("下载退回行（完整内容）", "downloaded the rejected rows in full"),
    "tape.compare": Words("比较了两个版本", "compared two versions"),
    "tape.mend": Words("以更正行建立新版", "made a new version with corrected rows"),
    "account.export": Words("导出账户", "exported accounts"),
}

REMEDIES = {
    "LAYOUT_MISSING_REQUIRED": Words(
        "在对应表中为缺的字段选择表头；几个文件的表头不同而不能共用一个对应表的，分开上传",
        "choose a heading for the missing fields in the table; files whose headings differ too much for one table are uploaded apart",
    ),
    "HEADINGS_DIFFER": Words("分开上传，或把各文件、各工作表的表头改成一致", "upload them apart, or make the headings of all files and sheets equal"),
    "SHEET_WITHOUT_WORKBOOK": Words("清空工作表一栏，或上传 Excel 文件", "empty the field of the sheet, or upload an Excel file"),
}
"""By error, where an engine's remedy is an option of the command line: what to do on the page instead."""

_COMMANDS = (
    (r"\s*[（(][^（）()]*(?:panhuo |--[a-z])[^（）()]*[）)]", ""),
    (r"[；;]\s*panhuo layout suggest [^，。；;.]*", ""),
    (r"，?panhuo layout suggest 会列出未知的代码", ""),
    (r"用 --as-of 或版式的 as_of 给出", "在“基准日”一栏或版式的 as_of 中给出"),
    (r"用 --as-of 更正", "在“基准日”一栏更正"),
    (r"用 --as-of ", "在“基准日”一栏写 "),
    (r"with --as-of\b", "in the field of the cut-off"),
    (r"give --as-of (\S+)", r"write \1 into the field of the cut-off"),
)


def on_page(words: Words) -> Words:
    """What the engines say, without the commands and options they point to: pages have fields and buttons for these."""
    zh, en = words.zh, words.en
    for pattern, instead in _COMMANDS:
        zh, en = re.sub(pattern, instead, zh), re.sub(pattern, instead, en)
    return Words(zh, en)
