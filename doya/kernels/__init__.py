"""The numerics that run a million times: numbers and arrays in, arrays out; no checks, no objects.

Every kernel is plain Python on floats.  A handful of neurons is computed by
running that source as it stands, so a first picture never waits for a
compiler; for many neurons `machinery` turns the same source into machine code,
which gives the same bits.
"""
