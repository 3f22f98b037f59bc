"""Sweep files: products, defaults, quick values, overrides; what is wrong in them is named with its place."""

import pytest

from problems.errors import InputError
from simulator.lab import plan as config
from simulator.lab.folder import open_folder, read_plan, write_plan
from simulator.lab.sweepfile import load_plan
from simulator.samples import check_key, load_rows, norm_check, save_rows

HEAD = 'replicas = 8\nproblem = "rational"\noptimizer = "adamw"\n'


@pytest.fixture
def plan(tmp_path):
    def load(text, **options):
        path = tmp_path / "sweep.toml"
        path.write_text(text)
        return load_plan(path, **options)

    return load


def sizes(plan):
    return [(spec.dim, spec.steps) for spec in plan.specs]


def test_lists_are_products(plan):
    found = plan(HEAD + "[[sweep]]\ndim = [16, 64]\nsteps = [10, 20]\nnoise = ['gaussian', 'laplace']\n")
    assert sizes(found)[::2] == [(16, 10), (16, 20), (64, 10), (64, 20)]
    assert [spec.noise for spec in found.specs] == ["gaussian", "laplace"] * 4
    assert {spec.replicas for spec in found.specs} == {8}
    assert {(s.schedule, s.smoothness, s.dtype, s.seed) for s in found.specs} == {("horizon", 1.0, "float64", 0)}


def test_lists_inside_arguments_are_products_too(plan):
    found = plan(
        HEAD + "[[sweep]]\ndim = 4\nsteps = 10\nproblem_args = { start = [1, 2], spectrum = [0, 1] }\n"
        "optimizer_args = { beta1 = [0.5, 0.9] }\n"
    )
    assert [(s.problem_args["start"], s.problem_args["spectrum"], s.optimizer_args["beta1"]) for s in found.specs] == [
        (1, 0, 0.5),
        (1, 0, 0.9),
        (1, 1, 0.5),
        (1, 1, 0.9),
        (2, 0, 0.5),
        (2, 0, 0.9),
        (2, 1, 0.5),
        (2, 1, 0.9),
    ]


def test_tables_win_over_the_top(plan):
    found = plan("steps = 10\n" + HEAD + "[[sweep]]\ndim = 1\n[[sweep]]\ndim = 2\nsteps = 20\nreplicas = 3\n")
    assert sizes(found) == [(1, 10), (2, 20)]
    assert [spec.replicas for spec in found.specs] == [8, 3]


def test_equal_cells_are_merged(plan):
    found = plan(
        HEAD + "[[sweep]]\ndim = [1, 1, 2]\nsteps = [10, 10.0]\n[[sweep]]\ndim = [2, 3]\nsteps = 10\n"
        "sigma = 1\nproblem_args = { start = 2 }\n"
    )  # rational starts at 2 anyway
    assert sizes(found) == [(1, 10), (2, 10), (3, 10)]


def test_quick(plan):
    text = HEAD + (
        "quick = { steps = 5, replicas = 2 }\n[[sweep]]\ndim = 1\nsteps = 10\n"
        "[[sweep]]\ndim = 2\nsteps = 20\nquick = { steps = [6, 7] }\n"
    )
    assert sizes(plan(text)) == [(1, 10), (2, 20)]
    quick = plan(text, quick=True)
    assert sizes(quick) == [(1, 5), (2, 6), (2, 7)] and quick.quick
    assert {spec.replicas for spec in quick.specs} == {2}


def test_overrides_win_over_everything(plan):
    text = HEAD + "seed = 1\n[[sweep]]\ndim = 1\nsteps = 10\nquick = { steps = 5 }\n[[sweep]]\ndim = 2\nsteps = 20\n"
    found = plan(
        text, quick=True, seed=7, override=["dim=[3, 4]", "steps = 9", "problem=ripple", "optimizer_args={lr=0.5}"]
    )
    assert sizes(found) == [(3, 9), (4, 9)]
    assert {(s.seed, s.problem, s.optimizer_args["lr"]) for s in found.specs} == {(7, "ripple", 0.5)}


def test_theorems_and_norms(plan):
    text = (
        'seed = 3\nclaims = ["norms", "adamw-l1", "norms"]\n'
        + HEAD
        + "[[sweep]]\ndim = 1\nsteps = 10\n"
        + "[norms]\nlaws = ['gaussian']\ndims = [1, 10]\nsamples = 100\nquick = {dims = [2]}\n"
    )
    found = plan(text)
    assert found.theorems == ("norms", "adamw-l1")
    norms = found.norms
    assert (norms.laws, norms.dims, norms.samples, norms.seed) == (("gaussian",), (1, 10), 100, 3)
    assert plan(text, quick=True).norms.dims == (2,)
    assert plan(HEAD + "[[sweep]]\ndim = 1\nsteps = 10\n").norms is None


def test_claims_is_the_old_name_of_theorems(plan):
    text = HEAD + "[[sweep]]\ndim = 1\nsteps = 10\n"
    assert (
        plan('claims = ["sgd-l2"]\n' + text).theorems == plan('theorems = ["sgd-l2"]\n' + text).theorems == ("sgd-l2",)
    )


def test_the_plan_survives_the_results_folder(plan, tmp_path):
    text = (
        'claims = ["norms"]\n' + HEAD + "[[sweep]]\ndim = [1, 2]\nsteps = 10\nsigma = 0.3\n"
        "[norms]\nlaws = ['gaussian']\ndims = [1]\n"
    )
    for found in (plan(text), plan(HEAD + "[[sweep]]\ndim = 1\nsteps = 10\n", quick=True)):
        write_plan(tmp_path, found)
        assert read_plan(tmp_path) == found
    assert read_plan(tmp_path / "elsewhere") is None


