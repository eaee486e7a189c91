"""Keeps one GPU busy on demand: reads milliseconds, one number a line, computes on the GPU for that long, prints "done".

The stand-in for a diffusion model in scripts/bench/gpu.ts. Uses torch, cupy or numba, whichever is there; prints which on its first
line as JSON, or exits with 3 and says what is missing. The GPU is chosen by CUDA_VISIBLE_DEVICES.
"""
import json
import sys
import time


def with_torch():
    import torch

    if not torch.cuda.is_available():
        raise RuntimeError("torch sees no CUDA device")
    a = torch.rand(4096, 4096, device="cuda", dtype=torch.float16)
    return "torch " + torch.__version__, (lambda: torch.mm(a, a)), torch.cuda.synchronize


def with_cupy():
    import cupy

    a = cupy.random.rand(2048, 2048, dtype=cupy.float32)
    return "cupy " + cupy.__version__, (lambda: a @ a), cupy.cuda.Stream.null.synchronize


def with_numba():
    import numba
    from numba import cuda
    import numpy

    if not cuda.is_available():
        raise RuntimeError("numba sees no CUDA device")

    @cuda.jit
    def spin(out):
        at = cuda.grid(1)
        x = out[at]
        for _ in range(20000):
            x = x * 1.0000001 + 0.0000001
        out[at] = x

    data = cuda.to_device(numpy.ones(1 << 20, dtype=numpy.float32))
    return "numba " + numba.__version__, (lambda: spin[4096, 256](data)), cuda.synchronize


def main():
    missing = []
    for make in (with_torch, with_cupy, with_numba):
        try:
            name, launch, wait = make()
            launch()
            wait()
            break
        except Exception as error:  # any of a package, a driver or a device may be missing
            missing.append(f"{make.__name__[5:]}: {error}")
    else:
        print(json.dumps({"missing": missing}), flush=True)
        sys.exit(3)
    print(json.dumps({"with": name}), flush=True)
    for line in sys.stdin:
        until = time.monotonic() + float(line) / 1000
        while time.monotonic() < until:
            launch()
            wait()
        print("done", flush=True)


main()
