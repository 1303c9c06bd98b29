"""What is fuzzed: a reader each, with files to begin from and the damage that suits it.

A case is bytes, a reader takes them, and only a `CaffeFillersError` may come out.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random

import numpy as np

import caffe_fillers as cf
from caffe_fillers import passes, prototxt
from caffe_fillers.api.loading import upgraded_text
from caffe_fillers.errors import CaffeFillersError
from caffe_fillers.formats import formats, read_model
from caffe_fillers.model import Model
from caffe_fillers.plan import Fill
from caffe_fillers.rows import plan_rows
from caffe_fillers.schema import NetParameter, from_bytes

from . import commands
from .mutations import damage_bytes, damage_message, damage_words

TESTS = Path(__file__).parent.parent
MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
FEW = 200_000
"""Values from which on a case is planned, but not drawn: time is for other cases."""


@dataclass(frozen=True)
class Target:
    """`make` gives a case, `run` reads it within `seconds` of the processor."""

    make: Callable[[Random], bytes]
    run: Callable[[bytes], None]
    seconds: float = 5


@cache
def prototxts() -> list[bytes]:
    """Small nets and solvers of every generation."""
    paths = [*TESTS.glob("corpus/*.prototxt"), *TESTS.glob("passes/*/*.before.prototxt")]
    paths += TESTS.glob("prototxt/*/*.prototxt")
    return [path.read_bytes() for path in sorted(paths) if path.stat().st_size < 4000]


@cache
def nets() -> list[NetParameter]:
    """The same as messages, and a net for each row of the layers' tests."""
    sys.path[:0] = [str(TESTS), str(TESTS / "layers")]
    from layer_rows import ROWS, net_of
    from test_fork_layers import ROWS as FORK_ROWS

    found = []
    for data in prototxts():
        with contextlib.suppress(CaffeFillersError):
            found.append(prototxt.parse(prototxt.decode(data, ""), NetParameter).message)
    rows = [(row.type, row) for row in ROWS] + [(row.kind, row) for row in FORK_ROWS]
    for kind, row in rows:
        tops = row.num_tops or max(1, len(row.tops.split()))
        found.append(net_of(kind, row.bottoms, row.body, tops))
    return found


def _generation(net: NetParameter) -> int:
    return 2 if net.layer else 0 if any(layer.HasField("layer") for layer in net.layers) else 1


@cache
def old_nets() -> list[NetParameter]:
    """Nets of the first and second format."""
    return [net for net in nets() if net.layers]


@cache
def models() -> list[Model]:
    """Some models of a few blobs, with shared blobs, empty layers and odd names."""
    texts = [
        "name: 'n' layer { name: 'd' type: 'Input' top: 'd' input_param { shape { dim: [1, 2] } } }"
        " layer { name: 'ip' type: 'InnerProduct' bottom: 'd' top: 'e' inner_product_param { num_output: 2"
        " weight_filler { type: 'xavier' } } param { name: 's' } }"
        " layer { name: 'ip2' type: 'InnerProduct' bottom: 'e' top: 'f' inner_product_param { num_output: 2"
        " bias_term: false } param { name: 's' } }",
        "layer { name: 'p/q' type: 'Parameter' top: 'p' parameter_param { shape { dim: [2, 1, 3] } } }"
        " layer { name: 'é' type: 'Parameter' top: 'r' parameter_param { shape { } } }",
    ]
    return [cf.load_net(io.BytesIO(text.encode())).fill(seed=1).model() for text in texts]


@cache
def model_files(name: str) -> list[bytes]:
    """Those models in a format."""
    files = []
    for model in models():
        file = io.BytesIO()
        formats[name].write(file, model)
        files.append(file.getvalue())
    if name == "caffemodel":
        files += [net.SerializePartialToString() for net in nets() if net.ByteSize() < 3000]
    return files


def _text(random: Random) -> bytes:
    damage = damage_words if random.random() < 0.8 else damage_bytes
    return damage(random, random.choice(prototxts()), random.choice(prototxts()))


def _message(random: Random, source: Callable[[], list[NetParameter]]) -> NetParameter:
    net = NetParameter()
    net.CopyFrom(random.choice(source()))
    damage_message(random, net)
    return net


def _planned(random: Random) -> bytes:
    return prototxt.write(_message(random, nets)).encode()


def _binary(random: Random) -> bytes:
    if random.random() < 0.5:
        return _message(random, nets).SerializePartialToString()
    return damage_bytes(
        random, random.choice(model_files("caffemodel")), random.choice(model_files("caffemodel"))
    )


def _upgraded(random: Random) -> bytes:
    return _message(random, old_nets).SerializePartialToString()


def _file(random: Random, name: str) -> bytes:
    return damage_bytes(random, random.choice(model_files(name)), random.choice(model_files(name)))


def _weights_text(random: Random) -> bytes:
    """Weights as prototxt."""
    damage = damage_words if random.random() < 0.8 else damage_bytes
    return damage(random, random.choice(model_files("prototxt")), random.choice(model_files("prototxt")))


