"""So many percent on top of the bill, and never more than the operator says.

The input is what a tariff sees and the bill so far. The answer is lines to add, with a negative amount to take something
off; the lines before stay as they are, and what all lines add up to must not be negative. Amounts are whole numbers with a
scale; never turn one into a float. What raises takes the host's fallback.
"""

from wit_world import exports
from wit_world.exports.modifier import ModifierInput, ModifierOutput
from wit_world.imports.types import Component, Decimal, PricingLine


class Modifier(exports.Modifier):
    def modify(self, input: ModifierInput) -> ModifierOutput:
        parameters = {parameter.name: parameter.value.value for parameter in input.parameters}
        total = sum_of([line.amount for line in input.lines])
        percent = parameters["percent"]
        share = Decimal(total.coefficient * percent.coefficient, total.scale + percent.scale + 2)

        fee = least(share, parameters["most"])
        line = PricingLine("service", "Service fee", None, None, None, fee, Component.ADJUSTMENT, [], [], [])
        return ModifierOutput(lines=[line] if fee.coefficient > 0 else [], next_change_at=None)


def sum_of(amounts: list[Decimal]) -> Decimal:
    scale = max((amount.scale for amount in amounts), default=0)
    return Decimal(sum(coefficient_at(amount, scale) for amount in amounts), scale)


def least(a: Decimal, b: Decimal) -> Decimal:
    scale = max(a.scale, b.scale)
    return a if coefficient_at(a, scale) < coefficient_at(b, scale) else b


def coefficient_at(amount: Decimal, scale: int) -> int:
    """The same value with so many digits after the point."""
    return amount.coefficient * 10 ** (scale - amount.scale)
