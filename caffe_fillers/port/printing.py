"""What printers of Python share: expressions from operations, and the parts that a module is made of."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from caffe_fillers.frameworks.initializers import number
from caffe_fillers.port.code import applied, arguments, operation
from caffe_fillers.port.contract import Rules
from caffe_fillers.port.reading.contract import Node
from caffe_fillers.port.values import Binary, Function, Input, Number, Value
from caffe_fillers.shapes import Shape


@dataclass(frozen=True)
class Site:
    """Where an operation is printed: its layer, its value, and what its module collects.

    `make` is given a layer's constructor and arguments, and returns what is called in its place.
    """

    node: Node
    value: Value
    rules: Rules
    make: Callable[[Node, str, list[str]], str]
    helpers: list[str]

    @property
    def x(self) -> Value:
        """The first input."""
        return self.value.inputs[0]

    @property
    def shape(self) -> Shape | None:
        """The result's shape."""
        return self.value.shape

    def helper(self, name: str) -> str:
        """The name of a helper, whose text is then printed."""
        if name not in self.helpers:
            self.helpers.append(name)
        return name

    def layer(self, constructor: str, *positional: object, **named: Any) -> str:
        """What is called in the layer's place: a module, a layer, or a dictionary of parameters."""
        return self.make(self.node, constructor, arguments(positional, named))


def expression(site: Site, inputs: tuple[str, ...]) -> str:
    """The site's value as code, with these variables for the layer's bottoms."""
    value = site.value
    match value.op:
        case Input(index):
            return inputs[index]
        case Number(amount):
            return number(amount)
    texts = [expression(replace(site, value=each), inputs) for each in value.inputs]
    match value.op:
        case Binary(symbol):
            return operation(symbol, *texts)
        case Function(name, numbers):
            template: str = site.rules.rule(value.op)(name, *map(number, numbers))
            return applied(template, *texts)
    made: str = site.rules.rule(value.op)(value.op, site, *texts)
    return made


def named_numbers(table: Mapping[str, str], name: str, numbers: tuple[str, ...]) -> str:
    """The template of a function with its numbers filled in."""
    template = table[name]
    for index, each in enumerate(numbers):
        template = template.replace(f"{{n{index}}}", each)
    return template


@cache
def _helpers(framework: str) -> dict[str, tuple[str, frozenset[str]]]:
    """By name, the text of each helper and the helpers that it uses itself."""
    text = (Path(__file__).parent / "helpers" / f"{framework}.py").read_text()
    lines, found = text.splitlines(), dict[str, tuple[str, frozenset[str]]]()
    nodes = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    names = {node.name for node in nodes}
    for node in nodes:
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} & names
        found[node.name] = (
            "\n".join([*lines[first - 1 : node.end_lineno], ""]),
            frozenset(used - {node.name}),
        )
    return found


def helper_texts(framework: str, names: Iterable[str]) -> list[str]:
    """The texts of helpers, each once, after those that it uses itself."""
    known, texts = _helpers(framework), dict[str, None]()

    def add(name: str) -> None:
        text, needed = known[name]
        for each in sorted(needed):
            add(each)
        texts.setdefault(text)

    for name in names:
        add(name)
    return list(texts)


def imports(body: str, needed: Mapping[str, str], more: Iterable[str] = ()) -> str:
    """The imports of names that a body uses, the standard library's first."""
    lines = {line for word, line in needed.items() if re.search(rf"(?<![\w.]){re.escape(word)}\.", body)}
    ordered = sorted(
        lines | set(more), key=lambda line: (line != "import math", line.startswith("from"), line)
    )
    text = "".join(f"{line}\n" for line in ordered)
    return text.replace("import math\n", "import math\n\n", 1)
