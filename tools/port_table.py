"""The table of docs/port.md: by layer type and target exact, exact with limits, or not supported.

    python tools/port_table.py

prints it; tests/port/test_port.py compares it with the page.
"""

from caffe_fillers.port.reading import LayerReader, readers
from caffe_fillers.port.targets import Rules, targets
from caffe_fillers.port.targets.onnx import RULES as ONNX

ORDER = ("torch", "onnx", "keras", "jax")
RULES = {**{name: targets[name].rules for name in targets}, "onnx": ONNX}


def cell(reader: LayerReader, rules: Rules, notes: list[str]) -> str:
    if any(op not in rules.rules for op in reader.makes):
        return "not supported"
    limits = "; ".join(filter(None, [reader.limits, *(rules.limits.get(op, "") for op in reader.makes)]))
    if limits and limits not in notes:
        notes.append(limits)
    return f"exact ({notes.index(limits) + 1})" if limits else "exact"


def table() -> str:
    lines = [f"| layer type | {' | '.join(ORDER)} |", "|---|" + "---|" * len(ORDER)]
    notes: list[str] = []
    for name in sorted({*readers, *readers.variants()}):
        base, _, dialect = name.partition("@")
        known = {**{each: readers[each] for each in readers}, **readers.variants()}
        cells = ["not supported"] * len(ORDER)
        if name in known:
            cells = [cell(known[name], RULES[target], notes) for target in ORDER]
        lines.append(f"| {f'{base} of {dialect}' if dialect else name} | {' | '.join(cells)} |")
    lines += ["", *(f"{number}. {note}" for number, note in enumerate(notes, 1))]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
