"""Configuration read strictly: YAML in, a checked pydantic model out, or an error that names the file, line and key.

Unknown keys are refused with the nearest known one; so are duplicate keys, aliases that form a cycle and files larger than
a configuration has any business being.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import pydantic
import yaml

from panhuo.kernel.errors import ConfigurationInvalid
from panhuo.kernel.validation_words import of_fault, of_yaml
from panhuo.kernel.words import Words

MAX_BYTES = 4 * 1024 * 1024

_NEAR = 0.7
"""Of two spellings: colums is columns, colour is not."""


class Document(pydantic.BaseModel):
    """Base of every configuration model: frozen, and no key that is not declared."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Origin:
    """Where a document was read: for a fault found only when it is used. All origins are equal, for two documents are if they say the same."""

    def __init__(self, where: str, text: str, path: tuple[int | str, ...]) -> None:
        self._where, self._text, self._path = where, text, path

    def place(self, *keys: int | str) -> str:
        """file:line: key of what stands under ``keys`` in the document."""
        path = (*self._path, *keys)
        line = _line_of(self._text, path, whole=True)
        return f"{self._where}{f':{line}' if line else ''}: {'.'.join(map(str, path))}"

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Origin)

    def __hash__(self) -> int:
        return 0


class Traced(Document):
    """A document with expressions in it, that remembers where it was read."""

    _origin: Origin | None = pydantic.PrivateAttr(default=None)

    def place(self, *keys: int | str) -> str:
        """Where ``keys`` stands: file, line where known, and key; the key alone for a document that came from no file."""
        return self._origin.place(*keys) if self._origin is not None else ".".join(map(str, keys))


D = TypeVar("D", bound=Document)


class Sourced(Document):
    """A figure with where it comes from. ``certainty``: primary, confirmed:N, single, seed, memory, house, derived."""

    value: float
    source: str
    certainty: str = "house"


def load(path: Path, model: type[D]) -> D:
    """Read and check one YAML file. Raises ConfigurationInvalid."""
    return check(read(path), model, where=str(path), text=path.read_text(encoding="utf-8"))


def read(path: Path) -> Any:
    """The plain data of a YAML file. Raises ConfigurationInvalid for anything that is not one well-formed document."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _invalid(
            "CONFIG_UNREADABLE",
            str(path),
            f"无法读取（{error.strerror}）",
            f"cannot be read ({error.strerror})",
            "检查路径与权限",
            "check the path and the permissions",
        ) from error
    if len(raw) > MAX_BYTES:
        raise _invalid(
            "CONFIG_TOO_LARGE",
            str(path),
            "文件过大，不像配置",
            "too large for a configuration file",
            "检查是否给错了文件",
            "check that this is the right file",
        )
    try:
        text = raw.decode("utf-8")
        _refuse_deep(text)
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 a SafeLoader made stricter
    except UnicodeDecodeError as error:
        raise _invalid("CONFIG_NOT_UTF8", str(path), "不是 UTF-8 编码", "is not UTF-8", "另存为 UTF-8", "save it as UTF-8") from error
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = of_yaml(getattr(error, "problem", None) or str(error) or "YAML")
        raise _invalid(
            "CONFIG_NOT_YAML", line, f"不是合法的 YAML：{problem.zh}", f"is not well-formed YAML: {problem.en}", "修正该行", "mend that line"
        ) from error


def check(data: Any, model: type[D], *, where: str, text: str = "") -> D:
    """Plain data to a model. ``text``: the source, to find line numbers in."""
    if not isinstance(data, dict):
        raise _invalid("CONFIG_SHAPE", where, "应为键值结构", "must be a mapping of keys", "对照文档补全", "see the documentation for its keys")
    if _cyclic(data):
        raise _invalid("CONFIG_CYCLE", where, "锚点引用自身，成环", "an anchor refers to itself", "去掉循环引用", "remove the cycle")
    try:
        checked = model.model_validate(data)
        _trace(checked, data, where, text, ())
        return checked
    except pydantic.ValidationError as error:
        faults = error.errors(include_url=False)
        # a misspelt required key is both unknown and missing: its spelling is the better news
        first = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
        path = ".".join(str(part) for part in first["loc"])
        line = _line_of(text, first["loc"])
        place = f"{where}:{line}: {path}" if line else f"{where}: {path}"
        if first["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(first["loc"][-1]), _keys(model, first["loc"][:-1]), n=1, cutoff=_NEAR)
            hint_zh = f"是否指 {near[0]}？" if near else "删除该键或更正拼写"
            hint_en = f"did you mean {near[0]}?" if near else "remove it or correct its spelling"
            raise _invalid("CONFIG_UNKNOWN_KEY", place, "未知的键", "unknown key", hint_zh, hint_en) from None
        if first["type"] == "missing":
            raise _invalid("CONFIG_MISSING_KEY", place, "缺少必填键", "required key is missing", "补上该键", "add it") from None
        context = first.get("ctx", {}).get("error")
        if isinstance(context, _BilingualError):
            raise _invalid("CONFIG_VALUE", place, context.words.zh, context.words.en, "更正该值", "correct the value") from None
        wrong = of_fault(first)
        raise _invalid("CONFIG_VALUE", place, wrong.zh, wrong.en, "更正该值", "correct the value") from None


class _BilingualError(ValueError):
    def __init__(self, words: Words) -> None:
        self.words = words
        super().__init__(words.en)


def refuse(zh: str, en: str) -> ValueError:
    """To be raised inside a model's validator: becomes ConfigurationInvalid with these words."""
    return _BilingualError(Words(zh, en))


