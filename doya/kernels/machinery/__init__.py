"""What runs all kernels: their table, kinds of arguments, machine code, threads, the runner."""
