"""A model that sends its tags with a serial number behind them.

The message is JSON as a text. The answer is the message anew, or nothing: it stays as it is then. What raises passes the message
on.
"""

import json

from wit_world import exports
from wit_world.exports.dialect import DialectInput, DialectOutput, Direction


class Dialect(exports.Dialect):
    def translate(self, input: DialectInput) -> DialectOutput:
        parameters = {parameter.name: parameter.value.value for parameter in input.parameters}
        body = json.loads(input.message)
        tag, behind, _ = str(body.get("idTag", "")).partition(parameters["behind"])
        if input.direction != Direction.INBOUND or not behind:
            return DialectOutput(None, None, None)
        body["idTag"] = tag
        return DialectOutput(json.dumps(body), "a serial number behind the tag", None)
