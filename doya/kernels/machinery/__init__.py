"""The runner of all kernels, with their table, kinds of arguments, machine code and threads."""
