"""Layers that bring data into a net, and what they draw while it is built.

A prefetching layer seeds its transformer before and after it looks at its
data, and its thread at last, each with one word of the net's stream:
base_data_layer.cpp, data_transformer.cpp and internal_thread.cpp. What the
thread draws later comes from a generator of its own. Which of these draw has
changed with the years: `eras.HISTORY`.
"""

from __future__ import annotations

from typing import Any

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import filler_types
from caffe_fillers.layers.contract import Role, Setup, data_layer, layer, require_buildable
from caffe_fillers.layers.transformer import transformed, transformer_seed
from caffe_fillers.passes import era_of
from caffe_fillers.plan import Draw
from caffe_fillers.schema import TRAIN, DummyDataParameter, LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape, as_shape, is_known
from caffe_fillers.sources import Sources, database, hdf5, images, windows


@data_layer("Input", tops=(1, None), labeled=False, net_input=True)
def input_layer(parameter: LayerParameter, sources: Sources) -> Setup:
    """Shapes as declared; without any the tops are blobs that were never shaped."""
    shapes, num_tops = parameter.input_param.shape, len(parameter.top)
    if len(shapes) not in (0, 1, num_tops):
        raise NetError(f"it has {len(shapes)} shapes for {num_tops} tops: give one, one per top, or none")
    if not shapes:
        return Setup((None,) * num_tops, notes=("the input has no shape",), assumed=tuple(range(num_tops)))
    declared = [as_shape(shape.dim) for shape in shapes]
    return Setup(tuple(declared * num_tops if len(declared) == 1 else declared))


@data_layer("DummyData", tops=(1, None), labeled=False)
def dummy_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Only constant tops are filled while the net is built; the others draw with each forward pass."""
    param, num_tops = parameter.dummy_data_param, len(parameter.top)
    if len(param.data_filler) not in (0, 1, num_tops):
        raise NetError(f"it has {len(param.data_filler)} data_filler for {num_tops} tops")
    for each in param.data_filler:
        filler_types[each.type]
    return Setup(tuple(_dummy_shape(param, index, num_tops) for index in range(num_tops)))


@data_layer("MemoryData", tops=2)
def memory_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Data that the program hands over; there is no thread, so the transformer is seeded once."""
    param = parameter.memory_data_param
    shape = (param.batch_size, param.channels, param.height, param.width)
    if min(shape) < 1:
        raise NetError("memory_data_param needs batch_size, channels, height and width of at least 1")
    return Setup((shape, (param.batch_size,)), transformer_seed(parameter))


@data_layer("Data", tops=(1, 2))
def data(parameter: LayerParameter, sources: Sources) -> Setup:
    """The first record of a database tells the shape."""
    record = database.first_record(parameter.data_param, parameter.transform_param, sources)
    return prefetched(parameter, parameter.data_param.batch_size, record, database_draws(parameter))


def database_draws(parameter: LayerParameter) -> tuple[Draw, ...]:
    """Return a database layer's own draws: for the DataReader's thread, or to skip records."""
    era, param = era_of(parameter), parameter.data_param
    if era.data_rand_skip and param.rand_skip:
        return (Draw(1, "rand_skip"),)
    reader = Draw(era.reader_words, "seed of the DataReader", once=f"{parameter.name}:{param.source}")
    return (reader,) if era.reader_words else ()


@data_layer("ImageData", tops=2)
def image_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """The first image of the list, resized if so asked; shuffling and skipping draw a word each."""
    param = parameter.image_data_param
    if (param.new_height > 0) != (param.new_width > 0):
        raise NetError("new_height and new_width must be given together")
    if param.batch_size < 1:
        raise NetError("batch_size must be at least 1")
    own = [Draw(1, "seed of the shuffle")] if param.shuffle else []
    if param.rand_skip:
        own.append(Draw(1, "rand_skip"))
    return prefetched(parameter, param.batch_size, images.first_image(param, sources), tuple(own))


