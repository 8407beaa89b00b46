"""Which vectors of the processor a compiled loop uses."""

from __future__ import annotations


def use_widest_vectors() -> None:
    """Compile the function that calls this on its own, for the widest vectors of the processor.

    LLVM takes vectors of 256 bits also where a processor has 512, as the first such processors ran
    slower with them.  Inlined into a large function, loops would keep fewer constants in registers.
    Interpreted this does nothing.  See `compilation`.
    """
