"""Users' files that fail, lie about their kind or speak an old language: one line, exit code 2."""

import functools

import pytest
from refusal import assert_refused, run

from problems.errors import InputError
from simulator.cells.spec import Spec
from simulator.engines.resolve import resolve

LAW = "from ratecheck import Formula, Noise\n\n\n@Formula\ndef law(sign, size):\n    return sign\n\n\n"


@pytest.fixture
def refused(capsys):
    return functools.partial(assert_refused, capsys)


@pytest.fixture
def file(tmp_path):
    """A function that writes the user's file and returns its path."""

    def write(text):
        path = tmp_path / "mine.py"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_a_file_with_nothing_to_check(refused, file):
    refused(["check", file("answer = 42\n")], "mine.py", "no problem", "no theorem", "@profile", "@theorem")


@pytest.mark.parametrize(
    "text, word",
    [
        ("1/0\n", "ZeroDivisionError"),
        ("def f(:\n", "SyntaxError"),
        ("import sys\n\nsys.exit(0)\n", "SystemExit"),
        ("raise BaseException('odd')\n", "BaseException: odd"),
        ("raise GeneratorExit\n", "GeneratorExit"),
        ("import nosuchpackage\n", "nosuchpackage"),
    ],
)
def test_a_file_that_can_not_be_run(refused, file, text, word):
    path = file(text)
    refused(["check", path], "mine.py", word)
    for what in ("problem", "optimizer", "noise", "schedule"):
        refused(run(**{what: f"{path}:x"}), "mine.py", word)
    refused(run(theorem=f"{path}:x", optimizer=None), "mine.py", word)


@pytest.mark.parametrize("text", ["from simulator.claims import claim\n", "from ratecheck import claim\n"])
def test_claims_are_theorems_now(refused, file, text):
    path = file(text)
    refused(["check", path], "claim", "from ratecheck import theorem", "docs/extending.md")


def test_a_rule_belongs_to_the_theorem_now(refused, file):
    text = "from ratecheck import optimizer\n\n\n@optimizer(lambda c: {'lr': 1}, beta1=0.9)\ndef own(x, g, lr):\n"
    refused(["check", file(f"{text}    return x - lr * g\n")], "@theorem(optimizer=…, rule=…)", "docs/extending.md")


def test_a_formula_outside_the_language(refused, file):
    path = file(
        'from ratecheck import profile\n\n\n@profile(curvature=1.0)\ndef well(u):\n    """A well."""\n'
        "    total = 0.0\n    for i in range(3):\n        total = total + u\n    return total\n"
    )
    refused(["check", path], "mine.py:8", "loops")
    refused(run(problem=f"{path}:well"), "mine.py:8", "loops")


def test_an_unknown_name_in_a_users_file(refused, file):
    path = file(
        "from ratecheck import optimizer\n\n\n@optimizer()\ndef signed(x, g, lr):\n"
        "    return x - lr * g\n\n\nnumber = 3\n"
    )
    refused(run(optimizer=f"{path}:sgined"), "mine.py", "did you mean 'signed'?")
    refused(run(optimizer=f"{path}:number"), "number", "no optimizer")
    refused(run(theorem=f"{path}:signed"), "signed", "no theorem")
    refused(run(schedule=f"{path}:number"), "number", "no theorem")


def test_objects_of_the_wrong_kind_in_a_users_file(refused, file):
    path = file("def plain(dim):\n    return dim\n\n\nclass Law:\n    pass\n\n\ndef empty():\n    return None\n")
    refused(run(problem=f"{path}:plain"), "mine.py:plain", "no problem")
    refused(run(noise=f"{path}:Law"), "mine.py:Law", "no noise")
    refused(run(noise=f"{path}:empty"), "mine.py:empty", "no noise")
    refused(run(optimizer=f"{path}:plain"), "mine.py:plain", "no optimizer")
    refused(run(schedule=f"{path}:empty"), "rule", "'adamw'", "no numbers")


BOWL = "from ratecheck import profile\n\n\n@profile(curvature=1.0)\ndef bowl(u):\n    return 0.5 * u * u\n"


@pytest.mark.parametrize(
    "text, words",
    [
        (f"{BOWL}\n\n@bowl.derivative\ndef _bowl(u):\n    return u\n", ["mine.py:bowl", "no noise"]),
        ("def bowl(nu):\n    return nu\n", ["mine.py:bowl", "nu"]),
        ("def bowl():\n    raise KeyError('gone')\n", ["mine.py:bowl", "KeyError", "gone"]),
        ("def bowl():\n    return 1 / 0\n", ["mine.py:bowl", "ZeroDivisionError"]),
        ("def bowl(*anything):\n    return 3\n", ["mine.py:bowl", "no noise"]),
        ("bowl = 3\n", ["mine.py:bowl", "no noise"]),
        (f"{LAW}def bowl():\n    return Noise('b', law, 'single', 2.0, 1.0, 1.0)\n", ["'b'", "variance must be 1"]),
    ],
)
def test_noise_that_is_none(refused, file, text, words):
    refused(run(noise=f"{file(text)}:bowl"), *words)


