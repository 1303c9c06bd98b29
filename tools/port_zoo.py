"""Public nets in torch and ONNX: each is exported, checked and run in both, and the outputs are compared.

    python tools/port_zoo.py FOLDER RESULTS.tsv [NAME ...]

takes the nets of tests/zoo_outcomes.tsv from a folder (those whose file contains a NAME), adds the rows that
RESULTS.tsv does not have yet, and prints the section of docs/port.md. Needs torch, onnx and onnxruntime.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

import caffe_fillers as cf
from caffe_fillers.errors import CaffeFillersError
from caffe_fillers.model import Model, model_of
from caffe_fillers.planner import PlannedNet
from caffe_fillers.port.onnx_export import BATCH, export
from caffe_fillers.port.targets import lay_out, targets
from caffe_fillers.shapes import Shape, parse_shape

NETS = Path(__file__).parents[1] / "tests" / "zoo_outcomes.tsv"
COLUMNS = ("file", "torch", "onnx", "difference")
GIVEN = {
    "SegNet-Tutorial__Models__": {"data": (4, 3, 360, 480), "label": (4, 1, 360, 480)},
    "fast_rcnn__train": {"rois": (8, 5)},
    "fast_rcnn_train": {"rois": (8, 5)},
    "sphereface__train": {"data": (2, 3, 112, 96), "label": (2,)},
}
"""What lists of images and Python layers have that some nets read, by a part of the file's name."""
LIMIT = 12e9
"""Multiplications of an image up to which a net is run."""
TORCH = targets["torch"]


def opened(folder: Path, row: Mapping[str, str]) -> cf.Net:
    typed = row["shapes"].replace("?,?", "H,W").replace("H", "112").replace("W", "96")
    shapes = {name: parse_shape(shape) for name, _, shape in (each.partition("=") for each in typed.split())}
    given = next((each for part, each in GIVEN.items() if part in row["file"]), {})
    net = cf.load_net(folder / row["file"], phase=row["phase"], shapes=shapes)
    known = {name: shape for name, shape in given.items() if name in net.blob_shapes}
    return cf.load_net(folder / row["file"], phase=row["phase"], shapes=shapes | known) if known else net


def as_if_trained(net: PlannedNet) -> Model:
    """Weights of no constant blob: vectors between 0.5 and 1.5, matrices and kernels of LeCun's deviation."""
    shapes = {blob.step: blob.shape for layer in net.layers for blob in layer.blobs}

    def values(step: int) -> Iterator[np.ndarray]:
        random, shape = np.random.default_rng(step), shapes[step]
        number = int(np.prod(shape))
        if number == max(shape, default=1):
            yield random.uniform(0.5, 1.5, number).astype(np.float32)
        else:
            yield random.standard_normal(number, np.float32) * np.float32((shape[0] / number) ** 0.5)

    return model_of(net, values)


def multiplications(net: PlannedNet) -> float:
    """Number of them for one image, of layers with weights."""
    sizes = [(layer, layer.tops[0].shape or ()) for layer in net.layers if layer.blobs and layer.tops]
    return float(sum(layer.blobs[0].count * np.prod(shape[2:]) for layer, shape in sizes))


def drawn(name: str, shape: Shape, random: np.random.Generator) -> np.ndarray:
    """An input: images from a normal distribution, regions and the sizes of images as they are."""
    made = random.normal(size=shape)
    if name == "im_info":
        made = np.array([[112, 96, 1]])
    elif name == "rois":
        corners = np.sort(random.uniform(0, 90, (shape[0], 2, 2)), 1).reshape(-1, 4)
        made = np.concatenate([np.zeros((shape[0], 1)), corners], 1).reshape(shape)
    elif name == "label":
        made = np.zeros(shape)
    return made.astype(np.float32)


def built(net: PlannedNet, model: Model) -> torch.nn.Module:
    """The printed module with these weights, which it loads strictly."""
    space: dict[str, object] = {}
    code = TORCH.print_module(net)
    exec(compile(code, "net.py", "exec"), space)
    name = code.rpartition("(nn.Module):")[0].rpartition("class ")[2]
    module = space[name]()
    module.load_state_dict(
        {name: torch.from_numpy(blob.array()) for name, blob in lay_out(TORCH, net, model)}
    )
    return module.eval()


