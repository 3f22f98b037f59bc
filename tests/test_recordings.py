"""Recordings of training loops: their numbers, their files, what is judged on them and what is not. Without torch."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pytest
import ratecheck
from recorded import family, lengths, loops, of_rho, row

from simulator.cells.recording import BATCH, EXACT, gathered, identity
from simulator.cli import main
from simulator.judge.ladders import judge_ladder, judge_ladders
from simulator.judge.outcome import Outcome
from simulator.lab import recordings
from simulator.lab.archive import CellError
from simulator.lab.folder import open_folder
from simulator.networks.averages import averages
from simulator.networks.claims import LADDER_THEOREMS
from simulator.report.gradient_tables import noise_table, population_table

THETA, MUP = LADDER_THEOREMS["theta-d"], LADDER_THEOREMS["theta-d-mup"]


def two_layers():
    """g = (3, −4; 0, 0, 12): ‖g‖₁ = 19, ‖g‖₂ = 13, d = 5."""
    further = {"samples": 10, "loss": 0.5, "inner": [20.0, 140.0], "lower": [6.0, 11.0], "trace": [1.0, 1.0]}
    rows = [row([[3.0, -4.0], [0.0, 0.0, 12.0]], **further), row([[1.0, 1.0], [0.0, 0.0, 0.0]], 2, BATCH)]
    return gathered(identity({"family": "by hand", "seed": 3, "width": 5}), ("first", "second"), rows, {"torch": "2"})


def test_numbers_by_hand():
    recording = two_layers()
    assert recording.rho(0) == pytest.approx(19 / (math.sqrt(5) * 13), rel=1e-15)
    np.testing.assert_allclose(recording.layer_rho(0), [7 / (math.sqrt(2) * 5), 1 / math.sqrt(3)])
    np.testing.assert_allclose(recording.shares(0), [25 / 169, 144 / 169])
    np.testing.assert_array_equal(recording.zeros[0], [0, 2])
    sizes = recording.sizes[0]
    parts = np.sqrt(sizes / sizes.sum()) * recording.layer_rho(0) * np.sqrt(recording.shares(0))
    assert parts.sum() == pytest.approx(recording.rho(0), rel=1e-14)
    assert recording.population(0) == (160.0, 17.0, 19.0) and recording.population(1) is None
    assert math.isnan(recording.layer_rho(1)[1]) and recording.rho(1) == pytest.approx(2 / math.sqrt(10))
    assert (recording.family, recording.seed, recording.dim(0)) == ("by hand", 3, 5)
    assert recording.rows(EXACT).tolist() == [0] and recording.rows(BATCH).tolist() == [1]


def test_a_recording_comes_back_from_its_file(tmp_path):
    recording = two_layers()
    path = recordings.save(tmp_path, recording)
    assert path == tmp_path / "recordings" / f"{recording.key}.npz"
    (found,), faults = recordings.load_all(tmp_path)
    assert not faults and found.identity == recording.identity and found.layers == recording.layers
    assert found.provenance == {"torch": "2"}
    for name, array in recording.arrays().items():
        np.testing.assert_array_equal(found.arrays()[name], array, strict=True)
    assert recordings.load(tmp_path, "0" * 32) is None


def test_a_file_that_is_damaged_or_another_is_not_believed(tmp_path):
    recording = two_layers()
    content = recordings.encode(recording)
    with pytest.raises(CellError, match="another recording"):
        recordings.decode(io.BytesIO(content), "0" * 32)
    place = content.index(np.float64(7.0).tobytes())
    flipped = content[:place] + b"\x01" + content[place + 1 :]
    with pytest.raises(CellError, match="damaged: l1"):
        recordings.decode(io.BytesIO(flipped), recording.key)
    with pytest.raises(CellError, match="truncated"):
        recordings.decode(io.BytesIO(content[:-50]), recording.key)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"l1": [[1.0, 12.0], [2.0, 0.0]]}, "its norms break"),
        ({"l1": [[8.0, 12.0], [2.0, 0.0]]}, "its norms break"),
        ({"zeros": [[3, 0], [0, 0]]}, "its counts can't be"),
        ({"kind": [1, 2]}, "its steps or kinds"),
        ({"steps": [0, 2]}, "its steps or kinds"),
        ({"l2": [[5.0], [1.0]]}, "expected float64"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_numbers_that_no_gradient_has_are_refused(change, words):
    recording = two_layers()
    ((name, values),) = change.items()
    made = gathered(recording.identity, recording.layers, [], {})
    arrays = {**recording.arrays(), name: np.array(values, dtype=recording.arrays()[name].dtype)}
    for each, array in arrays.items():
        object.__setattr__(made, each, array)
    with pytest.raises(CellError, match=words):
        recordings.decode(io.BytesIO(recordings.encode(made)), recording.key)


def test_a_level_family_holds_and_a_falling_one_is_violated():
    verdict = judge_ladder(THETA, family(0.0))
    assert verdict.outcome is Outcome.HOLDS and verdict.as_expected
    assert "between d = 1000 and 256 thousand" in verdict.reasons[0] and verdict.cells.judged == 20
    (trend,) = verdict.numbers["ladders"]
    assert abs(trend["exponent"]) < 0.01 and trend["sizes"] == [1000, 4000, 16000, 64000, 256000]
    fallen = judge_ladder(MUP, family(-0.25))
    assert fallen.outcome is Outcome.VIOLATED and fallen.as_expected
    assert "d^-0.2" in fallen.reasons[0] and fallen.reasons[-1].endswith("-0.25")
    assert judge_ladder(THETA, family(0.25)).outcome is Outcome.VIOLATED


def test_what_is_near_the_margin_or_levels_off_is_inconclusive():
    assert judge_ladder(THETA, family(-0.05)).outcome is Outcome.INCONCLUSIVE
    # on all sizes level, on the upper half falling by more than the margin
    assert judge_ladder(THETA, family(0.3, bend=-0.055)).outcome is Outcome.INCONCLUSIVE
    # beyond the margin on all sizes, within it on the upper half, where the parabola's slope is -0.22 + 0.044 log 64
    levels_off = judge_ladder(THETA, family(-0.22, bend=0.022))
    assert levels_off.outcome is Outcome.INCONCLUSIVE
    (trend,) = levels_off.numbers["ladders"]
    assert trend["exponent"] == pytest.approx(-0.22 + 0.044 * math.log(16), abs=0.01)
    assert trend["upper_half"] == pytest.approx(-0.22 + 0.044 * math.log(64), abs=0.01)
    assert judge_ladder(THETA, family(0.0, noise=0.5)).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("recordings", "words"),
    [
        ([], "no recordings that it is about"),
        (family(0.0, sizes=(1000,)), "one size"),
        (family(0.0, sizes=(1000, 4000, 16000, 64000)), "4 sizes, 5 are needed"),
        (family(0.0, seeds=3), "3 seeds, 4 are needed"),
        (family(0.0, sizes=(1000, 1500, 2000, 2500, 3000)), "spans 0.48 decades"),
        (family(0.0, kind=BATCH), "ρ of a minibatch's gradient is another number"),
    ],
    ids=["none", "one size", "sizes", "seeds", "decades", "minibatches"],
)
def test_too_little_gives_no_verdict(recordings, words):
    verdict = judge_ladder(THETA, recordings)
    assert verdict.outcome is Outcome.INCONCLUSIVE and words in " ".join(verdict.reasons)


def test_error_rates_of_the_verdicts():
    """Of families just at the margin no more than a few in a hundred are said to be within, or beyond, it."""
    rng = np.random.default_rng(5)
    sizes = (1000, 4000, 16000, 64000, 256000)
    wrong = {Outcome.HOLDS: 0, Outcome.VIOLATED: 0, Outcome.INCONCLUSIVE: 0}
    for _ in range(200):
        found = [
            of_rho(float(0.5 * (d / 1000) ** -0.05 * np.exp(0.05 * rng.standard_normal())), d, seed)
            for seed in range(4)
            for d in sizes
        ]
        wrong[judge_ladder(THETA, found).outcome] += 1
    assert wrong[Outcome.HOLDS] <= 20 and wrong[Outcome.VIOLATED] <= 20


def test_a_folder_of_recordings_is_verified_and_reported(tmp_path, capsys):
    for recording in [*family(0.0), *family(-0.25, family="muted", parametrization="mup")]:
        recordings.save(tmp_path, recording)
    assert len(open_folder(tmp_path).recordings) == 40
    assert main(["verify", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "theta-d " in out and "theta-d-mup  VIOLATED" in out and "40 recordings" in out
    assert main(["verify", str(tmp_path), "--theorem", "theta-d"]) == 0
    assert "mup" not in capsys.readouterr().out
    assert main(["report", str(tmp_path), "--paper"]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "ρ against size" in page and "theta-d-mup" in page and "Exponents of ρ" in page
    assert "there are no results" not in page and "Not drawn: ρ along training" in page
    assert (tmp_path / "figures" / "paper" / "ladders-3.25in.pdf").exists()
    assert ratecheck.judge(tmp_path, "theta-d").outcome == "HOLDS"
    assert [v.claim for v in ratecheck.judge(tmp_path)] == ["theta-d", "theta-d-mup"]


def test_a_rate_is_void_on_a_recording(tmp_path, capsys):
    recordings.save(tmp_path, of_rho(0.5, 100, 0))
    assert main(["verify", str(tmp_path), "--theorem", "adamw-l1"]) == 1
    out = capsys.readouterr().out
    assert "adamw-l1  VOID" in out and "of no network are L, Δ and σ known" in out


def test_a_damaged_recording_is_said_and_left_out(tmp_path, capsys):
    for recording in family(0.0):
        path = recordings.save(tmp_path, recording)
    path.write_bytes(path.read_bytes()[:-30])
    assert main(["verify", str(tmp_path)]) == 3
    assert "truncated" in capsys.readouterr().err


def test_arrays_are_recorded_by_hand(tmp_path):
    with ratecheck.watch(out=tmp_path, every=2, family="jax", seed=1, settings={"width": 3}, samples=8) as record:
        assert str(record) == "nothing was recorded"
        for step in range(1, 6):
            gradients = {"dense": {"kernel": np.array([[3.0, -4.0]]), "bias": np.zeros(1)}, "frozen": None}
            record.update({**gradients, "out": [np.array([12.0, 0.0])]}, step)
        record.update({**gradients, "out": [np.array([5.0, 0.0])]}, 4, exact=True, loss=0.25)
    (found,), _ = recordings.load_all(tmp_path)
    assert found.steps.tolist() == [1, 3, 5, 4] and found.kind.tolist() == [BATCH] * 3 + [EXACT]
    assert found.layers == ("dense", "out") and found.sizes[0].tolist() == [3, 2] and found.zeros[0].tolist() == [1, 1]
    assert found.rho(0) == pytest.approx(19 / (math.sqrt(5) * 13)) and found.loss[3] == 0.25
    assert found.settings == {"family": "jax", "seed": 1, "width": 3} and found.samples[0] == 8
    assert "dense" in str(record) and "exact gradient: 1 record" in str(record)


def test_a_record_by_hand_refuses_what_it_can_not_read(tmp_path):
    record = ratecheck.watch(out=tmp_path, every=1)
    with pytest.raises(ratecheck.InputError, match="got none"):
        record.update({}, 1)
    with pytest.raises(ratecheck.InputError, match="no array of numbers"):
        record.update({"a": np.array(["x"])}, 1)
    record.update([np.ones(2)], 1)
    with pytest.raises(ratecheck.InputError, match="not arranged as those of the first"):
        record.update([np.ones(3)], 2)
    with pytest.raises(ratecheck.InputError, match="integer ≥ 1"):
        record.update([np.ones(2)], 0)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"every": 0}, "every must be"),
        ({"model": "a model"}, "a model with its optimizer"),
        ({"at": [1]}, "probe=ratecheck.probe"),
        ({"settings": {"seed": 1}}, "argument of its own"),
        ({"settings": {"a": [1]}}, "plain values"),
        ({"seed": -1}, "seed must be"),
        ({"family": "\x1b[31m"}, "family must be a name"),
        ({"settings": {"a": "\x1b[31m"}}, "plain values"),
        ({"settings": {"a": math.inf}}, "plain values"),
        ({"settings": [1]}, "plain values"),
        ({"at": 5}, "at must be steps"),
    ],
    ids=lambda value: " ".join(map(repr, value.items())) if isinstance(value, dict) else "",
)
def test_watch_refuses_wrong_arguments(tmp_path, how, words):
    with pytest.raises(ratecheck.InputError, match=words):
        ratecheck.watch(out=tmp_path, **how)


def test_integers_of_arrays_are_integers_and_frozen_leaves_are_said(tmp_path):
    with ratecheck.watch(out=tmp_path, every=np.int64(1), seed=np.int32(4)) as record:
        record.update({"a": {"b": None}, "w": np.ones(2)}, np.int64(3))
    assert record.recording.steps.tolist() == [3] and record.recording.seed == 4
    assert record.recording.provenance["left_out"] == ["a.b: frozen"]
    for step in (True, np.float64(1.5), "1"):
        with pytest.raises(ratecheck.InputError, match="step must be an integer"):
            record.update({"w": np.ones(2)}, step)
    with pytest.raises(ratecheck.InputError, match="path of a folder"):
        ratecheck.watch(out=5)


def test_norms_too_small_for_their_squares_are_zero(tmp_path):
    with ratecheck.watch(out=tmp_path, every=1) as record:
        record.update({"w": np.full(3, 1e-243), "v": np.ones(2)}, 1)
    (found,), faults = recordings.load_all(tmp_path)
    assert not faults and found.l1[0].tolist() == [0.0, 2.0] and found.zeros[0].tolist() == [3, 0]


def test_two_recordings_of_one_size_and_seed_give_no_verdict():
    """Which of them is meant can't be known: runs of two loops in one folder, or a seed that was forgotten."""
    alone = family(0.0, parametrization="standard")
    both = [*alone, *family(-0.3, parametrization="standard", lr=0.1)]
    for recordings_, outcome in ((alone, "HOLDS"), (both, "INCONCLUSIVE"), (both[::-1], "INCONCLUSIVE")):
        (verdict,) = (v for v in judge_ladders(recordings_, LADDER_THEOREMS.values()) if v.claim == "theta-d")
        assert verdict.outcome == outcome
    assert "2 recordings of d = 1000 and seed 0: give each run" in verdict.reasons[0]
    forgotten = [replace(r, identity=r.identity.replace(f'"seed":{r.seed}', '"seed":0')) for r in alone]
    (verdict,) = (v for v in judge_ladders(forgotten, LADDER_THEOREMS.values()) if v.claim == "theta-d")
    assert "4 recordings of d = 1000 and seed 0" in verdict.reasons[0]