def test_a_noise_object_is_a_law(file):
    path = file(f"{LAW}coin = Noise('coin', law, 'single', 1.0, 1.0, 1.0, supplies={{'tail': 5.0}})\n")
    spec = Spec.of("rational", "sgd", 4, 10, 8, noise=f"{path}:coin")
    assert resolve(spec).noise.name == "coin" and resolve(spec).constants.tail == 5.0
    with pytest.raises(InputError, match="has no argument 'q'"):
        resolve(Spec.of("rational", "sgd", 4, 10, 8, noise=f"{path}:coin", noise_args={"q": 1.0}))
    path = file(f"{LAW}coin = Noise('coin', law, 'single', 1.0, 1.0, 1.0, supplies={{'gap': 5.0}})\n")
    with pytest.raises(InputError, match="noise 'coin' supplies 'gap'"):
        resolve(Spec.of("rational", "sgd", 4, 10, 8, noise=f"{path}:coin"))


def test_a_profile_supplies_constants(file):
    text = (
        "from ratecheck import profile\n\n\n@profile(curvature=1.0, pl=1.0, width=3.0, "
        "supplies={'smoothness_l1': lambda width: 2 * width, 'radius': 7.0})\n"
        "def p(u, width):\n    return 0.5 * u * u\n"
        "\n\n@p.derivative\ndef q(u, width):\n    return u\n"
    )
    c = resolve(Spec.of(f"{file(text)}:p", "sgd", 4, 10, 8)).constants
    assert (c.smoothness_l1, c.radius, c.pl) == (6.0, 7.0, 1.0)


def test_a_users_functions_that_fail(refused, file):
    text = "from ratecheck import profile\n\n@profile(curvature=lambda: 1 / 0)\ndef p(u):\n    return u * u\n"
    path = file(text + "\n@p.derivative\ndef q(u):\n    return 2.0 * u\n")
    refused(run(problem=f"{path}:p"), "sup|φ''|", "ZeroDivisionError")


def test_a_problem_of_ones_own_making_that_fails(refused, file):
    text = "class Odd:\n    requires = ('dim', {!r})\n    parameters = {{}}\n    dphi = None\n\n"
    text += "    def __call__(self, **sizes):\n        return [][0]\n\n\nodd = Odd()\n"
    refused(run(problem=f"{file(text.format('gap'))}:odd"), "mine.py:odd", "IndexError")
    refused(run(problem=f"{file(text.format('colour'))}:odd"), "mine.py:odd", "KeyError", "colour")


def test_a_parameter_that_every_problem_has(refused, file):
    text = "from ratecheck import profile\n\n\n@profile(curvature=1.0, spectrum=2.0)\ndef p(u, spectrum):\n"
    refused(["check", file(f"{text}    return u * spectrum\n")], "every problem has a 'spectrum' already")


@pytest.mark.parametrize(
    "rule, word",
    [
        ("lambda c: 3", "no numbers"),
        ("lambda c: {'lr': float('nan')}", "lr=nan"),
        ("lambda c: {'lr': -0.1}", "lr must be ≥ 0"),
        ("lambda c: {'lr': 1 / (c.dim - 4)}", "ZeroDivisionError"),
        ("lambda c: {'lr': 0.1, 'beta1': 0.9}", "must give lr, got lr, beta1"),
        ("lambda c: {}", "must give lr"),
        ("lambda c: {'lr': c.nosuch}", "supplies no nosuch"),
    ],
)
def test_a_rule_that_gives_no_hyper_parameters(refused, file, rule, word):
    path = file(
        f"from ratecheck import optimizer, theorem\n\n\n@optimizer()\ndef own(x, g, lr):\n    return x - lr * g\n\n\n"
        f"@theorem(optimizer=own, rule={rule})\ndef own_l1(c):\n    'It holds.'\n    return 1.0\n"
    )
    refused(run(optimizer=f"{path}:own"), word)
    refused(run(theorem=f"{path}:own_l1", optimizer=None), word)


def test_a_bound_that_fails_is_named(refused, file):
    text = "from ratecheck import theorem\n\n\n@theorem(optimizer='sgd')\ndef odd(c):\n    'Odd.'\n    return {}\n"
    for returned, word in (("1 / (c.dim - 4)", "ZeroDivisionError"), ("-1.0", "≥ 0, got -1"), ("c", "TypeError")):
        path = file(text.format(returned))
        refused(run(theorem=f"{path}:odd", optimizer=None, optimizer_arg="lr=0.1"), "theorem 'odd'", "its rate", word)


@pytest.mark.parametrize(
    "settings, words",
    [
        ("assumes=('smoth',)", ["'smoth'", "did you mean 'smooth'?"]),
        ("measures='mean_grad_l3'", ["'mean_grad_l3'", "did you mean"]),
        ("axes=('K',)", ["axes", "steps, dim", "'K'"]),
        ("hard='ramp'", ["hard instance", "steepness"]),
        ("hard=3", ["hard instance", "steepness"]),
        ("name=3", ["name must be a text", "got 3"]),
        ("grid='quick'", ["grid must be a table", "'quick'"]),
        ("grid=[]", ["grid must be a table", "got []"]),
        ("rule={'lr': 0.1}", ["rule must be a function"]),
        ("measures=3", ["measures", "got 3"]),
    ],
)
def test_a_theorem_with_a_wrong_setting(refused, file, settings, words):
    text = f"from ratecheck import theorem\n\n\n@theorem(optimizer='sgd', {settings})\ndef odd(c):\n    'Odd.'\n"
    refused(["check", file(f"{text}    return 1.0\n")], *words)
