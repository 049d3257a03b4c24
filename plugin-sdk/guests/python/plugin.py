"""A price per kWh and a fee for each idle minute, in Python.

Amounts are whole numbers with a scale, so the arithmetic stays exact; never turn an amount into a float.
"""

from wit_world import exports
from wit_world.exports import pricing
from wit_world.imports.types import Amounts, ChargingState, Component, Decimal, PricingLine, Tax


class Pricing(exports.Pricing):
    def price(self, input: pricing.PricingInput) -> pricing.PricingOutput:
        parameters = {parameter.name: parameter.value.value for parameter in input.parameters}
        vat = [Tax("VAT", parameters["vat"], "S")]
        lines = [energy_line(input.session.energy_wh, parameters["energy_price"], vat)]

        idle = (period for period in input.periods if period.state == ChargingState.IDLE)
        seconds = sum(period.duration_s for period in idle)
        if seconds > 0:
            lines.append(idle_line(seconds, parameters["idle_price"], vat))
        return pricing.PricingOutput(parameters["currency"], Amounts.INCLUDING_TAX, lines, next_change_at=None)


def energy_line(energy_wh: Decimal, price: Decimal, taxes: list[Tax]) -> PricingLine:
    energy = Decimal(energy_wh.coefficient, energy_wh.scale + 3)
    amount = Decimal(energy.coefficient * price.coefficient, energy.scale + price.scale)
    return PricingLine("energy", "Energy", energy, "kWh", price, amount, Component.ENERGY, taxes, [], [])


def idle_line(seconds: int, per_minute: Decimal, taxes: list[Tax]) -> PricingLine:
    # A sixtieth has no end in decimals, so the amount is cut; the host rounds to the currency's unit.
    amount = Decimal(per_minute.coefficient * seconds * 1_000_000 // 60, per_minute.scale + 6)
    return PricingLine("idle", "Idle time", Decimal(seconds, 0), "s", None, amount, Component.IDLE_TIME, taxes, [], [])
