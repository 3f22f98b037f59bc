"""docs/zoo.md, a row a theorem, and a page each in docs/zoo/: written whole, by ``make zoo`` alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simulator.judge.outcome import Outcome, Verdict
from simulator.theorem import Theorem

from .figure import figure
from .verified import Verified

HEAD = """# The zoo

Theorems to start from, each verified on its own default grid. `make zoo` writes this page; `ratecheck verify NAME`
makes a row anew. *Constant*: proved, in [theory.md](theory.md) (sections 2, 6, 9) or in [proofs.md](proofs.md), or
declared. *Largest* is the largest measured/bound, the share of the constant that was attained, and *at* says where.
*Controls* are false statements beside the theorem, and how many of them were found false.

| theorem | statement | constant | verdict | largest | at | controls |
|---|---|---|---|--:|---|--:|
"""


def write(found: Sequence[Verified], docs: Path) -> None:
    """Write *docs*/zoo.md and, in *docs*/zoo/, a page and a figure of each."""
    folder = docs / "zoo"
    folder.mkdir(parents=True, exist_ok=True)
    for one in found:
        name = one.theorem.name
        (folder / f"{name}.svg").write_bytes(figure(one))
        (folder / f"{name}.md").write_text(page(one), encoding="utf-8")
    known = {one.theorem.name for one in found}
    for path in folder.iterdir():
        if path.stem not in known and path.suffix in (".md", ".svg"):
            path.unlink()
    (docs / "zoo.md").write_text(HEAD + "".join(map(row, found)), encoding="utf-8")


def row(one: Verified) -> str:
    """The theorem's line of the table."""
    theorem, top = one.theorem, one.verdict.numbers["max_ratio"]
    caught = sum(v.outcome is Outcome.VIOLATED for v in one.controls)
    cells = (
        f"[`{theorem.name}`](zoo/{theorem.name}.md)",
        theorem.statement,
        theorem.kind,
        one.verdict.outcome.value,
        f"{top['value']:.3g}" if top else "–",
        top["where"] if top else "–",
        f"{caught} of {len(one.controls)}",
    )
    return "| " + " | ".join(map(_cell, cells)) + " |\n"


def page(one: Verified) -> str:
    """Everything about one theorem: what it says and takes for granted, its rule, and what was found."""
    theorem = one.theorem
    lines = [
        f"# {theorem.name}",
        "",
        *_paragraphs(theorem.__doc__ or ""),
        f"![all that was measured, under the bound]({theorem.name}.svg)",
        "",
    ]
    facts = {
        "optimizer": f"`{theorem.optimizer.name}`: {_line(theorem.optimizer.update.__doc__)}",
        "rule": _line(theorem.rule.__doc__) if theorem.rule else "none: constant hyper-parameters as given",
        "measured": theorem.measures.text,
        "assumes": "; ".join(a.text for a in theorem.assumes),
        "bound": f"{theorem.kind}. {_line(_bound_doc(theorem))}",
        "hard instances": "; ".join(map(_hard, theorem.hard)) or "none known",
        "source": theorem.source,
    }
    lines += [f"- **{what}**: {text}" for what, text in facts.items() if text]
    lines += ["", f"**{one.verdict.outcome.value}** on {one.verdict.cells.judged} cells:", ""]
    lines += [f"- {_markdown(reason)}" for reason in one.verdict.reasons]
    lines += ["", "| false control | verdict | why |", "|---|---|---|"]
    lines += ["| " + " | ".join(map(_cell, _control(v))) + " |" for v in one.controls]
    lines += ["", f"`ratecheck verify {theorem.name}`", ""]
    return "\n".join(lines)


def _control(verdict: Verdict) -> tuple[str, str, str]:
    return (
        f"`{verdict.claim}`: {verdict.statement}",
        verdict.outcome.value,
        verdict.reasons[0] if verdict.reasons else "",
    )


def _hard(hard) -> str:
    arguments = ", ".join(f"{name}={value}" for name, value in hard.arguments.items())
    level = "level not known" if hard.level is None else f"measured/rate {hard.level:.4g}"
    return f"`{hard.problem}`{f' ({arguments})' if arguments else ''}: {level}"


def _bound_doc(theorem: Theorem) -> str:
    return getattr(theorem, "_bound").__doc__ or ""  # noqa: B009 (the proof in a sentence is told nowhere else)


def _paragraphs(text: str) -> list[str]:
    return [line for paragraph in text.strip().split("\n\n") for line in (" ".join(paragraph.split()), "")]


def _line(text: str | None) -> str:
    return " ".join((text or "").strip().split("\n\n")[0].split())


def _cell(text: str) -> str:
    return _markdown(text).replace("|", "\\|")


def _markdown(text: str) -> str:
    return " ".join(text.split())
