"""The GPU engine: CUDA C kernels, compiled by NVRTC and run through CuPy."""
