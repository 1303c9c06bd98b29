"""Uses of a planned net beside filling: look at it, compare it with weights, port it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any

from caffe_fillers.api.opening import GivenWeights, name_of, open_given
from caffe_fillers.copying import refuse_opaque_blobs
from caffe_fillers.errors import UsageError
from caffe_fillers.resources import require_memory
from caffe_fillers.schema import NetParameter
from caffe_fillers.schema.extras import strip_hidden
from caffe_fillers.shapes import Shape

if TYPE_CHECKING:
    import onnx

    from caffe_fillers.check import CheckResult
    from caffe_fillers.distributions import Values
    from caffe_fillers.planner import PlannedNet
    from caffe_fillers.rows import PlanRow
    from caffe_fillers.signal import SignalReport

_COPIES = 3  # of the weights that a check holds: what is stored, what is expected, what is compared


class Uses:
    """Methods of `Net` that need its plan."""

    plan: PlannedNet
    shapes: Mapping[str, Shape]
    plan_again: Callable[[Mapping[str, Shape]], Any]
    in_other_eras: Callable[[], Iterable[tuple[tuple[str, ...], PlannedNet]]]

    @cached_property
    def parameter(self) -> NetParameter:
        """The NetParameter that Caffe saves, without the blobs; `str` of it is a prototxt.

        It is a copy, without fields that no known fork has. Once it has been
        changed the net is filled no more: `load_net(net.parameter)` plans it
        as changed.

        >>> from caffe_fillers import load_net
        >>> net = load_net("examples/lenet.prototxt")
        >>> net.parameter.layer[1].convolution_param.num_output = 7
        >>> load_net(net.parameter).blob_shapes["conv1"]
        (64, 7, 24, 24)
        """
        return self._clean_parameter()

    def _clean_parameter(self) -> NetParameter:
        clean = NetParameter()
        clean.CopyFrom(self.plan.parameter)
        strip_hidden(clean)
        return clean

    def _planned(self) -> PlannedNet:
        """Return the plan; a `UsageError` if the caller changed its NetParameter."""
        if "parameter" in vars(self) and self.parameter != self._clean_parameter():
            dialect = self.plan.head.text_extra.dialect
            options = f", dialect={dialect!r}" if dialect else ""
            raise UsageError(
                "net.parameter was changed after the net was planned; plan it as it is now: "
                f"cf.load_net(net.parameter{options})"
            )
        return self.plan

    def rows(self) -> tuple[PlanRow, ...]:
        """Return the table of `caffe-fill plan`: a row for each parameter blob, in the net's order.

        A row has layer, type, index, shape, parameters, filler, distribution,
        fan_in, fan_out, bound and std.

        >>> from caffe_fillers import load_net
        >>> row = load_net("examples/lenet.prototxt").rows()[0]
        >>> row.layer, row.shape, row.filler, row.fan_in, round(row.bound, 4)
        ('conv1', (20, 1, 5, 5), 'xavier', 25, 0.3464)
        """
        from caffe_fillers.rows import plan_rows

        return tuple(plan_rows(self._planned()))

    def signal(
        self, *, input_mean: float = 0.0, input_std: float = 1.0, phase: str | None = None
    ) -> SignalReport:
        """Predict what the fillers do to the signal: the std of activations and gradients, per layer.

        Nothing is drawn. The input is assumed to be independent values of
        `input_mean` and `input_std`; `phase` (train or test) says how dropout
        and batch norm run, by default as planned. See `signal.analyze`.

        >>> from caffe_fillers import load_net
        >>> text = "layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 8 dim: 50 } } }"
        >>> text += "layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'ip' inner_product_param {"
        >>> text += "num_output: 20 weight_filler { type: 'msra' } } }"
        >>> row = load_net(text).signal()["ip"]
        >>> round(row.forward_gain, 3), round(row.backward_gain, 3), round(row.tops[0].std, 3)
        (2.0, 0.8, 1.414)
        """
        from caffe_fillers.signal import analyze

        if not (math.isfinite(input_mean) and 0 < input_std < math.inf):
            raise UsageError(
                f"an input of mean {input_mean} and std {input_std}: give finite numbers, the std above 0"
            )
        return analyze(self._planned(), input_mean=input_mean, input_std=input_std, phase=phase)

    def check(
        self,
        weights: GivenWeights,
        *,
        seed: int | None = None,
        seeds: range | None = None,
        skip_words: int = 0,
        boost: str | None = None,
        generator: str = "mt19937",
        tolerance: float = 0.0,
        bases: Sequence[GivenWeights] = (),
        allow_unseeded: bool = False,
        quick: bool = False,
        lenient: bool = False,
        progress: Callable[[str, float], None] | None = None,
    ) -> CheckResult:
        """Check whether weights are an initialization that the net declares; if not, say what each blob is.

        `weights` is a file's name or `Weights`. Without `seed` the seed is
        computed from the values. Data whose channels the net does not tell has
        those of the weights. `progress` is called with what is tried and the share
        of it that is done. The other arguments are the options of `caffe-fill
        check`, see docs/check.md. Errors: `FormatError` for a broken file,
        `NetError` for weights in a layer of an unknown type, unless `lenient`,
        `ResourceError` for weights that memory does not hold.

        >>> from caffe_fillers import load_net
        >>> net = load_net("examples/lenet.prototxt")
        >>> result = net.check(net.fill(seed=1701))
        >>> result.passed, result.seed
        (True, 1701)
        >>> print(result)
        passed; seed 1701 (recovered from the values)
        """
        from caffe_fillers.api.fitting import shapes_from_weights
        from caffe_fillers.check import check_model
        from caffe_fillers.recover import no_progress

        with ExitStack() as stack:
            model, *others = (stack.enter_context(open_given(each)) for each in (weights, *bases))
            require_memory(_COPIES * model.num_bytes, "the check needs")
            shapes = shapes_from_weights(self._planned(), model)
            net = self.plan_again({**self.shapes, **shapes}) if shapes else self
            plan = net.plan
            if not lenient:
                refuse_opaque_blobs((layer.parameter for layer in plan.layers), model, name_of(weights))
            return check_model(
                plan,
                model,
                seed=seed,
                seeds=seeds,
                skip_words=skip_words,
                boost=boost,
                tolerance=tolerance,
                generator=generator,
                bases=others,
                others=net.in_other_eras,
                allow_unseeded=allow_unseeded,
                quick=quick,
                progress=progress or no_progress,
            )

    def port(
        self, target: str, *, only: str | None = None, cut: int | None = None, states: bool = False
    ) -> str:
        """Return Python code that builds the net in torch, keras or jax.

        With `only="init"` it is the net's fillers as initializers of a
        framework, mxnet and tensorflow among them. `cut` takes a part of a net
        that cannot be ported whole; with `states` recurrent layers have their
        states as arguments and results. Unknown targets are an
        `UnknownNameError`, layers that no target has a `UsageError`. For ONNX
        see `to_onnx`.

        >>> from caffe_fillers import load_net
        >>> code = load_net("examples/lenet.prototxt", phase="test").port("torch")
        >>> "class LeNet(nn.Module)" in code
        True
        """
        from caffe_fillers.port.graph import expose_states
        from caffe_fillers.port.initializers import print_initializers
        from caffe_fillers.port.targets import targets

        if target == "onnx":
            raise UsageError("an ONNX model is no code: net.to_onnx(weights) gives it")
        plan = self._planned()
        if only == "init":
            return print_initializers(target, plan)
        if only is not None:
            raise UsageError(f"only={only!r}: it is 'init', or left out")
        return targets[target].print_module(expose_states(plan) if states else plan, cut)

    def layout(self, target: str, weights: GivenWeights) -> dict[str, Values]:
        """Return weights under the names and with the axes that the module of `port(target)` has.

        torch takes them as a state_dict of tensors; see docs/port.md for Keras
        and JAX. Weights of another net are a `NetError`.

        >>> from caffe_fillers import load_net
        >>> net = load_net("examples/lenet.prototxt")
        >>> net.layout("keras", net.fill(seed=1))["conv1/kernel"].shape
        (5, 5, 1, 20)
        """
        from caffe_fillers.port.targets import lay_out, targets

        plan = self._planned()
        with open_given(weights) as model:
            laid = lay_out(targets[target], plan, model)
            return {name: blob.array() for name, blob in laid}

    def to_onnx(
        self,
        weights: GivenWeights,
        *,
        cut: int | None = None,
        every_blob: bool = False,
        states: bool = False,
    ) -> onnx.ModelProto:
        """Return the net with these weights as an ONNX model of opset 17; it needs the extra `onnx`.

        With `every_blob` each blob of the net is an output, with `states` also
        the states of recurrent layers. What has no nodes
        as Caffe computes it is a `UsageError`.
        """
        from caffe_fillers.port.graph import expose_states
        from caffe_fillers.port.onnx_export import export

        plan = expose_states(self._planned()) if states else self._planned()
        with open_given(weights) as model:
            return export(plan, model, every_blob=every_blob, part=cut).model
