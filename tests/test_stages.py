"""Figures of ladders: families of several lengths and sizes share a legend that is true of every panel."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from recorded import loops, of_rho

from simulator.judge.ladders import judge_ladders
from simulator.judge.trends import by_size
from simulator.lab.folder import open_folder
from simulator.networks.claims import LADDER_THEOREMS
from simulator.networks.run import Run
from simulator.report.figures.ladders import ladders
from simulator.report.figures.material import Material
from simulator.report.figures.stages import by_rank, by_stage, stages
from simulator.report.figures.training import batches, training

KEPT = Path(__file__).parents[1] / "docs" / "networks-full"


def left_by(steps: int, **settings):
    """A recording whose settings are a run's."""
    run = Run.of({"task": "mlp", "family": "m", "data": "digits", "steps": steps, **settings}, "here")
    return replace(of_rho(0.5, 1000, 0, run.measured), identity=run.identity({}))


def test_a_checkpoint_is_named_by_its_share_of_the_training_whatever_the_default():
    for steps in (100, 200, 300, 400):
        recording = left_by(steps)
        stage = stages([recording])
        names = [stage(int(k)).name for k in recording.steps]
        assert names == ["before step 1", "after 1 %", "after 10 %", "after 30 %", "after 100 %"]


def test_without_one_known_length_it_is_named_by_its_step():
    for own in ([of_rho(0.5, 1000, 0)], [left_by(100), left_by(200)], [left_by(100), of_rho(0.5, 1000, 0)]):
        assert [stages(own)(k).name for k in (1, 5)] == ["before step 1", "before step 5"]


def test_the_same_stage_looks_the_same_and_the_legend_has_every_one():
    panels = [[stages([left_by(n)])(k) for k in (1, n // 10 + 1, n + 1)] for n in (100, 400)]
    panels.append([stages([of_rho(0.5, 1000, 0)])(k) for k in (1, 7)])
    looks, keys = by_stage(panels)
    assert [handle.get_label() for handle in keys] == ["before step 1", "after 10 %", "after 100 %", "before step 7"]
    assert looks[0] == looks[1] and looks[2][panels[2][0]] == looks[0][panels[0][0]]
    drawn = {stage: look for own in looks for stage, look in own.items()}
    assert len({(look.color, look.marker) for look in drawn.values()}) == 4
    for handle, stage in zip(keys, sorted(drawn), strict=True):
        assert (handle.get_color(), handle.get_marker()) == (drawn[stage].color, drawn[stage].marker)


def test_too_many_stages_to_be_told_are_shown_by_their_rank():
    panels = [[stages([of_rho(0.5, 1000, 0)])(k) for k in range(start, start + 4)] for start in (1, 10, 100)]
    looks, keys = by_stage(panels)
    assert [handle.get_label() for handle in keys] == ["first checkpoint", "last checkpoint"]
    assert all(list(own.values()) == list(looks[0].values()) for own in looks)


@pytest.mark.parametrize("sizes", [([1, 2, 3], [5, 6, 7, 8, 9]), ([4], [1, 2]), ([1],)])
def test_ranks_begin_and_end_where_the_legend_says(sizes):
    looks, keys = by_rank(sizes, "least", "most")
    assert [handle.get_label() for handle in keys] == ["least", "most"][: max(map(len, sizes))]
    for own, panel in zip(looks, sizes, strict=True):
        assert len({look.color for look in own.values()}) == len(panel)
        assert own[min(panel)].color == keys[0].get_color()
        assert len(panel) == 1 or own[max(panel)].color == keys[-1].get_color()


def kept() -> Material:
    """The ladder of docs/networks-full, which has runs of 100 to 400 steps and sizes of eleven families."""
    recordings = open_folder(KEPT).recordings
    return Material([], verdicts=judge_ladders(recordings, LADDER_THEOREMS.values()), recordings=recordings)


def test_every_family_of_a_large_ladder_has_its_panel_and_ticks_are_short():
    material = kept()
    judged = {(t["family"], t["layer"]) for v in material.verdicts for t in v.numbers.get("ladders", [])}
    wanted = {family for family, layer in judged if not layer} | {"embedding, embedding"}
    (drawing,) = ladders(material)
    titles = {ax.get_title().replace("\n", " ") for ax in drawing.figure.axes}
    assert titles == wanted and len(titles) > 9
    (along,) = training(material)
    assert len(along.figure.axes) == len({r.family for r in material.recordings}) > 9
    for ax in (*drawing.figure.axes, *along.figure.axes):
        texts = [tick.get_text() for tick in ax.get_xticklabels()]
        assert texts and all(len(text) <= 6 for text in texts) and len(set(texts)) == len(texts)


def test_panels_that_are_left_out_are_counted(monkeypatch):
    material = kept()
    for name, most in (("ladders", 3), ("training", 4)):
        monkeypatch.setattr(import_module(f"simulator.report.figures.{name}"), "MOST_PANELS", most)
    (drawing,), (along,) = ladders(material), training(material)
    assert len(drawing.figure.axes) == 3 and "7 more of 10 families are in the table" in drawing.result
    assert len(along.figure.axes) == 4 and "7 more of 11 families are not shown" in along.result


def test_the_largest_size_is_the_last_of_the_ramp_in_every_panel():
    (drawing,) = training(Material([], recordings=loops()))
    for ax in drawing.figure.axes:
        assert ax.get_title().splitlines()[1] == "d = 1k…256k"
    falling = next(ax for ax in drawing.figure.axes if ax.get_title().startswith("falling"))
    heights = [float(np.asarray(c.lines[0].get_ydata())[0]) for c in falling.containers]
    assert all(a > b for a, b in pairwise(heights))
    (_, last) = drawing.figure.legends[0].get_lines()
    assert falling.containers[-1].lines[0].get_color() == last.get_color()


def test_minibatches_are_shown_by_stage():
    (drawing,) = batches(Material([], recordings=loops()))
    names = [text.get_text() for text in drawing.figure.legends[0].get_texts()]
    assert names == ["before step 1", "before step 11", "before step 101"]


def test_a_size_that_is_the_default_is_a_size():
    """Settings leave defaults out, but not the one that grows: a ladder of depths would lose its depth 2."""
    assert left_by(400, axis="depth", depth=2).settings["depth"] == 2
    assert left_by(400, axis="steps", average=20).settings["steps"] == 400
    assert "depth" not in left_by(400).settings
    deep = [r for r in open_folder(KEPT).recordings if r.family == "deep mlp"]
    assert list(by_size(deep, 1, "depth")) == [2, 4, 8, 16]
