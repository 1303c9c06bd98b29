"""Write a result as JSON: kinds and numbers, and the sentences beside them (docs/check.md)."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from caffe_fillers.check.findings import Finding, Number, Numbers
from caffe_fillers.check.result import BlobVerdict, CheckResult
from caffe_fillers.check.words import sentence


def document(result: CheckResult) -> dict[str, Any]:
    """Return the result in plain types, as `json` takes them.

    >>> from caffe_fillers.check.findings import Problem, Provenance
    >>> missing = Finding.of(Problem.MISSING, layer="ip1")
    >>> result = CheckResult(verdicts=(), problems=(missing,), provenance=Finding(Provenance.NOT_NEEDED))
    >>> document(result)["problems"]
    [{'kind': 'missing layer', 'numbers': {'layer': 'ip1'}, 'sentence': "layer 'ip1' is missing"}]
    """
    return {
        "passed": result.passed,
        "outcome": _finding(result.outcome),
        "seed": result.seed,
        "seed_origin": result.seed_origin,
        "provenance": _finding(result.provenance),
        "origins": [asdict(origin) for origin in result.origins],
        "unseeded": result.unseeded,
        "structure": list(result.structure),
        "problems": [_finding(problem) for problem in result.problems],
        "notes": list(result.notes),
        "remarks": [_finding(remark) for remark in result.remarks],
        "verdicts": [_verdict(verdict) for verdict in result.verdicts],
    }


def _finding(finding: Finding[Any]) -> dict[str, Any]:
    return {"kind": finding.kind.value, "numbers": _plain(finding.numbers), "sentence": sentence(finding)}


def _plain(numbers: Numbers) -> dict[str, Number]:
    """Return the numbers with those that JSON has not, as `nan`, in words."""
    return {
        name: str(number) if isinstance(number, float) and not math.isfinite(number) else number
        for name, number in numbers.items()
    }


def _verdict(verdict: BlobVerdict) -> dict[str, Any]:
    return {
        "layer": verdict.layer,
        "index": verdict.index,
        "status": verdict.status.value,
        "declared": verdict.declared,
        "evidence": verdict.evidence,
        "ground": _finding(verdict.ground),
        "diagnosis": verdict.diagnosis,
        "kind": verdict.kind and verdict.kind.value,
        "numbers": _plain(verdict.numbers),
        "p_value": verdict.p_value,
        "effect": verdict.effect if verdict.effect is not None and math.isfinite(verdict.effect) else None,
        "seed": verdict.seed,
    }