def test_means_over_runs_of_which_one_is_there_twice_are_of_none():
    found = lengths(-0.5)
    assert averages(found) and not averages([*found, replace(found[0], identity=found[0].identity + " ")])


def test_no_layer_that_grows_is_said_as_it_is():
    loop = gathered(identity({"family": "mine", "seed": 0}), ("a", "b"), [row([[1.0, 2.0], [3.0]])], {})
    told = {v.claim: v.reasons[0] for v in judge_ladders([loop], LADDER_THEOREMS.values())}
    assert told["theta-d-layers"].startswith("of no family was a layer measured in several sizes")
    assert told["theta-d"].startswith("one size")


def test_long_recordings_are_written_as_they_grow(tmp_path):
    record = ratecheck.watch(out=tmp_path, every=1)
    written = []
    for step in range(1, 200):
        record.update([np.ones(2)], step)
        (found,), _ = recordings.load_all(tmp_path)
        written.append(len(found.steps))
    assert all(step <= 1.25 * there + 1 for step, there in enumerate(written, start=1))
    assert len(set(written)) < 30  # and not each time


def test_means_over_runs_of_several_lengths(tmp_path):
    found = averages([*lengths(-0.25), of_rho(0.5, 100, 0, axis="steps", average=3)])
    assert [each.norm for each in found] == ["‖∇f‖₁", "‖∇f‖₂"] and found[0].lengths == (100, 320, 1000, 3200)
    for each in found:
        assert each.exponent.value == pytest.approx(-0.25, abs=1e-9) and each.seeds == 4
        assert each.ends == pytest.approx((100**-0.25, 3200**-0.25))
    assert not averages(lengths(0.0, steps=(100, 320)))
    for recording in lengths(-0.25):
        recordings.save(tmp_path, recording)
    assert main(["report", str(tmp_path)]) == 0
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "Mean gradient norms over K steps" in text and "−0.250" in text and "**VIOLATED**" not in text


