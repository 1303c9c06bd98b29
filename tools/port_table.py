"""The table of docs/port.md: by layer type and target exact, exact with limits, or not supported.

    python tools/port_table.py

prints it; tests/port/test_port.py compares it with the page.
"""

from caffe_fillers.port.contract import targets

# Caffe's own types that compute something and that a target may not have; forks' types are in no target.
CAFFES = {
    *("ArgMax", "BatchReindex", "Filter", "Im2col", "LSTMUnit", "Parameter", "Python", "RNN", "SPP"),
}


def table() -> str:
    names = targets.names()
    known = [targets[name] for name in names]
    types = sorted(CAFFES.union(*(target.translations.names() for target in known)))
    lines = [f"| layer type | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    notes: list[str] = []
    for each in types:
        cells = []
        for target in known:
            if each not in target.translations:
                cells.append("not supported")
                continue
            limits = target.translations[each].limits
            if limits and limits not in notes:
                notes.append(limits)
            cells.append(f"exact ({notes.index(limits) + 1})" if limits else "exact")
        lines.append(f"| {each} | {' | '.join(cells)} |")
    lines += ["", *(f"{number}. {note}" for number, note in enumerate(notes, 1))]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
