"""One finished cell in numbers: the object that ``run --json`` prints, and the table for people."""

from __future__ import annotations

import math

from ..cells.constants import SYMBOLS
from ..cells.escape import FAR
from ..cells.evidence import Result
from ..judge.hard import hard_of
from ..theorem import Theorem

OTHERS = ("smoothness_l0", "smoothness_l1", "sigma_0", "sigma_1")  # in the place of an L or a σ that does not exist
COMMON = ("lr", "beta1", "beta2", "eps", "weight_decay")


def summary(result: Result, theorem: Theorem | None = None) -> dict:
    """What ``--json`` prints of a cell."""
    stats, constants = result.stats, result.constants
    c = math.inf if {"sigma", "smoothness"} - set(constants) else constants.c  # where C is not known, no ratio is
    rate = c * constants.steps**-0.25
    l1, l2 = average(stats.mean_grad_l1), average(stats.mean_grad_l2)
    hyper = {name: v if isinstance(v, (int, float)) else str(v) for name, v in result.hyper.items()}
    return {
        "spec": result.spec.to_dict(),
        "constants": {
            "smoothness": constants.get("smoothness"),
            **{name: constants[name] for name in OTHERS if name in constants},
            "gap": constants.get("gap"),
            "sigma": constants.get("sigma", None if "sigma_0" in constants else math.inf),
            "C": None if "sigma_0" in constants else c,
        },
        "hyperparameters": {**dict.fromkeys(COMMON), **hyper},
        "mean_grad_l1": l1,
        "mean_grad_l2": l2,
        "ratio_l1": _ratio(l1["mean"], math.sqrt(constants.dim) * rate),
        "ratio_l2": _ratio(l2["mean"], rate),
        "max_abs_x": float(stats.max_abs_x.max()),
        "status": result.status,
        "replicas_escaped": int(stats.escaped.sum()),
        **{name: result.provenance.get(name) for name in ("backend", "device", "fast", "seconds")},
        **({} if theorem is None else {"theorem": said(theorem, result)}),
    }


def said(theorem: Theorem, result: Result) -> dict:
    """What *theorem* says of a cell, with the numbers that it is about."""
    bearing, values = theorem.on(result), result.values(theorem.measures)
    measured = None if values is None else average(values)
    bound, rate = (bearing.bound, bearing.rate) if bearing else (None, None)
    limit = rate if bound is None else bound
    hard = hard_of(theorem, result)
    return {
        "name": theorem.name,
        "quantity": theorem.measures.name,
        "measured": measured,
        "bound": bound,
        "rate": rate,
        "ratio": None if measured is None or limit is None else _ratio(measured["mean"], limit),
        "level": None if hard is None else hard.level,
        "void": (bearing.void or bearing.aside or None) if bearing else "the cell did not follow the theorem's rule",
    }


def average(values) -> dict:
    """Mean, its standard error (None for one replica or a diverged one) and the values themselves."""
    n, mean = len(values), float(values.mean())
    sem = float(values.std(ddof=1)) / math.sqrt(n) if n > 1 and math.isfinite(mean) else None
    return {"mean": mean, "sem": sem, "values": values.tolist()}


def _ratio(mean: float, bound: float) -> float | None:
    """None where the theorem says nothing: an infinite bound."""
    if math.isinf(bound):
        return None
    return mean / bound if bound > 0 else math.inf


