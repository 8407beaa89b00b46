"""Sweeps over any number of parameters, chunk by chunk, into a store that can be resumed.

`plans` says what is computed, `quantities` how, and `chunks` in which parts.  `stores` alone knows
zarr, and `cluster` alone distributed.  `runs` computes what is missing.
"""
