"""The directive `command-help`: a section for each command with what its --help prints."""

from __future__ import annotations

import contextlib
import io

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from caffe_fillers.cli import main
from caffe_fillers.cli.commands import COMMANDS


def printed_help(name: str) -> str:
    """What `caffe-fill NAME --help` prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        main([*([] if name == "fill" else [name]), "--help"])
    return printed.getvalue()


class CommandHelp(SphinxDirective):
    """All commands, in the command line's order."""

    def run(self) -> list[nodes.Node]:
        """One section each."""
        sections: list[nodes.Node] = []
        for name in COMMANDS:
            title = "caffe-fill" if name == "fill" else f"caffe-fill {name}"
            section = nodes.section(ids=[nodes.make_id(title)], names=[title])
            text = printed_help(name)
            section += [nodes.title(title, title), nodes.literal_block(text, text, language="text")]
            sections.append(section)
        return sections
