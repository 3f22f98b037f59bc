"""``watch`` for loops that belong to a trainer: the Trainer of Hugging Face's transformers, and Lightning's.

Either imports its library when it is called, and watches the optimizer that the trainer made. The first sees gradients
after clipping, the second before: ‖g‖ is of those, and ρ, which no scale changes, is the same for both.
"""

from __future__ import annotations

import importlib
import weakref
from typing import Any

from ratecheck.problems.errors import InputError

from .watch import watch


def trainer_callback(**how: Any) -> Any:
    """A callback for ``transformers.Trainer(callbacks=[…])``; *how* are the keywords of ``watch``.

    ``.record`` is the record, None before training. Raises InputError where transformers is not installed.
    """
    base = _one_of(("transformers",), "TrainerCallback", "trainer_callback", "transformers")

    class Watching(base):  # type: ignore[misc, valid-type]  # a base that is known at run time only
        record: Any = None
        _close: Any = None

        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if self._close is not None:
                self._close()
            self.record = watch(kwargs["model"], innermost(kwargs["optimizer"]), **how)
            self.record.__enter__()
            # the Trainer doesn't say that it was interrupted: then the record is closed with the callback, or at exit
            end = KeyboardInterrupt()
            self._close = weakref.finalize(self, self.record.__exit__, type(end), end, None)

        def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if self._close is not None and self._close.detach() is not None:
                self.record.__exit__(None, None, None)

    return Watching()


def lightning_callback(**how: Any) -> Any:
    """A callback for ``lightning.Trainer(callbacks=[…])``; *how* are the keywords of ``watch``.

    ``.record`` is the record, None before training. Raises InputError where Lightning is not installed, and at the
    start of training for a module with several optimizers or with LBFGS.
    """
    homes = ("lightning.pytorch.callbacks", "pytorch_lightning.callbacks")
    base = _one_of(homes, "Callback", "lightning_callback", "lightning")

    class Watching(base):  # type: ignore[misc, valid-type]
        record: Any = None

        def on_train_start(self, trainer: Any, module: Any) -> None:
            if len(trainer.optimizers) != 1:
                raise InputError(
                    f"lightning_callback watches one optimizer, and this module has {len(trainer.optimizers)}; use "
                    "ratecheck.watch for each, in on_train_start"
                )
            optimizer = innermost(trainer.optimizers[0])
            if type(optimizer).__name__ == "LBFGS":
                raise InputError("LBFGS takes several gradients in a step: it can't be watched")
            self.record = watch(module, optimizer, **how)

        def on_before_optimizer_step(self, trainer: Any, module: Any, optimizer: Any) -> None:
            # Lightning makes the gradients inside the optimizer's step, and calls here then
            self.record.before_step(_scale(trainer, innermost(optimizer)))

        def on_train_end(self, trainer: Any, module: Any) -> None:
            self._close()

        def on_exception(self, trainer: Any, module: Any, exception: BaseException) -> None:
            self._close(exception)

        def _close(self, exception: BaseException | None = None) -> None:
            if self.record is not None:
                self.record.__exit__(None if exception is None else type(exception), exception, None)

    return Watching()


def _scale(trainer: Any, optimizer: Any) -> Any:
    """What Lightning has multiplied gradients by when it calls: optimizers that divide by it themselves get them so."""
    scaler = getattr(getattr(trainer, "precision_plugin", None), "scaler", None)
    return getattr(scaler, "_scale", None) if getattr(optimizer, "_step_supports_amp_scaling", False) else None


def innermost(optimizer: Any) -> Any:
    """The optimizer of torch within a trainer's wrappers, whose own step is not called."""
    while not hasattr(optimizer, "register_step_pre_hook") or "Accelerated" in type(optimizer).__name__:
        inner = getattr(optimizer, "optimizer", None)
        if inner is None:
            raise InputError(
                f"{type(optimizer).__name__} is no optimizer of torch's kind; use record.update(gradients, k)"
            )
        optimizer = inner
    return optimizer


def _one_of(modules: tuple[str, ...], name: str, what: str, package: str) -> Any:
    missing: ImportError | None = None
    for module in modules:
        try:
            return getattr(importlib.import_module(module), name)
        except ImportError as error:
            missing = error
    raise InputError(f"{what} needs {package}, which can't be imported ({missing}); pip install {package}")