def test_settings_that_speak_to_a_terminal_are_refused():
    loud = of_rho(0.5, 100, 0, family="\x1b[31mred")
    with pytest.raises(CellError, match="plain values"):
        recordings.decode(io.BytesIO(recordings.encode(loud)), loud.key)


def test_a_layer_against_the_vocabulary_and_layers_against_their_own_size():
    claim = LADDER_THEOREMS["theta-vocabulary"]
    words = []
    for made in family(-0.4, sizes=(512, 1024, 2048, 4096, 8192)):
        told = {"family": "words", "axis": "vocabulary", "vocabulary": made.dim(0), "seed": made.seed}
        bias = row([np.ones(7)])
        own = {name: [getattr(made, name)[0, 0], bias[name][0]] for name in ("sizes", "zeros", "l1", "l2")}
        words.append(gathered(identity(told), ("embedding", "bias"), [{"steps": 1, "kind": EXACT, **own}], {}))
    verdict = judge_ladder(claim, words)
    assert verdict.outcome is Outcome.VIOLATED and "V^-0.39" in verdict.reasons[0] and verdict.as_expected
    assert {v.claim for v in judge_ladders(words, LADDER_THEOREMS.values())} == {"theta-vocabulary"}

    layers = judge_ladder(LADDER_THEOREMS["theta-d-layers"], loops())
    assert {(trend["family"], trend["layer"]) for trend in layers.numbers["ladders"]} == {
        ("level", "hidden"),
        ("falling", "hidden"),
    }  # the readout doesn't grow


