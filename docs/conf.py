"""The documentation as a site: `pip install '.[docs]' && sphinx-build -W --keep-going docs site`.

Sphinx, for it is kept, reads these Markdown pages and the docstrings as they are, makes every warning an
error, and needs no network, neither to build nor to read.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_site")]

import command_help
import docstrings
import figures
import formulas

project = "caffe_fillers"
copyright = "the caffe_fillers maintainers"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 3
default_role = "code"
nitpicky = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
python_maximum_signature_line_length = 88
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
exclude_patterns = ["_site"]
html_theme = "furo"
html_title = "caffe_fillers"
html_math_renderer = "mathml"
html_static_path: list[str] = []
html_copy_source = False


def setup(app: Sphinx) -> None:
    """Figures are drawn, formulas become MathML, `command-help` prints a command's own help."""
    figures.write(HERE / "figures")
    formulas.setup(app)
    app.add_directive("command-help", command_help.CommandHelp)
    app.connect("autodoc-process-docstring", docstrings.to_rst)
