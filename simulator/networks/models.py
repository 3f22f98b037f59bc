"""The networks: a perceptron, a ResNet with group norm, a transformer. No dropout, no batch norm: f is a plain mean.

Each is a torch module with ``roles`` (``scaling``) of its parameters by name and ``loss(batch)``, the mean loss.
"""

from __future__ import annotations

from typing import Any

from ..record.needs import torch_for
from .run import GROUPS, Run
from .scaling import EMBEDDING, HIDDEN, INPUT, READOUT, VECTOR, begin


def make(run: Run, inputs: int, outputs: int, generator: Any) -> Any:
    """The network of *run*; *inputs* are its pixels, of which an image has inputs × inputs, or its vocabulary."""
    torch = torch_for("a network")
    kinds = {"mlp": _mlp, "resnet": _resnet, "transformer": _transformer}
    model = kinds[run.task](torch, run, inputs, outputs)
    model.roles = {}
    for name, parameter in model.named_parameters():
        role, gain = _role(run, name, parameter)
        model.roles[name] = role
        fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
        begin(torch, parameter, role, fan_in, run.parametrization == "mup", generator, gain)
    return model


def _role(run: Run, name: str, parameter: Any) -> tuple[str, float]:
    if parameter.ndim < 2:
        return VECTOR, 1.0
    layer = name.rpartition(".")[0]
    if layer in ("embedding", "position"):
        return EMBEDDING, 1.0
    if layer == "readout":
        return READOUT, 1.0
    before_relu = 2**0.5 if run.task != "transformer" else 1.0
    return (INPUT, 1.0) if layer == "input" else (HIDDEN, before_relu)


def _mlp(torch: Any, run: Run, inputs: int, outputs: int) -> Any:
    nn = torch.nn

    class Mlp(nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.input = nn.Linear(inputs * inputs, run.width)
            for index in range(1, run.depth):
                self.add_module(f"hidden{index}", nn.Linear(run.width, run.width))
            self.readout = nn.Linear(run.width, outputs)
            for module in self.children():
                nn.init.zeros_(module.bias)

        def loss(self, batch: Any) -> Any:
            pixels, labels = batch
            x = torch.relu(self.input(pixels.flatten(1)))
            for index in range(1, run.depth):
                x = torch.relu(getattr(self, f"hidden{index}")(x))
            return nn.functional.cross_entropy(self.readout(x), labels)

    return Mlp()


def _resnet(torch: Any, run: Run, inputs: int, outputs: int) -> Any:
    """6·depth + 2 layers, of width, 2·width and 4·width channels."""
    nn = torch.nn

    class Block(nn.Module):  # type: ignore[name-defined]
        def __init__(self, before: int, after: int, stride: int) -> None:
            super().__init__()
            self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
            self.norm1 = nn.GroupNorm(GROUPS, after)
            self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
            self.norm2 = nn.GroupNorm(GROUPS, after)
            self.skip = nn.Conv2d(before, after, 1, stride, bias=False) if before != after else nn.Identity()

        def forward(self, x: Any) -> Any:
            y = torch.relu(self.norm1(self.first(x)))
            return torch.relu(self.skip(x) + self.norm2(self.second(y)))

    class ResNet(nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.input = nn.Conv2d(1, run.width, 3, 1, 1, bias=False)
            self.norm = nn.GroupNorm(GROUPS, run.width)
            blocks, before = [], run.width
            for stage in range(3):
                for block in range(run.depth):
                    after = run.width * 2**stage
                    blocks.append(Block(before, after, 2 if stage and not block else 1))
                    before = after
            self.blocks = nn.Sequential(*blocks)
            self.readout = nn.Linear(before, outputs)
            nn.init.zeros_(self.readout.bias)

        def loss(self, batch: Any) -> Any:
            pixels, labels = batch
            x = torch.relu(self.norm(self.input(pixels[:, None])))
            x = self.blocks(x).mean(dim=(2, 3))
            return nn.functional.cross_entropy(self.readout(x), labels)

    return ResNet()


def _transformer(torch: Any, run: Run, inputs: int, outputs: int) -> Any:
    nn, heads = torch.nn, run.width // run.head

    class Block(nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(run.width), nn.LayerNorm(run.width)
            self.attention = nn.Linear(run.width, 3 * run.width)
            self.mixing = nn.Linear(run.width, run.width)
            self.up, self.down = nn.Linear(run.width, 4 * run.width), nn.Linear(4 * run.width, run.width)
            for module in (self.attention, self.mixing, self.up, self.down):
                nn.init.zeros_(module.bias)

        def forward(self, x: Any) -> Any:
            shape = (*x.shape[:2], heads, run.head)
            q, k, v = (part.view(shape).transpose(1, 2) for part in self.attention(self.norm1(x)).chunk(3, dim=-1))
            mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.mixing(mixed.transpose(1, 2).flatten(2))
            return x + self.down(nn.functional.gelu(self.up(self.norm2(x))))

    class Transformer(nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(inputs, run.width)
            self.position = nn.Embedding(run.context, run.width)
            self.blocks = nn.Sequential(*(Block() for _ in range(run.depth)))
            self.norm = nn.LayerNorm(run.width)
            self.readout = nn.Linear(run.width, outputs, bias=False)
            if run.tied:
                self.readout.weight = self.embedding.weight

        def loss(self, batch: Any) -> Any:
            (window,) = batch
            x = self.embedding(window[:, :-1]) + self.position.weight
            logits = self.readout(self.norm(self.blocks(x)))
            return nn.functional.cross_entropy(logits.flatten(0, 1), window[:, 1:].flatten())

    return Transformer()
