r"""Grammar of formulas with shared sites, read by hand so that every error has its position.

.. code-block:: text

    formula  = unit { unit }
    unit     = ( element | "(" formula ")" | "[" formula "]" ) [ amount ]
    amount   = number [ "/" number ] [ variable [ "/" number ] ] | variable [ "/" number ] | "(" sum ")"
    sum      = [ "+" | "-" ] product { ( "+" | "-" ) product }
    product  = factor { [ "*" | "/" ] factor }
    factor   = number | variable | "(" sum ")"
    variable = "x" | "y"

``Va`` is a vacancy. The text is never evaluated as code.
"""

from __future__ import annotations

import re
from fractions import Fraction

from entrox.composition.amounts import LinearAmount
from entrox.composition.mapping import FrozenDict
from entrox.composition.tables import VACANCY, known_elements
from entrox.core.errors import FormatError, InputError, nearest_names

__all__ = ["VARIABLES", "parse_amounts"]

VARIABLES = ("x", "y")
DEEPEST_NESTING = 20
NUMBER = re.compile(r"\d+(?:\.\d*)?|\.\d+", re.ASCII)
PLAIN = str.maketrans(
    "".join(chr(0x2080 + digit) for digit in range(10)) + "\N{MINUS SIGN}\N{EN DASH}\N{MIDDLE DOT}", "0123456789--*"
)
"""Subscript digits, long minus signs and the dot of a product, as they come from papers."""

BRACKETS = {"(": ")", "[": "]"}


def parse_amounts(text: str) -> dict[str, LinearAmount]:
    """Return the amount of every species, in the order of their first appearance.

    Raises
    ------
    FormatError
        If the text does not follow the grammar; the message shows the place.
    InputError
        If a symbol is no element; the message names the nearest ones.
    """
    return _Parser(text).formula_to_end()