# libyaml where the wheel carries it: the same grammar, ten times as fast
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH = 60


def _refuse_deep(text: str) -> None:
    """A document nested beyond sense would exhaust the C stack: its events are counted before it is built."""
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.events.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                mark: Any = event.start_mark
                raise yaml.composer.ComposerError(None, None, f"nested more than {MAX_DEPTH} deep", mark)
        elif isinstance(event, yaml.events.CollectionEndEvent):
            depth -= 1


class _StrictLoader(Loader):  # type: ignore[misc]
    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:  # a scalar that looks like a date or number and is none, such as 2026-02-31
            raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from error


def _mapping(loader: _StrictLoader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, "a list or mapping cannot be a key", key_node.start_mark)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


def _construct(loader: _StrictLoader, node: yaml.MappingNode) -> Any:
    out: dict[Any, Any] = {}
    yield out
    out.update(_mapping(loader, node))


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct)


def _cyclic(data: Any, above: tuple[int, ...] = ()) -> bool:
    if isinstance(data, dict | list):
        if id(data) in above:
            return True
        children = data.values() if isinstance(data, dict) else data
        return any(_cyclic(child, (*above, id(data))) for child in children)
    return False


def _keys(model: type[pydantic.BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The declared keys at ``path`` inside ``model``, as far as plain annotations tell."""
    here: Any = model
    for part in path:
        fields = getattr(here, "model_fields", None)
        if fields is None or part not in fields:
            args = getattr(here, "__args__", ())
            here = next((a for a in args if isinstance(a, type) and issubclass(a, pydantic.BaseModel)), None)
            if here is None:
                return []
            if isinstance(part, int) or part not in here.model_fields:
                continue
            fields = here.model_fields
        here = fields[part].annotation
    args = getattr(here, "__args__", ())
    if args and not hasattr(here, "model_fields"):
        here = next((a for a in args if isinstance(a, type) and hasattr(a, "model_fields")), here)
    return list(getattr(here, "model_fields", {}))


def _trace(node: object, given: Any, where: str, text: str, path: tuple[int | str, ...]) -> None:
    """Tells every ``Traced`` document below ``node`` where it stands. Refuses true and false ``given`` for a number, which pydantic takes for 1 and 0."""
    if isinstance(node, Traced):
        node._origin = Origin(where, text, path)
    if isinstance(given, bool) and not isinstance(node, bool) and isinstance(node, int | float):
        raise _invalid("CONFIG_VALUE", Origin(where, text, ()).place(*path), "应为数字", "should be a number", "更正该值", "correct the value")
    below: Iterable[tuple[int | str, object]] = ()
    if isinstance(node, Document):
        below = ((field.alias or name, getattr(node, name)) for name, field in type(node).model_fields.items())
    elif isinstance(node, dict):
        below = node.items()
    elif isinstance(node, tuple | list):
        below = enumerate(node)
    for key, value in below:
        _trace(value, _under(given, key), where, text, (*path, key))


def _under(given: Any, key: int | str) -> Any:
    """What stands under ``key`` in plain data, None where the model has what the data lack."""
    if isinstance(given, dict):
        return given.get(key)
    return given[key] if isinstance(given, list) and isinstance(key, int) and key < len(given) else None


def _line_of(text: str, path: tuple[int | str, ...], *, whole: bool = False) -> int | None:
    """The line of ``path``, or of the nearest key above it that stands in the text; ``whole``: of nothing but ``path``."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader) if text else None
    except yaml.YAMLError:
        return None
    line = None
    for part in path:
        if isinstance(node, yaml.MappingNode):
            match = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if match is None:
                line = None if whole else line
                break
            line, node = match[0].start_mark.line + 1, match[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _invalid(code: str, where: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> ConfigurationInvalid:
    return ConfigurationInvalid(code, Words(zh, en), where=where, remedy=Words(remedy_zh, remedy_en))


def fingerprint(document: Document) -> str:
    """Twelve hex digits that change with any figure of the document: SHA-256 of its JSON with sorted keys."""
    text = json.dumps(document.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