def _safetensors(random: Random) -> bytes:
    """Half of the cases keep a header length that is right, so that the damage is read."""
    data = random.choice(model_files("safetensors"))
    size = int.from_bytes(data[:8], "little")
    if random.random() < 0.5:
        return damage_bytes(random, data, b"")
    header = data[8 : 8 + size]
    if random.random() < 0.3:
        header = _json(random, json.loads(header))
    header = (
        damage_words(random, header, header) if random.random() < 0.7 else damage_bytes(random, header, b"")
    )
    return len(header).to_bytes(8, "little") + header + data[8 + size :]


def _json(random: Random, header: dict[str, object]) -> bytes:
    name = random.choice(list(header))
    odd = [None, 0, -1, 1.5, 2**63, "F32", [], [0], [[]], {}, [2**62, 4], "x" * 20, True, [1.0]]
    entry = header[name]
    if isinstance(entry, dict) and random.random() < 0.8:
        entry[random.choice([*entry, "more"])] = random.choice(odd)
    else:
        header[name] = random.choice(odd)
    return json.dumps(header).encode()


def _npz(random: Random) -> bytes:
    """Half of the cases are sound archives of damaged members."""
    data = random.choice(model_files("npz"))
    if random.random() < 0.5:
        return damage_bytes(random, data, random.choice(model_files("npz")))
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        members = old.namelist()
        chosen = random.choice(members)
        given: set[str] = set()
        for name in members:
            content = old.read(name)
            if name == chosen:
                damage = damage_words if random.random() < 0.5 else damage_bytes
                content = damage(random, content, b"") if random.random() < 0.8 else _pickled(random)
            method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
            renamed = random.choice((name, name, name, "x/0.npy", "", "../x"))
            if renamed not in given:
                new.writestr(zipfile.ZipInfo(renamed), content, method)
                given.add(renamed)
    return file.getvalue()


@cache
def folders() -> list[dict[str, bytes]]:
    """Those models as folders of numpy's files."""
    found = []
    for model in models():
        with tempfile.TemporaryDirectory() as folder:
            formats["npy"].write(Path(folder), model)
            found.append({path.name: path.read_bytes() for path in Path(folder).iterdir()})
    return found


def _folder(random: Random) -> bytes:
    """The folder's files one after another, of which one is damaged: name, NUL, length, content."""
    chosen = dict(random.choice(folders()))
    name = random.choice(["manifest.json", *chosen])
    damage = damage_words if random.random() < 0.6 else damage_bytes
    chosen[name] = damage(random, chosen[name], random.choice(list(chosen.values())))
    return b"".join(
        each.encode() + b"\0" + len(content).to_bytes(2, "little") + content
        for each, content in chosen.items()
    )


def _run_folder(data: bytes) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        while data:
            name, _, data = data.partition(b"\0")
            end = 2 + int.from_bytes(data[:2], "little")
            with contextlib.suppress(OSError, ValueError):  # no name of a file
                Path(folder, Path(os.fsdecode(name)).name).write_bytes(data[2:end])
            data = data[end:]
        _write_out(read_model(Path(folder), folder, "npy"))


def _pickled(random: Random) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([random.choice((object, {}, "é", 1j, None))], dtype=random.choice((object, None))))
    return file.getvalue()


def _run_text(data: bytes) -> None:
    upgraded_text(io.BytesIO(data))


def _run_net(data: bytes) -> None:
    net = cf.load_net(io.BytesIO(data))
    list(plan_rows(net.plan))
    if sum(step.count for step in net.plan.steps if isinstance(step, Fill)) < FEW:
        net.fill(seed=1)


def _run_upgrade(data: bytes) -> None:
    upgraded = passes.upgrade(from_bytes(NetParameter, data)).net
    assert passes.upgrade(upgraded).net == upgraded, "an upgraded net needs no upgrade"
    prototxt.write(upgraded)


def _run_model(data: bytes, name: str) -> None:
    _write_out(read_model(io.BytesIO(data), "file", name))


def _write_out(model: Model) -> None:
    if sum(blob.count for _, _, blob in model.blobs()) < FEW:
        formats["caffemodel"].write(io.BytesIO(), model)


TARGETS = {
    "text": Target(_text, _run_text),
    "binary": Target(_binary, _run_net),
    "upgrade": Target(_upgraded, _run_upgrade),
    "planner": Target(_planned, _run_net),
    "caffemodel": Target(partial(_file, name="caffemodel"), partial(_run_model, name="caffemodel")),
    "h5": Target(partial(_file, name="h5"), partial(_run_model, name="h5")),
    "npz": Target(_npz, partial(_run_model, name="npz")),
    "npy": Target(_folder, _run_folder),
    "prototxt": Target(_weights_text, partial(_run_model, name="prototxt")),
    "safetensors": Target(_safetensors, partial(_run_model, name="safetensors")),
    "plan": Target(_planned, commands.plan),
    "report": Target(_planned, commands.report),
    "convert": Target(_planned, commands.convert),
    "check": Target(_planned, commands.check, seconds=60),  # it searches through 2**32 seeds
    "port": Target(_planned, commands.port),
}
