"""Who may charge: tokens in good standing, and one session at a time if the operator wants that.

The input is all there is to know. Opinion.NO_OPINION leaves the answer to the next policy. What raises takes the host's
fallback.
"""

from wit_world import exports
from wit_world.exports.authorization import AuthorizationInput, AuthorizationOutput, Limits, Opinion, Purpose, TokenStatus


class Authorization(exports.Authorization):
    def authorize(self, input: AuthorizationInput) -> AuthorizationOutput:
        parameters = {parameter.name: parameter.value.value for parameter in input.parameters}
        if input.token.status != TokenStatus.ACCEPTED:
            return reject("Blocked", "This card cannot be used here.")
        # A card that is shown may be shown to stop: a start alone is refused.
        starts = input.purpose == Purpose.START
        if starts and parameters["one_session_at_a_time"] and input.open_sessions > 0:
            return reject("ConcurrentTx", "This card is already charging.")
        return answer(Opinion.ACCEPT)


def reject(reason: str, message: str) -> AuthorizationOutput:
    return answer(Opinion.REJECT, reason, message)


def answer(verdict: Opinion, reason: str | None = None, message: str | None = None) -> AuthorizationOutput:
    limits = Limits(max_energy_wh=None, max_duration_s=None, max_cost=None)
    return AuthorizationOutput(verdict, reason, message, [], limits, cache_s=None, tariff=None)
