"""Compile `rng/_kernel.c` into the wheel where there is a compiler; else the wheel is pure Python."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

MODULE = "caffe_fillers.rng._kernel"
SOURCE = "caffe_fillers/rng/_kernel.c"
IS_LIMITED = sys.version_info >= (3, 11) and not sysconfig.get_config_var("Py_GIL_DISABLED")
"""The limited API has buffers from 3.11 on: one file for all later interpreters, but those without a lock."""
# No debugging information, which would hold the folder's name; no contraction, which would round otherwise.
FLAGS = [] if os.name == "nt" else ["-O3", "-g0", "-ffp-contract=off"]
if sys.platform == "linux" and platform.machine() == "x86_64":
    FLAGS.append("-mtune=haswell")  # the default tuning looks tables up one value at a time: a third slower


class KernelHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compile into the source tree for an editable installation, else into the wheel alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; a failure is told, and the wheel does without."""
        self.folder = TemporaryDirectory()
        try:
            compiled = build(Path(self.root), Path(self.folder.name), in_place=version == "editable")
        except (BaseError, CCompilerError) as error:
            self.app.display_warning(f"{SOURCE} is not compiled ({error}): numpy alone will draw")
            return
        build_data["pure_python"] = False
        build_data["tag"] = tag()
        if version != "editable":
            build_data["force_include"][str(compiled)] = f"{Path(SOURCE).parent.as_posix()}/{compiled.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Throw away what was compiled for the wheel."""
        self.folder.cleanup()


def build(root: Path, folder: Path, *, in_place: bool) -> Path:
    """Compile the extension and return its file."""
    extension = Extension(
        MODULE,
        [SOURCE],
        depends=[SOURCE],
        define_macros=[("Py_LIMITED_API", "0x030B0000")] if IS_LIMITED else [],
        extra_compile_args=FLAGS,
        py_limited_api=IS_LIMITED,
    )
    command = build_ext(Distribution({"name": "caffe-fillers", "ext_modules": [extension]}))
    command.build_lib, command.build_temp = str(root if in_place else folder), str(folder / "objects")
    command.force = True
    command.ensure_finalized()
    before = Path.cwd()
    os.chdir(root)
    try:
        command.run()
    finally:
        os.chdir(before)
    return Path(command.build_lib, command.get_ext_filename(MODULE))


def tag() -> str:
    """Return the wheel's tag for this interpreter and platform, as pip knows both."""
    own = next(each for each in sys_tags() if not each.platform.startswith(("manylinux", "musllinux")))
    return f"cp311-abi3-{own.platform}" if IS_LIMITED else str(own)
