"""Real networks, trained on data that packages bundle: is ‖∇f‖₁ = Θ(√d)‖∇f‖₂ over families that grow in d?

A ladder (TOML) is a list of runs (``ladder``), a run is a task with its settings (``tasks``), what it leaves is a
``Recording``; ``claims`` are judged on them. Only ``train``, ``models`` and their like import torch.
"""
