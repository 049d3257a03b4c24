"""Equal shares, and no more than a set current for anybody.

More than there is room for is a wish: the host gives all their least, in the answer's order, and then lets all rise together
as far as the circuits bear it. Whoever is not named gets nothing. Currents are whole numbers with a scale. What raises counts
as no answer.
"""

from wit_world import exports
from wit_world.exports.load import LoadInput, LoadOutput, Share
from wit_world.imports.types import Decimal


class Load(exports.Load):
    def share_out(self, input: LoadInput) -> LoadOutput:
        parameters = {parameter.name: parameter.value.value for parameter in input.parameters}
        most = parameters["most_a"]
        order = sorted(input.evses, key=lambda evse: (-evse.priority, evse.started_at))
        return LoadOutput([Share(evse.id, least(evse.most_a, most)) for evse in order], None)


def least(a: Decimal, b: Decimal) -> Decimal:
    scale = max(a.scale, b.scale)
    return a if coefficient_at(a, scale) < coefficient_at(b, scale) else b


def coefficient_at(amperes: Decimal, scale: int) -> int:
    """The same value with so many digits after the point."""
    return amperes.coefficient * 10 ** (scale - amperes.scale)
