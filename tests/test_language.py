"""The formula language: what it refuses, with file, line and a hint, and what it takes."""

import importlib.util
import inspect
import math
from math import exp, tau

import numpy as np
import pytest

from problems import Formula, FormulaError, InputError
from problems.formulas.parsing import parse

HALF = 0.5
TABLE = {"a": 1.0}
SCALAR = np.float32(0.25)


@Formula
def square(u):
    return u * u


@Formula
def two(u):
    return u, -u


def loop(u):
    for _ in range(3):
        u = u * u
    return u


def endless(u):
    while u > 0:
        u = u - 1
    return u


def inner_lambda(u):
    return abs(lambda v: v)


def array(u):
    return [u, u][0]


def raises(u):
    if u < 0:
        raise ValueError
    return u


def asserts(u):
    assert u > 0
    return u


def tries(u):
    try:
        return u
    finally:
        pass


def prints(u):
    print(u)
    return u


def modulo(u):
    return u % 2.0


def floor_division(u):
    return u // 2.0


def augmented_modulo(u):
    u %= 2.0
    return u


def numpy_call(u):
    return np.exp(u)


def gamma(u):
    return math.gamma(u)


def misspelt(u):
    return math.sin(v)  # noqa: F821


def unset(u):
    if u > 0:
        a = 1.0
    return a * u


def no_return(u):
    if u > 0:
        return u


def nothing(u):
    return


def unreachable(u):
    return u
    u = 2.0


def unreachable_after_branches(u):
    if u > 0:
        return u
    else:
        return -u
    u = 1.0


def text(u):
    return u * "a"


def truth(u):
    return u if True else 0.0


def number_as_condition(u):
    return 1.0 if u else 0.0


def condition_as_number(u):
    return u + (u > 0)


def both_kinds(u):
    a = u > 0
    a = u
    return a


def is_comparison(u):
    return 1.0 if u is None else u


def itself(u):
    return itself(u)


def wrong_count(u):
    return square(u, u)


def several(u):
    return 1.0 + two(u)


def too_many(u):
    a, b, c = two(u)
    return a + b + c


def unpack_literal(u):
    a, b = u, u
    return a + b


def keyword(u):
    return pow(x=u, y=2)


def starred(u):
    return math.hypot(*u)


def subscript(u):
    return TABLE["a"] * u


def chain(u):
    a = b = u
    return a + b


def attribute(u):
    u.x = 1.0
    return u


def uneven(u):
    if u > 0:
        return u
    return u, u


def default(u, a=1.0):
    return u * a


def star_arguments(*u):
    return 1.0


def one_argument(u):
    return min(u)


def bits(u):
    return ~u


def with_walrus(u):
    return (a := u) + a


def imports(u):
    import math

    return math.exp(u)


def single_tuple(u):
    return (u,)


def bare_pow(u):
    return pow(u, 2)


REFUSED = {  # line of the fault counted from def = 0, what is said, the hint
    loop: (1, "'for' is not in the formula language", "no loops"),
    endless: (1, "'while' is not", "no loops"),
    inner_lambda: (1, "'lambda' is not", "write a formula of its own with def"),
    array: (1, "'subscript' is not", "no arrays"),
    raises: (2, "'raise' is not", "return math.nan"),
    asserts: (1, "'assert' is not", "where the problem is built"),
    tries: (1, "'try' is not", "use if/else"),
    prints: (1, "'expr' is not", ""),
    modulo: (1, "'%' is not", "use math.floor"),
    floor_division: (1, "'//' is not", "use math.floor"),
    augmented_modulo: (1, "'%' is not", "use math.floor"),
    numpy_call: (1, "np.exp can't be called", "use math.exp"),
    gamma: (1, "math.gamma is not", "use one of: sqrt"),
    misspelt: (1, "'v' is not a parameter", ""),
    unset: (3, "'a' may be unset here", "assign it in every branch"),
    no_return: (0, "not every path returns", "end every branch with return"),
    nothing: (1, "return without a value", "return a number"),
    unreachable: (2, "never reached", "remove it"),
    unreachable_after_branches: (5, "never reached", "remove it"),
    text: (1, "the constant 'a' is not a number", ""),
    truth: (1, "the constant True is not a number", ""),
    number_as_condition: (1, "a condition is needed", "compare the number"),
    condition_as_number: (1, "a number is needed", "write 1.0 if c else 0.0"),
    both_kinds: (2, "'a' is both a number and a condition", "use two names"),
    is_comparison: (1, "only < <= > >= == !=", ""),
    itself: (1, "can't call itself", "write the terms out"),
    wrong_count: (1, "square takes 1 numbers, got 2", ""),
    several: (1, "returns several values", "unpack them"),
    too_many: (1, "does not return 3 values", ""),
    unpack_literal: (1, "a tuple can only be unpacked from a call", "one assignment a line"),
    keyword: (1, "plain positional arguments", ""),
    starred: (1, "plain positional arguments", ""),
    subscript: (1, "'subscript' is not", "no arrays"),
    chain: (1, "assign one value to one name", "one assignment a line"),
    attribute: (1, "assign to a plain name", ""),
    uneven: (3, "returns 2 values here and 1 elsewhere", ""),
    default: (0, "without defaults", "give defaults in the decorator"),
    star_arguments: (0, "plain positional parameters", ""),
    one_argument: (1, "min takes at least 2 numbers", ""),
    bits: (1, "is not in the formula language", ""),
    with_walrus: (1, "'namedexpr' is not", ""),
    imports: (1, "'import' is not", ""),
    single_tuple: (1, "returns a tuple of 1", "return the number"),
    bare_pow: (1, "pow can't be called", "use math.pow"),
}