def run_torch(module: torch.nn.Module, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    with torch.no_grad():
        made = module(*map(torch.from_numpy, inputs.values()))
    return [each.numpy() for each in (made if isinstance(made, tuple) else (made,))]


def run_onnx(model: onnx.ModelProto) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    """Inputs, and outputs of onnxruntime; of items there is one where there may be any number."""
    random = np.random.default_rng(0)
    dims = {each.name: each.type.tensor_type.shape.dim for each in model.graph.input}
    sizes = {
        name: [1 if dim.dim_param == BATCH else dim.dim_value or 5 for dim in each]
        for name, each in dims.items()
    }
    inputs = {name: drawn(name, tuple(size), random) for name, size in sizes.items()}
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return inputs, session.run(None, inputs)


def apart(left: np.ndarray, right: np.ndarray) -> float:
    """The length of the difference over that of the second array."""
    if left.shape != right.shape:
        return np.inf
    return float(np.linalg.norm(left - right) / max(np.linalg.norm(right), 1e-30))


def outcome(folder: Path, row: Mapping[str, str]) -> dict[str, str]:
    """A row of results: why a target refuses the net, and how far the outputs of the two are apart."""
    made = {"file": row["file"], "torch": "", "onnx": "", "difference": ""}
    net = opened(folder, row).plan
    model = as_if_trained(net)
    try:
        module = built(net, model)
    except CaffeFillersError as error:
        made["torch"] = str(error)
    try:
        exported = export(net, model).model
        onnx.checker.check_model(exported, full_check=True)
    except CaffeFillersError as error:
        made["onnx"] = str(error)
    if made["torch"] or made["onnx"] or multiplications(net) > LIMIT:
        return made
    if any(node.op_type == "RandomUniformLike" for node in exported.graph.node):
        made["difference"] = "dropout"
    else:
        inputs, theirs = run_onnx(exported)
        made["difference"] = f"{max(map(apart, run_torch(module, inputs), theirs)):.0e}"
        assert any(np.ptp(each) > 0 for each in theirs)
    return made


def section(rows: list[dict[str, str]]) -> Iterator[str]:
    """How many nets of each repository are in torch and onnx, and what is refused."""
    groups = Counter(row["file"].partition("__")[0] for row in rows)
    yield "| repository | nets | torch | ONNX | run | largest difference |\n|---|---|---|---|---|---|"
    for group in groups:
        own = [row for row in rows if row["file"].partition("__")[0] == group]
        done = [sum(not row[target] for row in own) for target in ("torch", "onnx")]
        run = [row["difference"] for row in own if row["difference"]]
        most = max((each for each in run if each != "dropout"), key=float, default="")
        yield f"| {group} | {len(own)} | {done[0]} | {done[1]} | {len(run)} | {most} |"
    every = [sum(not row[target] for row in rows) for target in ("torch", "onnx")]
    run = sum(bool(row["difference"]) for row in rows)
    yield f"| all | {len(rows)} | {every[0]} | {every[1]} | {run} | |"
    for row in rows:
        for target in ("torch", "onnx"):
            if row[target]:
                reason = " ".join(row[target].split())
                yield f"\n`{row['file']}`: {reason}"


def main(folder: str, file: str, *names: str) -> None:
    path = Path(file)
    if not path.exists():
        path.write_text("\t".join(COLUMNS) + "\n")
    known = {row["file"] for row in csv.DictReader(path.open(), delimiter="\t")}
    for row in csv.DictReader(NETS.open(), delimiter="\t"):
        wanted = not names or any(name in row["file"] for name in names)
        if row["shapes"] == "template" or row["file"] in known or not wanted:
            continue
        made = outcome(Path(folder), row)
        with path.open("a", newline="") as table:
            csv.DictWriter(table, COLUMNS, delimiter="\t").writerow(made)
        print(*made.values(), sep="\t", file=sys.stderr, flush=True)
    print("\n".join(section(list(csv.DictReader(path.open(), delimiter="\t")))))


if __name__ == "__main__":
    main(*sys.argv[1:])
