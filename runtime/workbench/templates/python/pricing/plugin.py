"""So much for each kilowatt-hour, and something for staying connected when charging is over.

The input is all there is to know: no clock, no files, no memory of other calls. Amounts are whole numbers with a scale,
so they stay exact; never turn one into a float. The host rounds each line to the currency's minor unit when the plugin
has returned. What raises takes the host's fallback.
"""

from wit_world import exports
from wit_world.exports import pricing
from wit_world.imports.types import Amounts, ChargingState, Component, Decimal, Period, PricingLine


class Pricing(exports.Pricing):
    def price(self, input: pricing.PricingInput) -> pricing.PricingOutput:
        parameters = {parameter.name: parameter.value.value for parameter in input.parameters}
        energy_wh = input.session.energy_wh
        energy_kwh = Decimal(energy_wh.coefficient, energy_wh.scale + 3)
        lines = [line(Component.ENERGY, "Energy", energy_kwh, "kWh", parameters["energy_price"])]

        paid_minutes = idle_minutes(input.periods) - parameters["idle_grace_minutes"]
        if paid_minutes > 0:
            minutes = Decimal(paid_minutes, 0)
            lines.append(line(Component.IDLE_TIME, "Connected after charging", minutes, "min", parameters["idle_fee"]))
        return pricing.PricingOutput(parameters["currency"], Amounts.INCLUDING_TAX, lines, next_change_at=None)


def idle_minutes(periods: list[Period]) -> int:
    idle = (period for period in periods if period.state == ChargingState.IDLE)
    return sum(period.duration_s for period in idle) // 60


def line(component: Component, description: str, quantity: Decimal, unit: str, price: Decimal) -> PricingLine:
    """So much of a unit at a price for each."""
    amount = Decimal(quantity.coefficient * price.coefficient, quantity.scale + price.scale)
    code = "energy" if component == Component.ENERGY else "idle"
    return PricingLine(code, description, quantity, unit, price, amount, component, [], [], [])
