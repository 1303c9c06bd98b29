"""Folders of the checkout that tests read."""

from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
PACKAGE = ROOT / "caffe_fillers"
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
LENET = EXAMPLES / "lenet.prototxt"
CORPUS = TESTS / "corpus"
GOLDENS = TESTS / "goldens"
FORKS = TESTS / "forks"
SHARED = ROOT.parent / "shared"
"""What lies beside the project on its developers' machines; tests that read it skip where it is missing."""
