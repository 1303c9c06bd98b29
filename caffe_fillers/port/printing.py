"""Parts that printers of Python share: expressions from operations, and the pieces of a module."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from caffe_fillers.frameworks.initializers import Initializer, number
from caffe_fillers.port import Binary, Function, Input, Number, Value
from caffe_fillers.port.code import arguments, call, docstring, filled, operation
from caffe_fillers.port.graph import Graph, Layer
from caffe_fillers.port.ops import Align
from caffe_fillers.port.reading import Node
from caffe_fillers.port.targets import Rule, Rules


@dataclass(frozen=True)
class Site:
    """Where an operation is printed: its layer and its value.

    `make` is given a layer's constructor and arguments, and returns what is called in its place.
    """

    node: Node
    value: Value
    rules: Rules
    make: Callable[[Node, str, list[str]], str]

    @property
    def x(self) -> Value:
        """The first input."""
        return self.value.inputs[0]

    def layer(self, constructor: str, *positional: object, **named: Any) -> str:
        """Return what the code calls for the layer: a module, a layer, or a dictionary of parameters."""
        return self.make(self.node, constructor, arguments(positional, named))

    def apply(self, x: str, constructor: str, *positional: object, **named: Any) -> str:
        """Write the call of a layer with an input."""
        return f"{self.layer(constructor, *positional, **named)}({x})"

    def function(self, name: str, *inputs: object, numbers: Iterable[float] = ()) -> str:
        """Write a call of the target's function of that name: its own template, or that of all others."""
        table, words, texts = self.rules.functions, [*map(number, numbers)], [*map(_text, inputs)]
        every = ", ".join([*texts, *words])
        return filled(table.get(name, table[""]), *texts, name=name, n=words, all=every)

    def options(self, helper: str) -> dict[str, Any]:
        """Return a helper's arguments: fields of the operation that differ from the helper's defaults."""
        known = _helpers(self.rules.target)[helper].defaults
        given = {name: getattr(self.value.op, name) for name in known if hasattr(self.value.op, name)}
        return {name: _written(value) for name, value in given.items() if known[name] != _written(value)}


def _written(value: object) -> str:
    """Write a value in full, its floats as the shortest float32."""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_written, value))}{',' if len(value) == 1 else ''})"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value)


def expression(site: Site, inputs: tuple[str, ...]) -> str:
    """Write the site's value, with these variables for the layer's bottoms."""
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
            return site.function(name, *texts, numbers=numbers)
    made: str = site.rules.rule(value.op)(value.op, site, *texts)
    return made


def helper(name: str) -> Rule:
    """Return a rule that calls a helper with the operation's fields."""
    return lambda op, at, *inputs: call(name, *inputs, **at.options(name))


def module(name: str) -> Rule:
    """Return a rule that makes a helper's module with the operation's fields and calls it with the inputs."""
    return lambda op, at, *inputs: f"{at.layer(name, **at.options(name))}({', '.join(inputs)})"


def template(text: str) -> Rule:
    """Return a rule that fills a template: {0} is the first input, {all} all of them, {op} the operation."""
    return lambda op, at, *inputs: filled(text, *inputs, op=op, all=", ".join(inputs))


def aligned(op: Align, value: Value, y: str, order: Iterable[int]) -> str:
    """Write an index that gives an array axes of length 1; `order` is that of the axes afterwards."""
    own = range(op.axis, op.axis + value.rank)
    return filled(f"{{0}}[{', '.join(':' if axis in own else 'None' for axis in order)}]", y)


@dataclass(frozen=True)
class _Helper:
    """A helper's text, its arguments with their defaults as code, and the helpers that it uses itself."""

    text: str
    defaults: Mapping[str, str | None]
    used: frozenset[str]


