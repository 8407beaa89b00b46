"""numba's compiler, less what kernels do without.

By itself numba optimizes each function with all that it calls and makes machine code of it, so
that the same code is optimized once for each function above it.  What a kernel calls is here
translated to LLVM's code and no more: optimized and made is the kernel alone, with what it calls
inlined.  That halves the time for most kernels.

All this is inside numba, which may change.  A numba whose methods or passes have other names takes
more time for the same code, and where this compiler fails, numba's own makes it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from operator import setitem
from typing import Any, NamedTuple

# Passes that find nothing in a kernel: no `with`, no function inside a function, no exception,
# nothing that numba itself inlines, and no literal that changes a type.  IRLegalization marks where
# variables end, which matters to reference counts alone: a twelfth of the time for `along_all`.
UNUSED_PASSES = (
    "WithLifting", "InlineClosureLikes", "RewriteDynamicRaises", "MakeFunctionToJitFunction",
    "InlineInlinables", "FindLiterallyCalls", "LiteralUnroll", "LiteralPropagationSubPipelinePass",
    "InlineOverloads", "NoPythonSupportedFeatureValidation", "DumpParforDiagnostics",
    "IRLegalization",
)  # fmt: skip

# Called when all that a kernel calls is translated, and only the kernel itself is not.
at_types: list[Callable[[], object]] = []


class Typing:
    """numba's knowledge of types, which is asked each question once.

    numba tries some ten ways of adding two floats, again for each sum of each function.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self._known: dict[Any, Any] = {}
        self._operators: dict[Any, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def resolve_function_type(self, function: Any, arguments: Any, keywords: Any) -> Any:
        """Return the signature of a function for types of arguments; None if it has none."""
        question = function, tuple(arguments), tuple(keywords.items())
        found = self._known.get(question)
        if found is None:
            found = self._context.resolve_function_type(function, arguments, keywords)
            self._known[question] = found
        return found

    def resolve_value_type(self, value: Any) -> Any:
        """Return the type of a value; that of an operator knows its signatures."""
        found = self._context.resolve_value_type(value)
        function, operator = _function_types()
        if type(found) is not function:
            return found
        # Held here: numba forgets a type, with what it knows, when nobody does.
        return self._operators.setdefault(found.templates, operator(found.templates))

    def resolve_setitem(self, target: Any, index: Any, value: Any) -> Any:
        """Return the signature of target[index] = value."""
        return self.resolve_value_type(setitem).get_call_type(self, (target, index, value), {})


@functools.cache
def _function_types() -> tuple[Any, Any]:
    """Return numba's type of functions, and one that is asked each question once."""
    from numba import types
    from numba.extending import models, register_model

    class Operator(types.Function):  # type: ignore[misc]
        """A function's type that keeps the signatures which it has found."""

        def __init__(self, templates: Any) -> None:
            super().__init__(templates)
            self._signatures: dict[Any, Any] = {}

        def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
            if kws or args not in self._signatures:
                context = getattr(context, "_context", context)
                self._signatures[args] = super().get_call_type(context, args, kws)
            return self._signatures[args]

    register_model(Operator)(models.OpaqueModel)
    return types.Function, Operator


class Compilers(NamedTuple):
    """Classes of numba's pipelines: of a kernel, and of what it calls."""

    kernel: Any
    callee: Any


@functools.cache
def compilers() -> Compilers:
    """Return the compilers."""
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import Compiler
    from numba.core.compiler_machinery import FunctionPass, register_pass
    from numba.core.typed_passes import NopythonTypeInference

    typing = functools.cache(Typing)

    @register_pass(mutates_CFG=False, analysis_only=True)
    class Typed(FunctionPass):  # type: ignore[misc]
        """The place between a kernel's types, which need what it calls, and its code."""

        _name = "typed"

        def __init__(self) -> None:
            super().__init__()

        def run_pass(self, _: Any) -> bool:
            for act in at_types:
                act()
            return False

    class LeanCompiler(Compiler):  # type: ignore[misc]
        """The passes that plain functions of numbers and arrays need."""

        more: tuple[Any, ...] = ()

        def define_pipelines(self) -> Any:
            self.state.typingctx = typing(self.state.typingctx)
            self.state.targetctx.typing_context = self.state.typingctx
            managers = super().define_pipelines()
            for manager in managers:
                manager.passes = [
                    each for each in manager.passes if each[0].__name__ not in UNUSED_PASSES
                ]
                for each in self.more:
                    manager.add_pass_after(each, NopythonTypeInference)
                manager.finalize()
            return managers

    class KernelCompiler(LeanCompiler):
        """Machine code."""

        more = (Typed,)

    class Callee(JITCodeLibrary):  # type: ignore[misc]
        """LLVM's code, for those who link it."""

        def _optimize_final_module(self) -> None:
            pass

        def _finalize_final_module(self) -> None:
            self._finalized = True

    class CalleeCompiler(LeanCompiler):
        """No machine code."""

        def define_pipelines(self) -> Any:
            context = self.state.targetctx  # this callee's own
            self.state.library = Callee(context.codegen(), self.state.func_id.func_qualname)
            # Nobody calls it from Python: numba wants a builtin function, of its own, as a key.
            context.get_executable = lambda library, *_: [library].append
            return super().define_pipelines()

    return Compilers(KernelCompiler, CalleeCompiler)