def test_norm_checks_of_other_settings_are_left_alone_and_left_out(plan, tmp_path):
    text = HEAD + "[[sweep]]\ndim = 1\nsteps = 10\n[norms]\nlaws = ['gaussian']\ndims = [1]\nsamples = 100\n"
    rows = norm_check(["gaussian"], [1], 100, 5)
    save_rows(rows, tmp_path, check_key(["gaussian"], [1], 100, 5))
    write_plan(tmp_path, plan(text, seed=5))
    assert open_folder(tmp_path).norm_rows == rows
    write_plan(tmp_path, plan(text, seed=6))
    folder = open_folder(tmp_path)
    assert folder.norm_rows == [] and "other settings" in folder.faults[0] and "norm checks" in folder.partial
    assert load_rows(tmp_path) == rows


CELL = "[[sweep]]\ndim = 1\nsteps = 10\n"


@pytest.mark.parametrize(
    "text, words",
    [
        ("dim = 1 2\n", ["not valid TOML", "line 1"]),
        ("replicas = 8\n", ["[[sweep]]"]),
        ("[sweep]\ndim = 1\n", ["[[sweep]]", "double brackets"]),
        ("sweep = [1]\n", ["[[sweep]]"]),
        (HEAD + "stepps = 3\n" + CELL, ["'stepps'", "did you mean 'steps'"]),
        (HEAD + CELL + "replica = 3\n", ["[[sweep]] number 1", "'replica'", "'replicas'"]),
        (HEAD + CELL + "[[sweep]]\ndim = 3\n", ["[[sweep]] number 2", "steps missing"]),
        (HEAD + "quick = { dims = 3 }\n" + CELL, ["quick", "'dims'", "'dim'"]),
        (HEAD + CELL + "quick = 3\n", ["quick must be a table"]),
        (HEAD + CELL + "problem = 3\n", ["problem", "name in quotes", "3"]),
        (HEAD + CELL + "noise = ['gausian']\n", ["'gausian'", "'gaussian'"]),
        (HEAD + CELL + "sigma = []\n", ["sigma", "empty list"]),
        (HEAD + CELL + "sigma = nan\n", ["sigma", "nan"]),
        (HEAD + CELL + "sigma = '1'\n", ["sigma", "'1'"]),
        (HEAD + CELL + "sigma = true\n", ["sigma", "True"]),
        (HEAD + CELL + "sigma = 1979-05-27\n", ["sigma"]),
        (HEAD + CELL + "replicas = [[1, 2]]\n", ["replicas"]),
        (HEAD + CELL + "optimizer_args = [1]\n", ["optimizer_args must be a table"]),
        (HEAD + CELL + "optimizer_args = { lrr = 1 }\n", ["'lrr'", "'lr'"]),
        (HEAD + CELL + "problem_args = { start = 'x' }\n", ["start", "'x'"]),
        ('claims = ["adam-l1"]\n' + HEAD + CELL, ["'adam-l1'", "'adamw-l1'"]),
        ("claims = 3\n" + HEAD + CELL, ["theorems must be a list"]),
        ("theorems = []\n" + HEAD + CELL, ["theorems must be a list"]),
        ('theorems = ["norms"]\nclaims = ["norms"]\n' + HEAD + CELL, ["claims is the old name", "one of the two"]),
        (HEAD + CELL + "[norms]\nlaw = ['gaussian']\n", ["[norms]", "'law'", "'laws'"]),
        (HEAD + CELL + "[norms]\nlaws = ['gausian']\n", ["'gausian'", "'gaussian'"]),
        (HEAD + CELL + "[norms]\nlaws = [3]\n", ["3"]),
        (HEAD + CELL + "[norms]\ndims = [0]\n", ["dims", "0"]),
        (HEAD + CELL + "[norms]\nsamples = 1\n", ["samples", "1"]),
        ("norms = 3\n" + HEAD + CELL, ["[norms]"]),
    ],
)
def test_bad_files(plan, text, words):
    with pytest.raises(InputError) as error:
        plan(text)
    message = str(error.value)
    assert "sweep.toml" in message and "\n" not in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    "text, words",
    [
        ("dim", ["key=value", "'dim'"]),
        ("dim=", ["key=value"]),
        ("dims=3", ["'dims'", "'dim'"]),
        ("problem=[ramp]", ["quoted"]),
        ("dim=[1", ["dim"]),
        ("dim=0", ["dim", "0"]),
        ("problem=rmap", ["'rmap'", "'ramp'"]),
    ],
)
def test_bad_overrides(plan, text, words):
    with pytest.raises(InputError) as error:
        plan(HEAD + CELL, override=[text])
    assert all(word in str(error.value) for word in words), str(error.value)


def test_too_many_cells(plan, monkeypatch):
    monkeypatch.setattr(config, "MOST_CELLS", 10)
    with pytest.raises(InputError, match="more than 10 cells"):
        plan(HEAD + f"[[sweep]]\ndim = {list(range(1, 5))}\nsteps = {list(range(1, 5))}\n")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_unreadable_files(tmp_path, content):
    path = tmp_path / "sweep.toml"
    if content:
        path.write_bytes(content)
    with pytest.raises(InputError, match="sweep.toml"):
        load_plan(path)
    with pytest.raises(InputError, match="can't be read"):
        load_plan(tmp_path)
