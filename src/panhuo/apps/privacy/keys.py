"""The vault's keys: a file of its own, apart from the database, with every version that anything is still sealed under.

``vault.json``: ``{"current": 2, "keys": {"1": <32 bytes, base64>, "2": ...}, "index": <32 bytes, base64>}``. Rotation adds a version and
seals anew (:mod:`.rotating`); the index key stays, as every blind index would have to be made again with it.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.words import Words


@dataclass(frozen=True, slots=True)
class Keys:
    """``sealing`` by version, ``current`` the version to seal under, ``index`` for blind indexes."""

    current: int
    sealing: dict[int, bytes]
    index: bytes

    def __repr__(self) -> str:
        return f"Keys(current={self.current}, versions={sorted(self.sealing)})"  # never the keys


def load_keys(path: Path) -> Keys:
    """The keys in the file. Raises ConfigurationInvalid for a file that is absent, readable by others, or not of the form."""
    return _load(path, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=4)
def _load(path: Path, changed_at: int) -> Keys:
    try:
        if path.stat().st_mode & 0o077:
            raise _wrong(path, Words("其他用户可读", "others may read it"), Words(f"chmod 600 {path}", f"chmod 600 {path}"))
        raw = json.loads(path.read_text(encoding="utf-8"))
        sealing = {int(version): base64.b64decode(key, validate=True) for version, key in raw["keys"].items()}
        keys = Keys(int(raw["current"]), sealing, base64.b64decode(raw["index"], validate=True))
    except FileNotFoundError as error:
        remedy = Words(
            "从备份恢复；全新安装可运行 panhuo migrate 生成", "restore it from the backup; a new installation makes one with `panhuo migrate`"
        )
        raise _wrong(path, Words("文件不存在", "the file does not exist"), remedy) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _wrong(path, Words("不是密钥文件", "it is no key file"), Words("从备份恢复", "restore it from the backup")) from error
    if keys.current not in sealing or any(len(key) != 32 for key in (*sealing.values(), keys.index)):
        raise _wrong(path, Words("密钥长度或版本不对", "a key's length or the version is wrong"), Words("从备份恢复", "restore it from the backup"))
    return keys


def keys_create(path: Path) -> bool:
    """Make a first key file; false if there is one already (it is never written over)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = {"current": 1, "keys": {"1": _fresh()}, "index": _fresh()}
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(fresh, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return True


def keys_add(path: Path) -> int:
    """Add a version and make it current; the version."""
    load_keys(path)
    raw = json.loads(path.read_text(encoding="utf-8"))
    version = max(int(v) for v in raw["keys"]) + 1
    raw["keys"][str(version)] = _fresh()
    raw["current"] = version
    beside = path.with_suffix(".new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(raw, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return version


def _fresh() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _wrong(path: Path, cause: Words, remedy: Words) -> ConfigurationInvalid:
    return ConfigurationInvalid("VAULT_KEYS", cause, where=str(path), remedy=remedy)
