"""Names of layers and nets as names in Python."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

_OTHER = re.compile(r"\W", re.ASCII)
_STRANGE = re.compile(r"[^\w .,+/()-]")  # what an untrusted name could end the printed docstring with

TORCH_MODULE = frozenset(
    """
    add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval
    extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict
    modules mtia named_buffers named_children named_modules named_parameters parameters
    register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to
    to_empty train training type xpu zero_grad
    """.split()  # noqa: SIM905 - sixty lines otherwise
)
"""What torch.nn.Module has of its own."""


def identifiers(names: Iterable[str], reserved: Iterable[str] = ()) -> dict[str, str]:
    """An identifier for each name, no two the same, and none that is reserved.

    >>> list(identifiers(["conv1", "res2a/1x1", "res2a_1x1", "3x3", "class"]).values())
    ['conv1', 'res2a_1x1', 'res2a_1x1_2', 'layer_3x3', 'class_']
    """
    chosen: dict[str, str] = {}
    taken = set(reserved)
    tried = Counter[str]()  # so that thousands of names that become one take no quadratic time
    for name in names:
        if name not in chosen:
            plain = _identifier(name)
            chosen[name], tried[plain] = _free_name(plain, taken, tried[plain] or 1)
            taken.add(chosen[name])
    return chosen


def _identifier(name: str) -> str:
    plain = _OTHER.sub("_", name)
    if not plain or not plain[0].isalpha():
        return f"layer_{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number where it is taken.

    >>> free_name("conv", {"conv", "conv_2"})
    'conv_3'
    """
    return _free_name(name, taken, 1)[0]


def _free_name(name: str, taken: Collection[str], number: int) -> tuple[str, int]:
    """The first name that is free from a number on, and its number."""
    free = name if number == 1 else f"{name}_{number}"
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free, number


def numbered(names: Sequence[str]) -> list[str]:
    """The names, with a number after one that came before; no number makes the name of another layer.

    >>> numbered(["c", "c", "c_3", "c"])
    ['c', 'c_2', 'c_3', 'c_4']
    """
    taken, numbers, chosen = set(names), Counter[str](), list[str]()
    for name in names:
        numbers[name] += 1
        free = name
        while numbers[name] > 1 and free in taken:
            free = f"{name}_{numbers[name]}"
            numbers[name] += free in taken
        taken.add(free)
        chosen.append(free)
    return chosen


def docstring(title: str) -> str:
    """The printed file's docstring.

    >>> docstring("Le'Net")[3:-3]
    'Le_Net, ported from Caffe by caffe-fill.'
    """
    return f'"""{plain_title(title) or "A net"}, ported from Caffe by caffe-fill."""'


def plain_title(title: str) -> str:
    """A net's name without what could end a string.

    >>> plain_title("x'); import os")
    'x_)_ import os'
    """
    return _STRANGE.sub("_", title)


def quoted(name: str) -> str:
    """An identifier as a string."""
    return f'"{name}"'


def class_name(title: str, reserved: Collection[str] = ()) -> str:
    """A class's name for a net; one that is reserved, or Python's own, gets the word Net after it.

    >>> class_name("small res-net"), class_name("3D"), class_name("Affine", {"Affine"}), class_name("none")
    ('SmallResNet', 'Net3D', 'AffineNet', 'NoneNet')
    """
    words = re.findall(r"[A-Za-z0-9]+", title)
    name = "".join(word[0].upper() + word[1:] for word in words)
    if not name[:1].isalpha():
        return f"Net{name}"
    return f"{name}Net" if name in reserved or keyword.iskeyword(name) else name