def show(content: dict, theorem: Theorem | None = None) -> None:
    """A table of what ``summary`` gives, on stdout."""
    from .tables import show_list

    spec, constants = content["spec"], content["constants"]
    title = f"{spec['optimizer']} on {spec['problem']}, {spec['noise']} noise, {spec['schedule']} schedule"
    sizes = f"{spec['dim']}, {spec['steps']}, {spec['replicas']} (seed {spec['seed']}, {spec['dtype']})"
    show_list(
        title,
        [
            ("d, K, replicas", sizes),
            ("problem arguments", _listed(spec["problem_args"])),
            ("noise arguments", _listed(spec["noise_args"])),
            ("constants", _constants(constants)),
            ("hyper-parameters", _listed(content["hyperparameters"])),
            ("mean ‖∇f‖₁", _measured(content["mean_grad_l1"])),
            ("  over √d C K^(−1/4)", _shown(content["ratio_l1"])),
            ("mean ‖∇f‖₂", _measured(content["mean_grad_l2"])),
            ("  over C K^(−1/4)", _shown(content["ratio_l2"])),
            ("max |x_i|", f"{content['max_abs_x']:.6g}"),
            ("status", content["status"]),
            *([("", escaped)] if (escaped := _escaped(content)) else []),
            ("time", f"{content['seconds']:.2f} s, compilation included"),
            *(_theorem_rows(theorem, content["theorem"], bool(content["replicas_escaped"])) if theorem else ()),
        ],
    )


def _constants(constants: dict) -> str:
    """L, Δ, σ and C, or those in their place."""
    symbols = {**SYMBOLS, "sigma": "σ_s"}
    lacking = " and ".join(symbols[name] for name in ("smoothness", "sigma") if constants[name] is None)
    shown = [f"{symbols[name]}={v:g}" for name, v in constants.items() if name != "C" and v is not None]
    return ", ".join([*shown, f"no {lacking} and so no C" if lacking else f"C={constants['C']:.6g}"])


def _escaped(content: dict) -> str:
    """A sentence on the replicas that escaped, '' if none did."""
    count, replicas = content["replicas_escaped"], content["spec"]["replicas"]
    how = f"f stayed above its start's or x went {FAR:g} times its start's size away"
    return f"in {count} of {replicas} replicas {how}, so a small gradient shows nothing here" if count else ""


def _theorem_rows(theorem: Theorem, found: dict, escaped: bool) -> list[tuple[str, str]]:
    rows = [("theorem", theorem.name + ", a false control" * (theorem.expected == "fails"))]
    if found["measured"] is not None:
        rows.append((f"  {found['quantity']}", _measured(found["measured"])))
    if found["void"]:
        return [*rows, ("  says nothing here", found["void"])]
    what = "rate" if found["bound"] is None else "bound"
    rows += [(f"  {what}", f"{found[what]:.6g}"), (f"  measured/{what}", _shown(found["ratio"]))]
    if found["level"] is not None and found["measured"] is not None and found["rate"]:
        attained = _ratio(found["measured"]["mean"], found["rate"])
        told = f"measured/rate {_shown(attained)}; the theorem says {found['level']:g}"
        rows.append(("  hard instance", told))
    if what == "rate":
        return [*rows, ("  verdict", "none from one cell: a rate has no constant, its growth in K and d is judged")]
    if found["ratio"] is None:
        return [*rows, ("  verdict", "none: the bound is infinite")]
    if escaped and found["ratio"] <= 1:
        return [*rows, ("  verdict", "none: measured ≤ bound, but a cell that escaped can't show a theorem true")]
    return [*rows, ("  verdict", f"measured {'>' if found['ratio'] > 1 else '≤'} bound{_doubt(found)}")]


def _doubt(found: dict) -> str:
    """Chance may put a mean on the other side of its bound: say so where the two are within a few errors."""
    mean, sem = found["measured"]["mean"], found["measured"]["sem"]
    if math.isinf(mean):
        return ": a replica diverged"
    if sem is None:
        return ", from one replica"
    distance = abs(mean - found["bound"]) / sem if sem > 0 else math.inf
    return f", by {distance:.1f} standard errors" if distance < 1e3 else ""


def _listed(values: dict) -> str:
    def one(value: object) -> str:
        return f'"{value}"' if isinstance(value, str) and " " in value and "(" not in value else _number(value)

    return ", ".join(f"{name}={one(value)}" for name, value in values.items() if value is not None) or "none"


def _number(value: object) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def _measured(average: dict) -> str:
    return f"{average['mean']:.6g}" + (f" ± {average['sem']:.2g}" if average["sem"] is not None else "")


def _shown(ratio: float | None) -> str:
    return "not applicable: C is infinite or not there" if ratio is None else f"{ratio:.4f}"
