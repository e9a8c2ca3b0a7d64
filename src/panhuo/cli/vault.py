"""``panhuo vault``: the keys that personal data are sealed under."""

from __future__ import annotations

import click

from panhuo.cli.output import say

_AT_ONCE = 5_000


@click.group(
    help=say(
        "保险库：个人信息的加密密钥。\n\n示例：\n\n  panhuo vault rotate",
        "The vault: the keys that personal data are sealed under.\n\nExample:\n\n  panhuo vault rotate",
    )
)
def command() -> None:
    pass


@command.command(
    help=say(
        "新增一版密钥并用它重新加密全部记录；可中断，再次运行会接着做。\n\n示例：\n\n  panhuo vault rotate",
        "Add a key and seal every record anew under it; may be interrupted, and goes on when run again.\n\nExample:\n\n  panhuo vault rotate",
    )
)
@click.option("--continue", "go_on", is_flag=True, help=say("不新增密钥，只接着重新加密", "add no key, only go on sealing"))
def rotate(go_on: bool) -> None:
    from panhuo.config.starting import ready

    ready()
    from django.conf import settings

    from panhuo.apps.privacy.keys import keys_add
    from panhuo.apps.privacy.vault import people_reseal

    if not go_on:
        version = keys_add(settings.PANHUO_VAULT_KEYS)
        click.echo(
            say(
                f"密钥第 {version} 版已启用；请备份密钥文件，并复制到其他运行盘活的机器。",
                f"Key version {version} is in use; back the key file up and copy it to the other machines that run Panhuo.",
            )
        )
    done = 0
    while batch := people_reseal(limit=_AT_ONCE):
        done += batch
    click.echo(say(f"重新加密 {done:,} 条。", f"{done:,} records sealed anew."))
