"""A page as a reader sees it: a tree of its elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Node:
    tag: str
    attrs: dict[str, str]
    parent: Node | None = None
    children: list[Node | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, tag: str = "", **attrs: str) -> Iterator[Node]:
        for child in self.children:
            if isinstance(child, str):
                continue
            if (not tag or child.tag == tag) and all(child.attrs.get(name.replace("_", "-")) == value for name, value in attrs.items()):
                yield child
            yield from child.all(tag, **attrs)

    def one(self, tag: str = "", **attrs: str) -> Node:
        return next(self.all(tag, **attrs))

    def up(self, tag: str) -> Node | None:
        node = self.parent
        while node is not None and node.tag != tag:
            node = node.parent
        return node


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("root", {})
        self.at = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(node)
        if tag not in _VOID:
            self.at = node

    def handle_endtag(self, tag: str) -> None:
        node: Node | None = self.at
        while node is not None and node.tag != tag:
            node = node.parent
        if node is not None and node.parent is not None:
            self.at = node.parent

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


def read(html: str) -> Node:
    reader = _Reader()
    reader.feed(html)
    return reader.root


def number(node: Node) -> int | None:
    """The figure a node shows: fen exactly, from what stands when it is pointed at or from a sum to the fen; else a count. None for what is no number."""
    for money in node.all("span"):
        if money.attrs.get("class") == "money":
            return fen(money.attrs["title"].split(" ")[0] if "title" in money.attrs else money.text)
    text = node.text.strip()
    if re.fullmatch(r"-?[\d,]+\.\d\d", text):
        return fen(text)
    return int(text.replace(",", "")) if re.fullmatch(r"-?[\d,]+", text) else None


def fen(text: str) -> int:
    yuan, _, cents = text.strip().replace(",", "").partition(".")
    return int(yuan) * 100 + (-1 if yuan.startswith("-") else 1) * int(cents or 0)