@cache
def _helpers(framework: str) -> dict[str, _Helper]:
    paths = sorted((Path(__file__).parent / "helpers").glob(f"{framework}*.py"))
    text = "\n".join(path.read_text() for path in paths)
    lines, found = text.splitlines(), dict[str, _Helper]()
    nodes = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for node in nodes:
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        words = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        found[node.name] = _Helper(
            text="\n".join([*lines[first - 1 : node.end_lineno], ""]),
            defaults=_defaults(node),
            used=frozenset(words & {each.name for each in nodes} - {node.name}),
        )
    return found


def _defaults(node: ast.FunctionDef | ast.ClassDef) -> dict[str, str | None]:
    """Return the arguments of a function, or of a class's constructor, with their defaults."""
    functions = [each for each in ast.walk(node) if isinstance(each, ast.FunctionDef)]
    function = next((each for each in functions if each.name in (node.name, "__init__")), None)
    if function is None:
        return {}
    names = [each.arg for each in function.args.args]
    values = [ast.unparse(each).replace("'", '"') for each in function.args.defaults]
    return {**dict.fromkeys(names), **dict(zip(names[len(names) - len(values) :], values, strict=True))}


def helper_names(framework: str) -> frozenset[str]:
    """Return the names of a framework's helpers."""
    return frozenset(_helpers(framework))


def _needed(known: Mapping[str, _Helper], body: str) -> list[str]:
    """Return the texts of the helpers that a body calls, each after those that it uses itself."""
    texts = dict[str, None]()

    def add(name: str) -> None:
        for each in sorted(known[name].used):
            add(each)
        texts.setdefault(known[name].text)

    for name in re.findall(r"(?<![\w.])[A-Za-z]\w*(?=\()", body):
        if name in known:
            add(name)
    return list(texts)


def returned(graph: Graph) -> str:
    """Write the statement that returns the results, in brackets if they are many."""
    names = ", ".join(graph.results)
    return f"return ({names})" if len(names) > _MANY else f"return {names}"


_MANY = 72


@dataclass
class Page:
    """A file that is being printed: its statements, and the remarks on initializers, once each."""

    graph: Graph
    rules: Rules
    drawn: dict[str, None] = field(default_factory=dict)
    commented: set[str] = field(default_factory=set)

    def codes(self, layer: Layer, make: Callable[[Node, str, list[str]], str]) -> str:
        """Write the right side of a layer's assignment."""
        node = layer.node
        sites = [Site(node, value, self.rules, make) for value in layer.values]
        return ", ".join(expression(site, node.inputs) for site in sites)

    def print_helper(self, initializer: Initializer) -> None:
        """Print the helper that an initializer calls with the file."""
        if initializer.helper:
            self.drawn.setdefault(initializer.helper)

    def comments(self, initializer: Initializer, margin: str) -> list[str]:
        """Return the comment on an initializer, once; the helper that it calls is printed with the file."""
        self.print_helper(initializer)
        if not initializer.comment or initializer.comment in self.commented:
            return []
        self.commented.add(initializer.comment)
        return [f"{margin}# {initializer.comment}"]

    def text(self, parts: list[str], needed: Mapping[str, str], more: Iterable[str] = ()) -> str:
        """Assemble the file: docstring, imports, helpers, and these parts."""
        known = _helpers(self.rules.target)
        load = [known["load"].text] if "load" in known else []
        body = "\n\n".join([*_needed(known, "\n".join(parts)), *self.drawn, *parts, *load])
        return f"{docstring(self.graph.net.name)}\n\n{_imports(body, needed, more)}\n\n{body}"


def _imports(body: str, needed: Mapping[str, str], more: Iterable[str]) -> str:
    """Write the imports of names that a body uses, the standard library's first."""
    lines = {line for word, line in needed.items() if re.search(rf"(?<![\w.]){re.escape(word)}\.", body)}
    ordered = sorted(
        lines | set(more), key=lambda line: (line != "import math", line.startswith("from"), line)
    )
    text = re.sub(r"(from (\w+) import \w+)\nfrom \2 import ", r"\1, ", "\n".join([*ordered, ""]))
    return text.replace("import math\n", "import math\n\n", 1)
