"""Which vectors of the processor a compiled loop uses."""

from __future__ import annotations


def use_widest_vectors() -> None:
    """Compile the loops of the function that calls this for the widest vectors of the processor.

    LLVM takes vectors of 256 bits also where a processor has 512, as the first such processors ran
    slower with them.  Interpreted this does nothing: see `compilation`.
    """
