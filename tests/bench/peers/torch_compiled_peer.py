"""torch.compile: several steps a call, so that Inductor keeps the state in registers, random numbers included.

torch.randn inside takes 5 to 10 times as long; outside it draws on one thread, 3.4 ns a number, as long as
all the rest together. So the numbers come of SplitMix64 and of Box and Muller, as tensor operations.
"""

from __future__ import annotations

import time

import numpy as np

from problems.formulas.coefficients import COS_QUARTER as COS
from problems.formulas.coefficients import SIN_QUARTER as SIN
from simulator.cores import cores

from ..workloads import divisor

TITLE = "PyTorch, torch.compile"
PACKAGES = ("torch",)
PROGRAMS = ("g++",)
FORM = "adamw"
STEPS = 8  # in a call; more would compile for minutes
GOLDEN = 0x9E3779B97F4A7C15


def prepare(task):
    import torch

    shape, unroll = (task.replicas, task.dim), divisor(task.steps, STEPS)
    size = task.replicas * task.dim
    pairs = (unroll + 1) // 2  # words that a coordinate takes in a call
    index = torch.arange(size).reshape(shape) * signed(GOLDEN)
    offsets = [signed(GOLDEN * size * j) for j in range(pairs)]

    def steps(x, m, v, base):
        l1, square = [], []
        for k in range(unroll):
            if k % 2 == 0:
                pair = normals(torch, mix(index + (base + offsets[k // 2])))
            u = x * (1 / task.scale)
            a = 1 + u * u
            gradient = (2 * task.slope) * u / (a * a)
            l1.append(gradient.abs().sum(1))
            square.append((gradient * gradient).sum(1))
            g = gradient + task.sigma * pair[k % 2].double()
            m = task.beta1 * m + (1 - task.beta1) * g
            v = task.beta2 * v + (1 - task.beta2) * g * g
            x = (1 - task.lr * task.weight_decay) * x - task.lr * m / torch.sqrt(v + task.eps)
        return x, m, v, torch.stack(l1).sum(0), torch.stack(square).sqrt().sum(0)

    @torch.no_grad()
    def run(compiled, seed, calls):
        state = [torch.full(shape, value, dtype=torch.float64) for value in (task.start, 0.0, 0.0)]
        sums = torch.zeros((2, task.replicas), dtype=torch.float64)
        first = np.random.SeedSequence(seed).generate_state(1, np.uint64).item()
        for call in range(calls):
            base = torch.tensor(signed(first + GOLDEN * size * pairs * call))
            *state, l1, l2 = compiled(*state, base)
            sums[0] += l1
            sums[1] += l2
        return np.ascontiguousarray(sums.T / (calls * unroll))

    def speed(compiled):
        run(compiled, 0, 2)
        begin = time.perf_counter()
        run(compiled, 0, min(task.steps // unroll, 50))
        return time.perf_counter() - begin

    # More threads pay or cost, with the size: measured rather than guessed.
    choices = [torch.compile(steps, options={"cpp.threads": n}) for n in dict.fromkeys([1, cores()])]
    compiled = min(choices, key=speed)
    return lambda seed: run(compiled, seed, task.steps // unroll)


def normals(torch, word):
    """Two normal float32 numbers of each int64 word."""
    size = ((word >> 32) & 0x7FFFFFFF).float() * 2.0**-31 + 2.0**-32
    turn = ((word << 32) >> 32).float() * 2.0**-31  # of a quarter circle either way
    radius = torch.sqrt(-2 * torch.log(size))
    radius = torch.where(word < 0, -radius, radius)
    return radius * polynomial(COS, turn * turn), radius * (turn * polynomial(SIN, turn * turn))


def mix(word):
    """The output function of SplitMix64 on int64, whose shifts copy the sign."""
    word = (word ^ ((word >> 30) & (2**34 - 1))) * signed(0xBF58476D1CE4E5B9)
    word = (word ^ ((word >> 27) & (2**37 - 1))) * signed(0x94D049BB133111EB)
    return word ^ ((word >> 31) & (2**33 - 1))


def signed(word):
    """An unsigned 64-bit number as the int64 of the same bits, modulo 2⁶⁴."""
    return (word + 2**63) % 2**64 - 2**63


def polynomial(coefficients, x):
    value = coefficients[-1]
    for c in coefficients[-2::-1]:
        value = value * x + c
    return value