@pytest.mark.parametrize("function", REFUSED, ids=lambda f: f.__name__)
def test_refusal_has_file_line_and_hint(function):
    line, said, hint = REFUSED[function]
    with pytest.raises(FormulaError) as caught:
        Formula(function)
    message = str(caught.value)
    place = f"{__file__}:{inspect.getsourcelines(function)[1] + line}"
    assert message.startswith(f"{place}: formula '{function.__name__}': ")
    assert said in message and hint in message and "\n" not in message
    assert isinstance(caught.value, InputError)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (" + ".join(["u"] * 200), "too long an expression; split it into several assignments"),
        ("u * 1" + "0" * 400, "an integer beyond the floating-point numbers; use math.inf"),
    ],
)
def test_what_no_compiler_takes(expression, said, tmp_path):
    path = tmp_path / "long_formula.py"
    path.write_text(f"def long_formula(u):\n    return {expression}\n")
    loader = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(loader)
    loader.loader.exec_module(module)
    with pytest.raises(FormulaError, match=f"{path}:2: formula 'long_formula': {said}"):
        Formula(module.long_formula)


def even(u):
    return odd(u - 1.0) if u > 0 else 1.0


def odd(u):
    return even(u - 1.0) if u > 0 else 0.0


def first_of_three(u):
    return second_of_three(u)


def second_of_three(u):
    return third_of_three(u)


def third_of_three(u):
    return first_of_three(u)


@pytest.mark.parametrize("function", [even, odd, first_of_three, second_of_three])
def test_formulas_that_call_each_other(function):
    with pytest.raises(FormulaError, match="calls this formula, which can't call it back; write the terms out"):
        Formula(function)


def test_what_is_no_function():
    with pytest.raises(FormulaError, match="a formula is a Python function, got 3"):
        Formula(3)
    with pytest.raises(FormulaError, match=r"test_language\.py:\d+: .*with def, not lambda"):
        Formula(lambda u: u)
    with pytest.raises(FormulaError, match=r"can't be read; write the formula with def in a file"):
        namespace = {}
        exec(compile("def sourceless(u):\n    return u\n", "<nowhere>", "exec"), namespace)
        Formula(namespace["sourceless"])
    with pytest.raises(FormulaError, match="is a Python function, got <built-in function"):
        Formula(math.sin)


def everything(u, a):
    """Takes all that the language has."""
    b: float = abs(-u) ** 2
    b += math.hypot(u, a) * exp(-u * u) + tau * HALF * SCALAR
    inside = -1 < u < 1 and not (a == 0 or a != 3.0)
    if inside:
        c = max(u, a, 0.0)
    elif u > 3:
        c = min(u, a)
    else:
        c, minus = two(a)
        c = c if c > minus else math.copysign(minus, -1)
    pass  # noqa: PIE790
    return b, square(c)


def test_the_whole_language():
    parsed = parse(everything)
    assert (parsed.parameters, parsed.returns, parsed.branches) == (("u", "a"), 2, True)
    assert parsed.constants == {"tau": math.tau, "HALF": 0.5, "SCALAR": 0.25}
    assert set(parsed.calls) == {"abs", "math.hypot", "exp", "max", "min", "two", "math.copysign", "square"}


def test_branches_are_known():
    assert not parse(square).branches

    def calls_a_branch(u):
        return everything_first(u) * 2.0

    def everything_first(u):
        return u if u > 0 else -u

    assert parse(calls_a_branch).branches
