// A model that sends its tags with a serial number behind them.
//
// The message is JSON as a text. The answer is the message anew, or nothing: it stays as it is then. What throws passes the
// message on.

export const dialect = {
  translate(input) {
    const parameters = new Map(input.parameters.map(({ name, value }) => [name, value.val]));
    const body = JSON.parse(input.message);
    const at = typeof body.idTag === 'string' ? body.idTag.indexOf(parameters.get('behind')) : -1;
    if (input.direction !== 'inbound' || at < 0) {
      return {};
    }
    body.idTag = body.idTag.slice(0, at);
    return { message: JSON.stringify(body), note: 'a serial number behind the tag' };
  },
};
