"""Kinds and numbers make the sentences, which stand in one file."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import numpy as np
import pytest
from paths import LENET, PACKAGE

import caffe_fillers as cf
from caffe_fillers.check import Finding, Kind, check_model, document
from caffe_fillers.check.differences import agrees, differs
from caffe_fillers.check.findings import Ground, Outcome, Problem, Provenance, Remark
from caffe_fillers.check.fit import SIGNIFICANCE, holm_limit
from caffe_fillers.check.words import TEMPLATES, fields, sentence

KINDS = [*Ground, *Kind, *Problem, *Remark, *Provenance, *Outcome]
MODULES = sorted(path for path in (PACKAGE / "check").glob("*.py") if path.name != "words.py")
SENTENCE = 4
"""Words from which on a text is one."""


def test_every_kind_has_its_sentences() -> None:
    assert set(TEMPLATES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_each_sentence_can_be_reached(kind: Finding) -> None:  # type: ignore[type-arg]
    """None stands after another whose numbers are among its own."""
    own = [fields(template) for template in TEMPLATES[kind]]
    for number, later in enumerate(own):
        assert not any(before <= later for before in own[:number])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_other_module_has_sentences(path: Path) -> None:
    tree = ast.parse(path.read_text())
    apart = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    apart |= {id(each) for node in ast.walk(tree) if isinstance(node, ast.Raise) for each in ast.walk(node)}
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart
    ]
    assert [text for text in found if len(text.split()) >= SENTENCE] == []


def test_the_document_has_kind_numbers_and_sentence() -> None:
    weights = cf.load_net(LENET).fill(seed=7)
    weights["conv2"][0][...] *= np.float32(1.5)
    result = check_model(cf.load_net(LENET).plan, weights.model())
    found = json.loads(json.dumps(document(result)))
    verdict = next(each for each in found["verdicts"] if (each["layer"], each["index"]) == ("conv2", 0))
    assert (verdict["kind"], verdict["numbers"]) == ("scaled", {"factor": pytest.approx(1.5)})
    assert verdict["diagnosis"] == "the declared values times 1.5"
    assert verdict["ground"]["kind"] == "differs"
    assert verdict["ground"]["sentence"] == verdict["evidence"]
    assert (found["outcome"]["kind"], found["provenance"]["kind"]) == ("refused", "recovered")


def test_a_sentence_takes_the_first_template_whose_numbers_are_all_there() -> None:
    assert sentence(Finding.of(Ground.AGREES, values=1200)) == "1,200 values agree"
    found = Finding.of(Ground.AGREES, values=3, tolerance=0.5, drawn_by="Boost 1.54")
    assert sentence(found) == "3 values agree within 0.5, drawn by Boost 1.54"


@pytest.mark.parametrize(
    ("p_values", "limit"),
    [
        ([0.5], SIGNIFICANCE),
        ([0.5, 0.6], SIGNIFICANCE / 2),
        ([1e-9, 0.5, 0.6], SIGNIFICANCE / 2),
        ([0.0006, 0.5], SIGNIFICANCE / 2),
        ([0.0004, 0.0009], SIGNIFICANCE),
        ([0.0, 0.0], SIGNIFICANCE),
        ([], SIGNIFICANCE),
    ],
)
def test_holms_limit(p_values: list[float], limit: float) -> None:
    assert holm_limit(p_values) == limit


def test_a_tolerance_forgives_what_is_as_large_and_no_more() -> None:
    wanted = np.float32([1.0, 2.0, 3.0])
    values = np.float32([1.5, 2.0, 2.5])
    assert agrees(values, wanted, 0.5)
    assert differs(values, wanted, 0.25).tolist() == [True, False, True]
    assert differs(np.float32([np.nan, 2.0, 3.0]), wanted, 9.0).tolist() == [True, False, False]
    assert differs(np.float32([-0.0]), np.float32([0.0]), 0.0).tolist() == [True]
    assert agrees(np.float32([-0.0]), np.float32([0.0]), 1e-9)
