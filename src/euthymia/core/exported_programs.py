"""Large programs, traced and lowered once: what is kept on disk needs no tracing in another process."""

import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import cache, update_wrapper
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar, cast

import equinox as eqx
import jax
import numpy as np
from jax import export

from .checked_files import CheckedFiles, cache_of_this_machine

PACKAGE = "euthymia"
LIBRARIES = ("jax", "jaxlib", "equinox", "optimistix", "diffrax", "numpy")
"""Whose versions decide how a program is traced."""
MOST_MAPPINGS = 30_000
"""Mappings of memory up to which compiled programs are kept: each has a few for every kernel, thousands in all, and Linux allows a process
65,530, beyond which the compiler crashes."""
COMPILED_FIRST = "; the model is compiled first, once, which takes about a minute"
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Program(NamedTuple):
    """One function for arguments of certain shapes."""

    compiled: Callable[..., Sequence[jax.Array]]
    """From the arrays among the arguments to those of the result."""
    restored: Callable[[Sequence[jax.Array]], Any]
    """The result, from its arrays."""


_loaded: OrderedDict[tuple, Program] = OrderedDict()
"""Programs of this process, the one that was used last at the end."""


class ExportedProgram(Generic[Arguments, Result]):
    """A function as one compiled program for each structure and shapes of its arguments.

    Arrays of JAX or NumPy among the arguments are traced, and all else is constant. What was traced and lowered is kept on disk, by a
    hash of everything that it depends on; the function is traced where there is nothing, or nothing usable. Called while something else
    is traced, it becomes a part of that.
    """

    def __init__(self, function: Callable[Arguments, Result], compiler_options: Mapping[str, bool | str] | None = None) -> None:
        update_wrapper(self, function)
        self._function = function
        self._compiler_options = dict(compiler_options or {})
        self._traced = eqx.filter_jit(function)

    def __call__(self, *arguments: Arguments.args, **options: Arguments.kwargs) -> Result:
        """The function's result."""
        leaves, tree = jax.tree.flatten((arguments, options))
        if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
            return self._traced(*arguments, **options)
        # Not `asarray`, which compiles for every shape of NumPy's.
        arrays = [leaf if isinstance(leaf, jax.Array) else jax.device_put(leaf) for leaf in leaves if _is_array(leaf)]
        constants = tuple(None if _is_array(leaf) else (leaf,) for leaf in leaves)
        shapes = tuple((array.shape, array.dtype) for array in arrays)
        key = (self, tree, constants, shapes)
        if key not in _loaded:
            _loaded[key] = self._program(tree, constants, shapes)
            _forget_beyond(MOST_MAPPINGS)
        _loaded.move_to_end(key)
        program = _loaded[key]
        return program.restored(program.compiled(*arrays))

    def _program(self, tree: Any, constants: tuple, shapes: tuple) -> Program:
        specifications = [jax.ShapeDtypeStruct(shape, dtype) for shape, dtype in shapes]
        name = f"{self._function.__module__}.{self._function.__qualname__}"
        kept, key = kept_programs(), key_of(name, repr((tree, constants, shapes)))
        content = None if kept is None or key is None else kept.get(key)
        if content is not None:
            try:
                return self._read(content, specifications)
            # Whatever is wrong with what was kept, the function is still there.
            except Exception:
                pass
        traced, result = self._export(tree, constants, specifications)
        if kept is not None and key is not None and (written := _written(traced, result)) is not None:
            kept.put(key, written)
        return Program(self._compiled(traced, specifications), lambda arrays: jax.tree.unflatten(jax.tree.structure(result), arrays))

    def _export(self, tree: Any, constants: tuple, specifications: list) -> tuple[export.Exported, Any]:
        """The traced program, and the structure of its result with the number of an array at each leaf."""
        structure = None

        def of_arrays(*arrays: jax.Array) -> list[jax.Array]:
            nonlocal structure
            following = iter(arrays)
            leaves = [next(following) if constant is None else constant[0] for constant in constants]
            arguments, options = jax.tree.unflatten(tree, leaves)
            results, structure = jax.tree.flatten(self._function(*arguments, **options))
            return results

        of_arrays.__name__ = self._function.__name__
        exported = export.export(jax.jit(of_arrays))(*specifications)
        assert structure is not None
        return exported, jax.tree.unflatten(structure, range(structure.num_leaves))

    def _read(self, content: bytes, specifications: list) -> Program:
        description, _, program = content.partition(b"\n")
        result = json.loads(description)
        traced = export.deserialize(bytearray(program))
        return Program(self._compiled(traced, specifications), lambda arrays: rebuilt(result, arrays))

    def _compiled(self, traced: export.Exported, specifications: list) -> Callable[..., Sequence[jax.Array]]:
        def call(*arrays: jax.Array) -> Any:
            return traced.call(*arrays)

        # The name under which JAX keeps and reports the compiled program.
        call.__name__ = traced.fun_name
        options = self._compiler_options if jax.default_backend() == "cpu" else {}
        return jax.jit(call).lower(*specifications).compile(options)


