"""Arithmetic for models, which cannot do it: exact fractions inside, decimals outside."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation, Overflow
from fractions import Fraction
from math import isqrt

from langchain_core.tools import BaseTool
from pydantic import Field
from simpleeval import InvalidExpression, SimpleEval

from ondol.agents.tools.expression import KNOWN, read_expression
from ondol.agents.tools.tool import ToolArgs, make_tool
from ondol.errors import UnusableInput

LARGEST_BITS = 3400
"""Of a number at any step: about a thousand digits."""
SIGNIFICANT = 15
"""Digits of a result that no decimal writes exactly."""
LONGEST_EXACT = 20
"""Digits up to which a decimal fraction is written whole; a root has 50."""
ROOTS = Context(prec=50)
WRONG = (SyntaxError, InvalidExpression, TypeError, ValueError, ArithmeticError, RecursionError, MemoryError)
"""What the evaluator raises for what is no sum."""


class CalculatorArgs(ToolArgs):
    expression: str = Field(
        description="A sum such as (1200 + 350) * 12 / 100. Knows + - * / // % ** and round, min, max, sum, abs, sqrt."
    )


def make_calculator() -> BaseTool:
    """A tool that works out one expression; the result tells how it was read."""
    return make_tool(
        calculate, name="calculator", args=CalculatorArgs,
        description="Work out a sum exactly. Use it for every calculation, also for easy ones.",
    )  # fmt: skip


def calculate(expression: str) -> str:
    """`12 * 1.5 = 18`, or `10 / 3 ≈ 3.33333333333333` where no decimal is exact.

    Raises:
        UnusableInput: it is no sum, or one with enormous numbers; the message says what to write.
    """
    text = read_expression(expression)
    try:
        value = _Evaluator().work_out(text)
    except ZeroDivisionError as error:
        raise UnusableInput("{text}: division by zero.", text=text) from error
    except WRONG as error:
        raise UnusableInput("'{text}' is no complete sum. Write only {known}.", text=text, known=KNOWN) from error
    return f"{text} {_written(value)}"


class _Evaluator:
    """simpleeval with nothing but numbers: no names, attributes, texts, comparisons or keywords."""

    def __init__(self) -> None:
        self._text = ""
        functions: dict[str, Callable[..., Fraction]] = {
            "abs": abs, "max": lambda *row: max(_flat(row)), "min": lambda *row: min(_flat(row)), "round": _round,
            "sqrt": _root, "sum": lambda *row: sum(_flat(row), Fraction(0)),
        }  # fmt: skip
        operators: dict[type[ast.AST], Callable[..., Fraction]] = {
            ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
            ast.FloorDiv: lambda a, b: Fraction(a // b), ast.Mod: operator.mod, ast.Pow: _power,
            ast.USub: operator.neg, ast.UAdd: operator.pos,
        }  # fmt: skip
        bounded = {node: _bounded(function) for node, function in operators.items()}
        self._inner = SimpleEval(operators=bounded, functions=functions, names={})
        allowed = {kind: self._inner.nodes[kind] for kind in (ast.Expr, ast.UnaryOp, ast.BinOp, ast.Call)}
        self._inner.nodes = {**allowed, ast.Constant: self._number, ast.Tuple: self._numbers}

    def work_out(self, text: str) -> Fraction:
        self._text = text
        value = self._inner.eval(text)
        if not isinstance(value, Fraction):
            raise UnusableInput("'{text}' is several numbers; a comma is only right inside sum, min, max.", text=text)
        return value

    def _number(self, node: ast.Constant) -> Fraction:
        """As it is written, not as the nearest float."""
        written = ast.get_source_segment(self._text, node) or ""
        return _small(Fraction(written))

    def _numbers(self, node: ast.Tuple) -> tuple[Fraction, ...]:
        return tuple(self._inner._eval(element) for element in node.elts)


def _bounded(function: Callable[..., Fraction]) -> Callable[..., Fraction]:
    return lambda *values: _small(function(*values))


def _small(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > LARGEST_BITS:
        raise _enormous()
    return value


def _enormous() -> UnusableInput:
    return UnusableInput("The numbers get too large: more than a thousand digits.")


def _flat(row: tuple[Fraction | tuple[Fraction, ...], ...]) -> list[Fraction]:
    return [value for given in row for value in (given if isinstance(given, tuple) else (given,))]


def _power(a: Fraction, b: Fraction) -> Fraction:
    bits = max(a.numerator.bit_length(), a.denominator.bit_length(), 1)
    if bits * abs(b) > LARGEST_BITS and a not in (0, 1, -1):
        raise _enormous()
    if b.denominator == 1:
        return Fraction(a ** int(b)) if a not in (0, 1, -1) or abs(b) <= 1 else _unit_power(a, int(b))
    if a < 0:
        raise UnusableInput("A negative number has no such root.")
    return Fraction(ROOTS.power(_decimal(a, ROOTS), _decimal(b, ROOTS)))


def _unit_power(a: Fraction, b: int) -> Fraction:
    if a == 0 and b < 0:
        raise ZeroDivisionError
    return Fraction(1) if a == 1 or (a == -1 and b % 2 == 0) or b == 0 else a


def _root(a: Fraction) -> Fraction:
    if a < 0:
        raise UnusableInput("A negative number has no such root.")
    above, below = isqrt(a.numerator), isqrt(a.denominator)
    if above**2 == a.numerator and below**2 == a.denominator:
        return Fraction(above, below)
    return Fraction(ROOTS.sqrt(_decimal(a, ROOTS)))


def _round(value: Fraction, digits: Fraction = Fraction(0)) -> Fraction:
    """Halves away from zero, as people round."""
    if digits.denominator != 1 or abs(digits) > 50:
        raise UnusableInput("round takes a whole number of digits, at most 50.")
    scale = Fraction(10) ** int(digits)
    whole = int(abs(value) * scale + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole) / scale


def _decimal(value: Fraction, context: Context) -> Decimal:
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))


def _written(value: Fraction) -> str:
    if value.denominator == 1:
        return f"= {value.numerator}"
    try:
        exact = Context(prec=LONGEST_EXACT, traps=[Overflow, InvalidOperation])
        decimal = _decimal(value, exact)
        if Fraction(decimal) == value:
            return f"= {_digits(decimal)}"
    except (Overflow, InvalidOperation):
        pass
    return f"≈ {_digits(_decimal(value, Context(prec=SIGNIFICANT)))}"


def _digits(value: Decimal) -> str:
    value = value.normalize()
    return f"{value:f}" if abs(value.adjusted()) <= 30 else f"{value:E}"
