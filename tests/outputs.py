"""A program: hashes of all that this package makes of some nets, a line each. Two runs print the same."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import locale
import sys
from collections.abc import Iterable, Iterator

from paths import CORPUS

import caffe_fillers as cf
from caffe_fillers.api.loading import upgraded_text
from caffe_fillers.formats import formats
from caffe_fillers.frameworks.nets import FRAMEWORKS
from caffe_fillers.model import Model

NETS = ("all_fillers", "long_streams", "msra_norms", "recurrent", "siamese", "v0_net", "xavier_norms")
FORKS = """
layer { name: 'd' type: 'Input' top: 'd' input_param { shape { dim: [1, 3, 40, 40] } } }
layer { name: 'g' type: 'Convolution' bottom: 'd' top: 'g' convolution_param { num_output: 96 kernel_size: 11
  weight_filler { type: 'gabor' } bias_filler { type: 'uniform' } } }
layer { name: 'u' type: 'Convolution' bottom: 'd' top: 'u' convolution_param { num_output: 96 kernel_size: 11
  weight_filler { type: 'gaussian_unitball' } } }
"""


def digest(name: str, model: Model) -> str:
    file = io.BytesIO()
    formats[name].write(file, model)
    return hashlib.sha256(file.getvalue()).hexdigest()


def outputs() -> Iterator[tuple[str, str]]:
    """Nets over releases of Boost, generators, formats, and the initializers of other frameworks."""
    yield from of_nets(NETS)
    yield from of_formats()
    yield from of_fillers()


def of_nets(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        path = CORPUS / f"{name}.prototxt"
        net = cf.load_net(path)
        for boost in ("1.74", "1.58", "1.54"):
            yield f"{name} {boost}", digest("caffemodel", net.model(1701, boost=boost))
        yield f"{name} 64", digest("caffemodel", net.model(1701, generator="mt19937_64"))
        yield f"{name} text", hashlib.sha256(upgraded_text(path)[0].encode()).hexdigest()


def of_formats() -> Iterator[tuple[str, str]]:
    forks = cf.load_net(io.BytesIO(FORKS.encode()))
    yield "forks", digest("caffemodel", forks.model(1701))
    net = cf.load_net(CORPUS / "small_inception.prototxt")
    for format_name in formats:
        missing = {"h5": "h5py"}.get(format_name)
        if not formats[format_name].folder and (missing is None or importlib.util.find_spec(missing)):
            yield f"format {format_name}", digest(format_name, net.model(1701))
    for framework in FRAMEWORKS:
        yield f"as {framework}", digest("caffemodel", net.model_as(framework, 1701))


def of_fillers() -> Iterator[tuple[str, str]]:
    for kind in ("xavier", "gaussian", "positive_unitball", "msra"):
        values = cf.fill((64, 3, 7, 7), kind, seed=1701, dtype="float64")
        yield f"{kind} in double", hashlib.sha256(values.tobytes()).hexdigest()


if __name__ == "__main__":
    locale.setlocale(locale.LC_ALL, "")
    for name, found in outputs():
        sys.stdout.write(f"{name} {found}\n")