def forget_programs() -> None:
    """Let go of the programs of this process, not of those on disk."""
    _loaded.clear()


def mappings() -> int:
    """Mappings of memory of this process; 0 where the system does not tell."""
    listed = Path("/proc/self/maps")
    return listed.read_bytes().count(b"\n") if listed.exists() else 0


def _forget_beyond(most: int) -> None:
    """Let go of programs that were not used for longest, until the process has few enough mappings of memory or one program is left."""
    while len(_loaded) > 1 and mappings() > most:
        _loaded.popitem(last=False)


def exported(function: Callable[Arguments, Result]) -> ExportedProgram[Arguments, Result]:
    """Decorates a function of arrays that is large enough to be kept traced and lowered on disk; see :class:`ExportedProgram`."""
    return ExportedProgram(function)


def exported_with(
    compiler_options: Mapping[str, bool | str],
) -> Callable[[Callable[Arguments, Result]], ExportedProgram[Arguments, Result]]:
    """Like :func:`exported`, compiled with these options of XLA where the program runs on the CPU."""
    return lambda function: ExportedProgram(function, compiler_options)


def kept_programs() -> CheckedFiles | None:
    """Where traced programs are kept: beside compiled ones, if those are kept by this package."""
    files_here = cache_of_this_machine()
    there = cast(Any, jax.config).jax_compilation_cache_dir
    return files_here if files_here is not None and there == str(files_here.folder) else None


def key_of(name: str, arguments: str) -> str | None:
    """The key of a program by everything that it depends on; None where the text of an argument is not the same in every process."""
    if " at 0x" in arguments:
        return None
    settings = jax.default_backend(), str(jax.config.read("jax_enable_x64")), os.environ.get("EQX_ON_ERROR", "")
    depends_on = [name, source_hash(), arguments, *settings]
    digest = hashlib.sha256("\n".join([*depends_on, *map(version, LIBRARIES)]).encode()).hexdigest()
    return f"{_beginning()}{name.rpartition('.')[2]}-{digest}"


def compiled_first(program: str) -> str:
    """What to add to the name of the stage that begins: how long compiling takes, where no program of this function is kept."""
    kept = kept_programs()
    return "" if kept is not None and any(kept.folder.glob(f"{_beginning()}{program}-*")) else COMPILED_FIRST


def _beginning() -> str:
    """Of the key of every program of this version of the package."""
    return f"traced-{source_hash()[:16]}-"


@cache
def source_hash() -> str:
    """SHA-256 over the text of every module of the package."""
    return hashlib.sha256(b"\0".join(sorted(_sources(files(PACKAGE))))).hexdigest()


def _sources(folder: Traversable) -> list[bytes]:
    texts = []
    for entry in folder.iterdir():
        if entry.name.endswith(".py"):
            texts.append(entry.read_bytes())
        elif entry.is_dir():
            texts += _sources(entry)
    return texts


def _is_array(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array | np.ndarray | np.generic)


def _written(traced: export.Exported, result: Any) -> bytes | None:
    """A program as bytes: a line that describes the structure of its result, and what JAX makes of it; None where that cannot be."""
    try:
        return json.dumps(described(result)).encode() + b"\n" + traced.serialize()
    except (TypeError, ValueError, ImportError):
        return None


def described(result: Any) -> Any:
    """A structure of tuples, lists and dictionaries by name, with a number at each leaf, as JSON. Raises ``TypeError`` for others."""
    match result:
        case None | int():
            return result
        case tuple() if hasattr(result, "_fields"):
            kind = type(result)
            return {"class": [kind.__module__, kind.__qualname__], "parts": [described(part) for part in result]}
        case tuple():
            return {"class": "tuple", "parts": [described(part) for part in result]}
        case list():
            return [described(part) for part in result]
        case dict() if all(isinstance(key, str) for key in result):
            return {"class": "dict", "keys": list(result), "parts": [described(part) for part in result.values()]}
    raise TypeError(f"the structure of {type(result)} is not kept")


def rebuilt(description: Any, arrays: Sequence[jax.Array]) -> Any:
    """The structure that was described, with the arrays of its leaves."""
    match description:
        case None:
            return None
        case int():
            return arrays[description]
        case list():
            return [rebuilt(part, arrays) for part in description]
    parts = [rebuilt(part, arrays) for part in description["parts"]]
    match description["class"]:
        case "tuple":
            return tuple(parts)
        case "dict":
            return dict(zip(description["keys"], parts, strict=True))
        case [module, name]:
            if module.partition(".")[0] != PACKAGE:
                raise ValueError(f"{module} is not of this package")
            return getattr(import_module(module), name)(*parts)
    raise ValueError("no structure that is known")
