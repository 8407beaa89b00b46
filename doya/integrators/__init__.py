"""Ensembles of trajectories from the kernels: interpreted where they are few, else compiled."""
