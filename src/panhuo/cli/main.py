"""The ``panhuo`` command: subcommands are imported when called, so that ``--help`` answers at once."""

from __future__ import annotations

import importlib
import os
import signal
import sys

import click

import panhuo
from panhuo.cli.output import language, say
from panhuo.cli.signals import Terminated, end_once, leave
from panhuo.kernel.errors import PanhuoError

# Polars gives memory back to the system half a second after it was last used and asks for it again a moment later: a tenth of a
# run. Ten seconds is its allocator's own default. Read when Polars is first imported.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000,muzzy_decay_ms:-1")

_COMMANDS = {
    "run": ("panhuo.cli.run", "清单进，处置方案出", "A loan tape in, a disposal plan out"),
    "layout": ("panhuo.cli.layout", "清单版式：列出、建议、检查", "Tape layouts: list, suggest, check"),
    "tape": ("panhuo.cli.tape", "清单：比较两个版本", "Tapes: compare two versions"),
    "sample": ("panhuo.cli.sample", "生成任意规模的合成清单及其真值", "Make a synthetic tape of any size, truth beside it"),
    "rules": ("panhuo.cli.rules", "规则手册：列出、解释、检验", "Rulebooks: list, explain, check"),
    "models": ("panhuo.cli.models", "模型：训练、预测、对照基线", "Models: train, predict, compare with baselines"),
    "serve": ("panhuo.cli.serve", "启动网页应用", "Serve the web application"),
    "worker": ("panhuo.cli.worker", "启动任务进程", "Run a job worker"),
    "migrate": ("panhuo.cli.migrate", "建立或升级数据库", "Make or upgrade the database"),
    "demo": ("panhuo.cli.demo", "演示：示例机构、用户与数据", "The demonstration: a lender, its users, its tapes"),
    "vault": ("panhuo.cli.vault", "保险库密钥轮换", "Rotate the vault's keys"),
    "bench": ("panhuo.cli.bench", "基准测试，同场对照", "Benchmarks, each against a peer in the same run"),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(say("命令", "Commands")):
            formatter.write_dl([(name, say(zh, en)) for name, (_, zh, en) in _COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help=say(
        "盘活 Panhuo：把逾期贷款依法变回资金。\n\n示例：\n\n  panhuo sample -n 20000 -o tape.csv && panhuo run tape.csv -o out",
        "Panhuo 盘活: overdue loans back into money, lawfully.\n\nExample:\n\n  panhuo sample -n 20000 -o tape.csv && panhuo run tape.csv -o out",
    ),
)
@click.version_option(panhuo.__version__, prog_name="panhuo")
def cli() -> None:
    pass


def main() -> None:
    """Run the command line. Exit status: 0 done, 1 the answer is no, 2 wrong usage, 3 the input cannot be used; 130 interrupted,
    143 terminated, 129 hung up."""
    end_once()
    try:
        status = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "", err=True)
        sys.exit(2)
    except click.ClickException as error:
        if language() == "zh":
            from panhuo.cli.usage import in_chinese

            click.echo(in_chinese(error), err=True)
        else:
            error.show()
        sys.exit(2)
    except click.Abort:
        leave(signal.SIGINT)
    except Terminated as error:
        leave(error.number)
    except PanhuoError as error:
        click.echo(error.describe(language()), err=True)
        sys.exit(error.exit_status)
    except (BrokenPipeError, SystemExit):
        # the reader of our output went away (`panhuo ... | head`): not an error of ours. Click leaves with 1 for it, after wrapping stdout
        if isinstance(sys.exception(), SystemExit) and "PacifyFlushWrapper" not in type(sys.stdout).__name__:
            raise
        _discard_output()
        sys.exit(0)
    except OSError as error:
        # what a command reads and writes has its own errors by now: this is the screen, or the file it is turned into
        click.echo(say(f"无法输出：{error}", f"The output cannot be written: {error}"), err=True)
        _discard_output()
        sys.exit(3)
    except MemoryError:
        click.echo(
            say(
                "内存不足。请减少每批行数（--batch-rows）或换更大内存的机器。",
                "Out of memory. Use fewer rows a batch (--batch-rows) or a larger machine.",
            ),
            err=True,
        )
        sys.exit(3)
    sys.exit(status if isinstance(status, int) else 0)


def _discard_output() -> None:
    """What is still waiting to be written would fail once more when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
