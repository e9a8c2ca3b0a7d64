"""Benchmarks: every figure with its peer measured in the same run, on the same machine."""
