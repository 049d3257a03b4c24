"""A price per kWh and a fee for each idle minute, in Python.

Amounts are whole numbers with a scale, so the arithmetic stays exact; never turn an amount into a float.
"""

from typing import Any

from wit_world import exports
from wit_world.exports import offer, pricing
from wit_world.imports.types import Amounts, ChargingState, Component, Decimal, Parameter, PricingLine, Tax


class Pricing(exports.Pricing):
    def price(self, input: pricing.PricingInput) -> pricing.PricingOutput:
        parameters = by_name(input.parameters)
        taxes = taxes_of(parameters)
        lines = [energy_line(input.session.energy_wh, parameters["energy_price"], taxes)]

        idle = (period for period in input.periods if period.state == ChargingState.IDLE)
        seconds = sum(period.duration_s for period in idle)
        if seconds > 0:
            lines.append(idle_line(seconds, parameters["idle_price"], taxes))
        return pricing.PricingOutput(parameters["currency"], Amounts.INCLUDING_TAX, lines, next_change_at=None)


class Offer(exports.Offer):
    def describe(self, input: offer.OfferInput) -> offer.Offer:
        """The same, as drivers are told it before they start."""
        parameters = by_name(input.parameters)
        taxes = taxes_of(parameters)
        elements = [
            offer.Element(Component.ENERGY, parameters["energy_price"], offer.Per.HOUR, None, taxes, ALWAYS),
            offer.Element(Component.IDLE_TIME, parameters["idle_price"], offer.Per.MINUTE, None, taxes, ALWAYS),
        ]
        return offer.Offer(parameters["currency"], Amounts.INCLUDING_TAX, elements, None, None, [], None)


# Of no weekdays in particular; list<u8> is bytes in Python.
ALWAYS = offer.Conditions(b"", None, None, None, None, None, None, None, None, None, None, None, None)


def by_name(parameters: list[Parameter]) -> dict[str, Any]:
    return {parameter.name: parameter.value.value for parameter in parameters}


def taxes_of(parameters: dict[str, Any]) -> list[Tax]:
    return [Tax("VAT", parameters["vat"], "S")]


def energy_line(energy_wh: Decimal, price: Decimal, taxes: list[Tax]) -> PricingLine:
    energy = Decimal(energy_wh.coefficient, energy_wh.scale + 3)
    amount = Decimal(energy.coefficient * price.coefficient, energy.scale + price.scale)
    return PricingLine("energy", "Energy", energy, "kWh", price, amount, Component.ENERGY, taxes, [], [])


def idle_line(seconds: int, per_minute: Decimal, taxes: list[Tax]) -> PricingLine:
    # A sixtieth has no end in decimals, so the amount is cut; the host rounds to the currency's unit.
    amount = Decimal(per_minute.coefficient * seconds * 1_000_000 // 60, per_minute.scale + 6)
    return PricingLine("idle", "Idle time", Decimal(seconds, 0), "s", None, amount, Component.IDLE_TIME, taxes, [], [])
