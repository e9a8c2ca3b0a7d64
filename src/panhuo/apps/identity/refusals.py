"""What an exception means to the caller: status, stable code, cause and remedy; the console and the API each word it in their own form."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError

from panhuo.apps.identity.roles import ABILITIES
from panhuo.apps.identity.scope import NotAllowed
from panhuo.kernel.errors import PanhuoError
from panhuo.kernel.words import Words

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not the one asked for."""

    status: int
    code: str
    cause: Words
    remedy: Words
    where: str = ""


NOT_FOUND = Refusal(
    404,
    "NOT_FOUND",
    Words("没有这个页面或对象，或您无权查看", "There is no such page or thing, or you may not see it"),
    Words("检查网址，或从菜单进入", "check the address, or start from the menu"),
)
NO_PAGE = Refusal(
    405,
    "METHOD_NOT_ALLOWED",
    Words("这个地址只接收提交的内容，不是可以打开的页面", "This address takes what a form sends and is no page to open"),
    Words("从菜单进入，或返回上一页", "start from the menu, or go back"),
)
BAD_REQUEST = Refusal(
    400,
    "REQUEST_WRONG",
    Words("请求无法解析", "The request cannot be understood"),
    Words("检查网址或内容后重试", "check the address or the content and try again"),
)
CHARACTER = Refusal(
    422,
    "CHARACTER_REFUSED",
    Words("内容里有不能保存的控制字符（NUL）", "The text holds a control character that cannot be kept (NUL)"),
    Words("去掉该字符后重新提交；什么也没有保存", "take it out and send it again; nothing was saved"),
)
SIGN_IN = Refusal(
    401,
    "SIGN_IN",
    Words("请先登录", "Sign in first"),
    Words("登录后重试；什么也没有提交", "sign in and try again; nothing was sent"),
)
TOKEN = Refusal(
    401,
    "TOKEN",
    Words("令牌缺失、过期或已撤销", "The token is missing, has run out or was revoked"),
    Words("在“我的设置”中新建令牌", "make one under “My settings”"),
)
FORGERY = Refusal(
    403,
    "FORM_EXPIRED",
    Words("表单已过期，或不是从本站提交", "The form has expired, or was not sent from this site"),
    Words("返回上一页、刷新后重新提交", "go back, reload and send it again"),
)
TOO_BIG = Refusal(
    413,
    "UPLOAD_TOO_BIG",
    Words("上传内容超过上限", "The upload is larger than allowed"),
    Words("拆分或压缩（.gz、.zip）后再上传", "split it, or compress it (.gz, .zip)"),
)
CUT_OFF = Refusal(
    400,
    "UPLOAD_CUT_OFF",
    Words("上传没有完成，什么也没有保存", "The upload was cut off; nothing was kept"),
    Words("检查网络后重新上传", "check the connection and upload again"),
)
BROKE = Refusal(
    500,
    "SERVER_FAULT",
    Words("程序出错，什么也没有改变", "Something failed; nothing was changed"),
    Words("稍后重试；仍不行请把跟踪号告诉管理员", "try again later; if it stays so, tell your administrator the trace number"),
)
AWAY = Refusal(
    503, "DATABASE_AWAY", Words("数据库暂时不可用", "The database is away for the moment"), Words("几秒后重试", "try again in a few seconds")
)
DISK_FULL = Refusal(
    507,
    "DISK_FULL",
    Words("服务器磁盘空间不足，什么也没有保存", "The server's disk is full; nothing was saved"),
    Words("请管理员腾出空间后重试", "ask your administrator to free some space"),
)


def refusal_of(error: Exception, *, signed_in: bool, by_token: bool = False) -> Refusal:
    """What to answer to an exception, to a person or a program that came with a token. What is nobody's fault but ours is logged."""
    if isinstance(error, NotAllowed):
        if not signed_in:
            return SIGN_IN
        words = ABILITIES[error.ability]
        if by_token:
            cause = Words(f"这个令牌没有“{words.zh}”的权限", f"This token may not {words.en}")
            remedy = Words("换用含这项权限的令牌；它须是您的角色有的权限", "use a token with this ability; your role must have it, too")
            return Refusal(403, "NOT_ALLOWED", cause, remedy)
        cause = Words(f"您的角色没有“{words.zh}”的权限", f"Your role may not {words.en}")
        return Refusal(403, "NOT_ALLOWED", cause, Words("如需权限，请联系本机构管理员", "ask your organisation's administrator"))
    if isinstance(error, PanhuoError):
        return Refusal(400 if error.exit_status == 2 else 422, error.code, error.cause, error.remedy, error.where)
    if isinstance(error, Http404 | PermissionDenied):
        return NOT_FOUND
    if isinstance(error, RequestDataTooBig | TooManyFilesSent):
        return TOO_BIG
    if isinstance(error, UnreadablePostError):
        return CUT_OFF
    if isinstance(error, SuspiciousOperation):
        return BAD_REQUEST
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("database away", exception=type(error).__name__)
        return AWAY
    if isinstance(error, OSError) and error.errno in (28, 122):
        log.error("disk full")
        return DISK_FULL
    if isinstance(error, DataError) and "NUL" in str(error):  # psycopg's own words, before anything is sent
        return CHARACTER
    log.error("request broke", exc_info=error)
    return BROKE