@data_layer("WindowData", tops=2)
def window_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Windows cut to the crop size; choosing them has a generator of its own, seeded here."""
    param, transform = parameter.window_data_param, parameter.transform_param
    if transform.crop_size < 1:
        raise NetError("transform_param.crop_size must be at least 1")
    channels = windows.channels(param, sources)
    image = (UNKNOWN if channels is None else channels, transform.crop_size, transform.crop_size)
    setup = prefetched(parameter, param.batch_size, image, (Draw(1, "seed of the windows"),))
    notes = () if channels is not None else (_missing(param.source, "channels"),)
    return Setup(setup.tops, setup.events, notes=notes, assumed=(0,))


@data_layer("HDF5Data", tops=(1, None), labeled=False)
def hdf5_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Datasets named as the tops; its shuffle uses the C library's generator, not the net's."""
    if parameter.HasField("transform_param"):
        raise NetError("HDF5Data transforms nothing; remove transform_param")
    param = parameter.hdf5_data_param
    shapes = hdf5.dataset_shapes(param.source, list(parameter.top), sources)
    if shapes is None:
        num_tops = len(parameter.top)
        notes = (_missing(param.source, "shapes"),)
        return Setup((None,) * num_tops, notes=notes, assumed=tuple(range(num_tops)))
    return Setup(tuple((param.batch_size, *shape[1:]) for shape in shapes))


@layer("HDF5Output", bottoms=2, tops=0, role=Role.MEASURE, accepts_unranked=True)
def hdf5_output(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Writes its bottoms when data passes."""
    return Setup(())


def prefetched(
    parameter: LayerParameter, batch_size: int, image: Shape | None, own_draws: tuple[Draw, ...]
) -> Setup:
    """Tops and draws of a layer that prefetches; an image that nobody knows is assumed, and said."""
    notes: tuple[str, ...] = ()
    channels = max(3, len(parameter.transform_param.mean_value))
    shape = transformed(image or (channels, UNKNOWN, UNKNOWN), parameter)
    if image is None:
        known = is_known(shape)
        size = f"{shape[1]}x{shape[2]}" if known else "unknown height and width"
        notes = (
            f"its data is not here; {channels} channels and {size} are assumed "
            f"(--shape {parameter.top[0]}=... says otherwise)",
        )
    tops = ((batch_size, *shape), (batch_size,))[: len(parameter.top)]
    return Setup(tops, prefetching_draws(parameter, own_draws), notes=notes, assumed=(0,))


def prefetching_draws(parameter: LayerParameter, own: tuple[Draw, ...]) -> tuple[Draw, ...]:
    """Return the draws of `BasePrefetchingDataLayer`, around its layer's own draws."""
    era = era_of(parameter)
    thread = Draw(era.thread_words, "seed of the prefetching thread")
    seed = transformer_seed(parameter) * (_num_threads(parameter) if era.transformer_per_thread else 1)
    again = seed * (era.transformer_seeds - 1)
    return (*seed, *own, *again, *((thread,) if era.thread_words else ()))


def _num_threads(parameter: LayerParameter) -> int:
    """`BasePrefetchingDataLayer::threads` of NVIDIA's Caffe on the CPU: one unless more are asked for."""
    param: Any = parameter.data_param
    require_buildable(param.threads, "threads")
    return max(param.threads, 1) if parameter.phase == TRAIN else 1


def _dummy_shape(param: DummyDataParameter, index: int, num_tops: int) -> Shape:
    old = (param.num, param.channels, param.height, param.width)
    if not any(old):
        if len(param.shape) not in (1, num_tops):
            raise NetError(f"it has {len(param.shape)} shape for {num_tops} tops: give one, or one per top")
        return as_shape(param.shape[index if len(param.shape) > 1 else 0].dim)
    if param.shape:
        raise NetError("give either shape or the older num, channels, height and width")
    if any(len(lengths) not in (1, num_tops) for lengths in old):
        raise NetError("num, channels, height and width must each be given once, or once per top")
    return tuple(lengths[index if len(lengths) > 1 else 0] for lengths in old)


def _missing(source: str, what: str) -> str:
    return f"its source {source!r} is not here, so its {what} are unknown; give them with --shape"
