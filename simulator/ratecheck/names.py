"""One module object under one name: ``problems.x`` and ``simulator.x`` are ``ratecheck.problems.x`` and so on.

Whoever imports ``problems`` and finds this project's folder gets the modules of ``ratecheck.problems``, not a second
copy whose classes would be others. Whoever has a folder of that name gets their own.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys

TYPE_CHECKING = False  # typing itself would take time to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

FOLDERS = ("problems", "simulator")


def share(folder: str) -> None:
    """Let *folder*, which was found under its own name, be ``ratecheck.folder``; called by the folder itself."""
    if not any(isinstance(finder, _SameModule) for finder in sys.meta_path):
        sys.meta_path.insert(0, _SameModule())
    importlib.import_module(f"ratecheck.{folder}")
    _register(folder)


def _register(name: str) -> None:
    """Enter a package's module and those below it that are loaded under their other names.

    Python binds a submodule to its package when it finds it, and would bind it again under the other name, over an
    object of the package that has the same name; what is entered already it doesn't look for.
    """
    canonical = f"ratecheck.{name}"
    for loaded, module in list(sys.modules.items()):
        if loaded == canonical or loaded.startswith(f"{canonical}."):
            sys.modules[loaded.removeprefix("ratecheck.")] = module


class _SameModule:
    """A finder and a loader; importlib.abc's base classes would add nothing but the time to import them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        folder, _, rest = fullname.partition(".")
        if folder not in FOLDERS or not rest or rest == "__main__":
            return None
        if sys.modules.get(folder) is not sys.modules.get(f"ratecheck.{folder}"):
            return None  # another project's
        canonical = importlib.util.find_spec(f"ratecheck.{fullname}")
        return canonical and importlib.util.spec_from_loader(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(f"ratecheck.{spec.name}")
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state  # which Python has just replaced
        _register(module.__name__.removeprefix("ratecheck."))