class _Parser:
    """Position in the text and one method per rule of the grammar."""

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise InputError(f"A formula must be a text such as 'BaTiO3'; got {text!r}.")
        self.shown = text.replace("\t", " ").replace("\n", " ").replace("\r", " ")
        self.text = self.shown.translate(PLAIN)
        self.position = 0
        self.depth = 0

    # -- text ---------------------------------------------------------------------------------------------------------

    def peek(self) -> str:
        """Return the next character that is no blank, or an empty text at the end."""
        while self.position < len(self.text) and self.text[self.position] == " ":
            self.position += 1
        return self.text[self.position] if self.position < len(self.text) else ""

    def fail(self, message: str, position: int | None = None) -> FormatError:
        """Return the error for the given or current position."""
        place = self.position if position is None else position
        return FormatError(message, column=place + 1, text=self.shown)

    def found(self) -> str:
        """Return the next character as a phrase."""
        character = self.peek()
        return repr(character) if character else "the end of the formula"

    def open_bracket(self) -> tuple[int, str]:
        """Step over an opening bracket; return its position and the bracket that closes it."""
        start, closing = self.position, BRACKETS[self.peek()]
        self.position += 1
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise self.fail(f"Brackets are nested more than {DEEPEST_NESTING} deep.", start)
        return start, closing

    def close_bracket(self, start: int, closing: str, wanted: str) -> None:
        """Step over the closing bracket or say what is missing."""
        if self.peek() != closing:
            raise self.fail(
                f"Expected {wanted} or {closing!r} to close the bracket opened at column {start + 1}; "
                f"found {self.found()}."
            )
        self.position += 1
        self.depth -= 1

    # -- formula ------------------------------------------------------------------------------------------------------

    def formula_to_end(self) -> dict[str, LinearAmount]:
        """Return the amounts of the whole text."""
        if not self.peek():
            raise self.fail("The formula is empty; write for example BaTiO3 or Ba(1-x)SrxTiO3.", 0)
        amounts = self.formula()
        if self.peek():
            raise self.fail(f"Expected an element, a bracket or the end of the formula; found {self.found()}.")
        return amounts

    def formula(self) -> dict[str, LinearAmount]:
        """Return the amounts of a row of units."""
        total: dict[str, LinearAmount] = {}
        while self.peek() and (self.peek().isupper() or self.peek() in BRACKETS):
            for species, amount in self.unit().items():
                total[species] = total[species] + amount if species in total else amount
        if not total:
            raise self.fail(f"Expected an element symbol such as Ba; found {self.found()}.")
        return total

    def unit(self) -> dict[str, LinearAmount]:
        """Return the amounts of one element or one group, times the amount behind it."""
        if self.peek() in BRACKETS:
            if not self.bracket_holds_elements():
                raise self.fail(
                    "Expected an element symbol; an amount in brackets must follow an element or a group, "
                    "as in Ba(1-x)SrxTiO3."
                )
            start, closing = self.open_bracket()
            inside = self.formula()
            self.close_bracket(start, closing, "an element")
        else:
            inside = {self.element(): LinearAmount(Fraction(1))}
        place = self.position
        amount = self.amount()
        return {species: self.product(value, amount, place) for species, value in inside.items()}

    def element(self) -> str:
        """Return the element symbol at the position; a lowercase x or y may be the variable behind a short symbol."""
        start = self.position
        one, two = self.text[start], self.text[start : start + 2]
        known = known_elements()
        if two in known or two == VACANCY:
            self.position += len(two)
            return two
        if one in known and not (len(two) == 2 and two[1].islower() and two[1] not in VARIABLES):
            self.position += 1
            return one
        symbol = two if len(two) == 2 and two[1].islower() else one
        error = self.fail(
            f"{symbol!r} is not an element symbol; {nearest_names(symbol, [*known, VACANCY])} "
            f"A vacancy is written {VACANCY}.",
            start,
        )
        raise InputError(str(error))

    def bracket_holds_elements(self) -> bool:
        """Whether the bracket at the position starts a group of elements and not an amount."""
        ahead = self.text[self.position :].lstrip("([ ")
        return bool(ahead) and ahead[0].isupper()

    # -- amounts ------------------------------------------------------------------------------------------------------

    def amount(self) -> LinearAmount:
        """Return the amount behind an element or a group; one if there is none."""
        character = self.peek()
        if character in VARIABLES:
            return self.divided(self.variable())
        if character == "(" and not self.bracket_holds_elements():
            return self.bracketed_sum()
        if NUMBER.match(self.text, self.position):
            number = self.divided(self.number())
            if self.peek() in VARIABLES:
                return self.divided(self.variable().scaled(number.constant))
            return number
        if character.islower():
            raise self.fail(f"Unknown letter {character!r}; the variables of a formula are {' and '.join(VARIABLES)}.")
        return LinearAmount(Fraction(1))

    def divided(self, value: LinearAmount) -> LinearAmount:
        """Return ``value`` over the number behind a slash, if there is one."""
        if self.peek() != "/":
            return value
        self.position += 1
        self.peek()
        place = self.position
        return value.scaled(self.inverse(self.number(), place))

    def bracketed_sum(self) -> LinearAmount:
        """Return the value of an expression in brackets."""
        start, closing = self.open_bracket()
        value = self.sum()
        self.close_bracket(start, closing, "'+', '-', '*', '/'")
        return value

    def sum(self) -> LinearAmount:
        """Return the value of a sum."""
        sign = Fraction(1)
        if self.peek() in ("+", "-"):
            sign = Fraction(-1 if self.peek() == "-" else 1)
            self.position += 1
        total = self.term().scaled(sign)
        while self.peek() in ("+", "-"):
            sign = Fraction(-1 if self.peek() == "-" else 1)
            self.position += 1
            total = total + self.term().scaled(sign)
        return total

    def term(self) -> LinearAmount:
        """Return the value of a product or quotient; a missing sign means multiplication."""
        value = self.factor()
        while True:
            character = self.peek()
            if character == "/":
                self.position += 1
                self.peek()
                place = self.position
                value = value.scaled(self.inverse(self.factor(), place))
            elif character in ("*", "(", *VARIABLES):
                self.position += character == "*"
                self.peek()
                place = self.position
                value = self.product(value, self.factor(), place)
            else:
                return value

    def factor(self) -> LinearAmount:
        """Return a number, a variable, or a sum in brackets."""
        character = self.peek()
        if character == "(":
            return self.bracketed_sum()
        if character in VARIABLES:
            return self.variable()
        if character.islower():
            raise self.fail(f"Unknown letter {character!r}; the variables of a formula are {' and '.join(VARIABLES)}.")
        return self.number()

    def number(self) -> LinearAmount:
        """Return an unsigned decimal number, exactly."""
        found = NUMBER.match(self.text, self.position) if self.peek() else None
        if found is None:
            raise self.fail(f"Expected a number or a variable; found {self.found()}.")
        self.position = found.end()
        return LinearAmount(Fraction(found.group().rstrip(".")))

    def variable(self) -> LinearAmount:
        """Return the variable at the position."""
        name = self.text[self.position]
        self.position += 1
        return LinearAmount(Fraction(0), FrozenDict({name: Fraction(1)}))

    def product(self, left: LinearAmount, right: LinearAmount, place: int) -> LinearAmount:
        """Return the product if it stays linear."""
        if right.is_constant:
            return left.scaled(right.constant)
        if left.is_constant:
            return right.scaled(left.constant)
        raise self.fail("Amounts must be linear in the variables; this multiplies one by another.", place)

    def inverse(self, value: LinearAmount, place: int) -> Fraction:
        """Return one over a number that is not zero."""
        if not value.is_constant:
            raise self.fail("Amounts must be linear in the variables; this divides by one.", place)
        if value.constant == 0:
            raise self.fail("Division by zero.", place)
        return 1 / value.constant