def test_the_population_of_a_recording_is_told_with_its_limits():
    table = population_table([two_layers()])
    (told,) = table.rows
    assert told["l2"] == "12.65" and told["l1"] == "17.00…19.00" and told["noise"] == "0.001250"
    assert told["rho"] == "0.601…0.672"  # 17 and 19 over √(5·160)
    recording = two_layers()
    recording.inner[0] = [-1.0, 0.5]
    (told,) = population_table([recording]).rows
    assert (told["l2"], told["rho"], told["noise"]) == ("not determined",) * 3


def test_the_noise_of_minibatches_is_told_for_the_largest_network():
    """g = (3, −4), and minibatches g + (2, 0) and g + (1, 1): ρ of the noise is 1/√2, then 1."""
    exact = row([[3.0, -4.0]])
    draws = [
        row([[5.0, -4.0]], 1, BATCH, samples=8, noise_l1=[2.0], noise_l2=[2.0]),
        row([[4.0, -3.0]], 1, BATCH, samples=8, noise_l1=[2.0], noise_l2=[math.sqrt(2.0)]),
    ]
    one, small = (
        gathered(identity({"family": "f", "seed": seed}), ("a",), rows, {})
        for seed, rows in ((0, [exact, *draws]), (1, [row([[1.0]])]))
    )
    (told,) = noise_table([small, one]).rows
    assert (told["dim"], told["step"], told["samples"]) == (2, 1, 8)
    assert told["noise"] == f"{(1 / math.sqrt(2) + 1) / 2:.3f}"
    assert told["exact"] == f"{7 / (5 * math.sqrt(2)):.3f}"
    assert told["ratio"] == "0.3414"  # (2 + √2)/2/5
    assert told["batch"] == f"{(9 / math.sqrt(2 * 41) + 7 / (5 * math.sqrt(2))) / 2:.3f}"
    assert told["draws"] == 2
