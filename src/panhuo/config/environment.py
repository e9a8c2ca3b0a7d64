"""Every setting of an installation, from the environment, each with its meaning: the table ``docs/settings.md`` is made from.

A value that cannot be used stops the start with its name, what was wrong and what would do; nothing is guessed.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.words import Words


@dataclass(frozen=True, slots=True)
class Setting:
    """``default`` is what holds where the variable is absent or empty."""

    name: str
    default: str
    words: Words


SETTINGS = (
    Setting(
        "PANHUO_DATA",
        "~/.local/share/panhuo",
        Words(
            "数据目录：内置数据库、上传文件、结果、密钥。请放在有备份的磁盘上",
            "Folder of the embedded database, uploads, results and keys. Put it on a disk that is backed up",
        ),
    ),
    Setting(
        "DATABASE_URL",
        "",
        Words(
            "PostgreSQL（15 及以上）地址，postgresql://用户:密码@主机:端口/库；留空则使用内置数据库",
            "Address of a PostgreSQL (15 or later), postgresql://user:password@host:port/name; empty: the embedded one",
        ),
    ),
    Setting(
        "PANHUO_SECRET_KEY",
        "",
        Words(
            "会话签名密钥（至少 32 字符）；留空则首次启动时在数据目录生成",
            "Key that signs sessions (32 characters or more); empty: made in the data folder",
        ),
    ),
    Setting(
        "PANHUO_VAULT_KEY_FILE",
        "",
        Words(
            "保险库密钥文件；留空则为数据目录下 keys/vault.json，首次启动时生成。须与数据库备份分开保管",
            "File of the vault's keys; empty: keys/vault.json in the data folder, made at first start. Keep it apart from database backups",
        ),
    ),
    Setting("PANHUO_HOSTS", "localhost,127.0.0.1,[::1]", Words("允许的主机名，逗号分隔", "Host names that are served, separated by commas")),
    Setting(
        "PANHUO_HTTPS",
        "0",
        Words(
            "1：只经 HTTPS 提供服务（Cookie 加 Secure、HSTS）。正式环境必须为 1",
            "1: served over HTTPS only (secure cookies, HSTS). Must be 1 in production",
        ),
    ),
    Setting(
        "PANHUO_PROXY",
        "0",
        Words("1：信任反向代理的 X-Forwarded-Proto 与 X-Forwarded-For", "1: trust a reverse proxy's X-Forwarded-Proto and X-Forwarded-For"),
    ),
    Setting("PANHUO_UPLOAD_LIMIT_MB", "2048", Words("单个上传文件上限（MB）", "Largest uploaded file, in MB")),
    Setting("PANHUO_LOG_LEVEL", "INFO", Words("日志级别：DEBUG、INFO、WARNING、ERROR", "Log level: DEBUG, INFO, WARNING, ERROR")),
    Setting("PANHUO_OIDC_ISSUER", "", Words("单点登录（OIDC）签发方地址；留空则不启用", "Issuer of OIDC single sign-on; empty: off")),
    Setting("PANHUO_OIDC_CLIENT_ID", "", Words("单点登录的客户端编号", "Client id at the issuer")),
    Setting("PANHUO_OIDC_CLIENT_SECRET", "", Words("单点登录的客户端密钥", "Client secret at the issuer")),
    Setting(
        "PANHUO_OIDC_CLAIM",
        "sub",
        Words(
            "以签发方的哪个声明识别席位：sub、email（须经签发方核实）或 preferred_username",
            "Claim of the issuer by which seats are known: sub, email (verified by the issuer) or preferred_username",
        ),
    ),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class Environment:
    """Settings as read from ``variables``; use :meth:`text`, :meth:`flag` and :meth:`number` with a name of ``SETTINGS``."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def text(self, name: str) -> str:
        return self._variables.get(name, "").strip() or _BY_NAME[name].default

    def flag(self, name: str) -> bool:
        value = self.text(name).lower()
        if value in ("1", "true", "yes", "on"):
            return True
        if value in ("0", "false", "no", "off"):
            return False
        raise _wrong(name, Words(f"“{value}”不是 1 或 0", f'"{value}" is neither 1 nor 0'))

    def number(self, name: str, *, least: int, most: int) -> int:
        value = self.text(name)
        if not value.isdecimal() or not least <= int(value) <= most:
            raise _wrong(name, Words(f"“{value}”不是 {least} 到 {most} 的整数", f'"{value}" is no whole number from {least} to {most}'))
        return int(value)

    def names(self, name: str) -> list[str]:
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def level(self) -> str:
        value = self.text("PANHUO_LOG_LEVEL").upper()
        if value not in _LEVELS:
            raise _wrong("PANHUO_LOG_LEVEL", Words(f"“{value}”不在 {'、'.join(_LEVELS)} 之中", f'"{value}" is not one of {", ".join(_LEVELS)}'))
        return value

    def issuer(self) -> str:
        """The single sign-on's issuer: over HTTPS, or on this machine."""
        value = self.text("PANHUO_OIDC_ISSUER")
        parts = urlsplit(value)
        local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
        if value and not (parts.hostname and (parts.scheme == "https" or local)):
            raise _wrong("PANHUO_OIDC_ISSUER", Words(f"“{value}”不是 https:// 地址", f'"{value}" is no https:// address'))
        if value and not self.text("PANHUO_OIDC_CLIENT_ID"):
            raise _wrong("PANHUO_OIDC_CLIENT_ID", Words("设了签发方却没有客户端编号", "is empty though an issuer is set"))
        return value

    def data(self) -> Path:
        return Path(self.text("PANHUO_DATA")).expanduser().absolute()

    def secret_key(self) -> str:
        """The key given, or the one kept in the data folder, made there when first asked for."""
        given = self.text("PANHUO_SECRET_KEY")
        if given:
            if len(given) < 32:
                raise _wrong("PANHUO_SECRET_KEY", Words("不足 32 个字符", "has fewer than 32 characters"))
            return given
        return _kept(self.data() / "keys" / "session", secrets.token_urlsafe(48))

    def vault_keys(self) -> Path:
        given = self.text("PANHUO_VAULT_KEY_FILE")
        return Path(given).expanduser().absolute() if given else self.data() / "keys" / "vault.json"


def _kept(path: Path, fresh: str) -> str:
    """What the file holds; the file is made with ``fresh`` if it is absent. Two processes that start together end with one value."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(fresh)
    return fresh


def _wrong(name: str, cause: Words) -> ConfigurationInvalid:
    remedy = Words(f"改正环境变量；含义：{_BY_NAME[name].words.zh}", f"mend the environment variable; meaning: {_BY_NAME[name].words.en}")
    return ConfigurationInvalid("SETTING_WRONG", cause, where=name, remedy=remedy)
