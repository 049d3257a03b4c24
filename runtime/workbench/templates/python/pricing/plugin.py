"""So much for each kilowatt-hour, and something for staying connected when charging is over.

The input is all there is to know: no clock, no files, no memory of other calls. Amounts are whole numbers with a scale,
so they stay exact; never turn one into a float. The host rounds each line to the currency's minor unit when the plugin
has returned. What raises takes the host's fallback.
"""

from dataclasses import fields
from typing import Any

from wit_world import exports
from wit_world.exports import offer, pricing
from wit_world.imports.types import Amounts, ChargingState, Component, Decimal, Parameter, Period, PricingLine


class Pricing(exports.Pricing):
    def price(self, input: pricing.PricingInput) -> pricing.PricingOutput:
        parameters = by_name(input.parameters)
        energy_wh = input.session.energy_wh
        energy_kwh = Decimal(energy_wh.coefficient, energy_wh.scale + 3)
        lines = [line(Component.ENERGY, "Energy", energy_kwh, "kWh", parameters["energy_price"])]

        paid_minutes = idle_minutes(input.periods) - parameters["idle_grace_minutes"]
        if paid_minutes > 0:
            minutes = Decimal(paid_minutes, 0)
            lines.append(line(Component.IDLE_TIME, "Connected after charging", minutes, "min", parameters["idle_fee"]))
        return pricing.PricingOutput(parameters["currency"], Amounts.INCLUDING_TAX, lines, next_change_at=None)


class Offer(exports.Offer):
    def describe(self, input: offer.OfferInput) -> offer.Offer:
        """What it charges, as drivers are told before they start: `amprule offer` holds it against `price` with some
        thousand sessions."""
        parameters = by_name(input.parameters)
        elements = [element(Component.ENERGY, parameters["energy_price"], offer.Per.HOUR)]
        if parameters["idle_fee"].coefficient > 0:
            grace_s = parameters["idle_grace_minutes"] * 60
            elements.append(element(Component.IDLE_TIME, parameters["idle_fee"], offer.Per.MINUTE, from_idle_s=grace_s))
        return offer.Offer(parameters["currency"], Amounts.INCLUDING_TAX, elements, None, None, [], None)


def by_name(parameters: list[Parameter]) -> dict[str, Any]:
    return {parameter.name: parameter.value.value for parameter in parameters}


def element(component: Component, price: Decimal, per: offer.Per, **when: Any) -> offer.Element:
    """A price, and when it holds, as in `weekdays=bytes([6, 7])`. `per` is of time; energy is by the kilowatt-hour."""
    always = {field.name: None for field in fields(offer.Conditions)} | {"weekdays": b""}
    return offer.Element(component, price, per, None, [], offer.Conditions(**(always | when)))


def idle_minutes(periods: list[Period]) -> int:
    idle = (period for period in periods if period.state == ChargingState.IDLE)
    return sum(period.duration_s for period in idle) // 60


def line(component: Component, description: str, quantity: Decimal, unit: str, price: Decimal) -> PricingLine:
    """So much of a unit at a price for each."""
    amount = Decimal(quantity.coefficient * price.coefficient, quantity.scale + price.scale)
    code = "energy" if component == Component.ENERGY else "idle"
    return PricingLine(code, description, quantity, unit, price, amount, component, [], [], [])
