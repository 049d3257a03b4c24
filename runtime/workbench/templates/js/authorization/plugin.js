// Who may charge: tokens in good standing, and one session at a time if the operator wants that.
//
// The input is all there is to know. The verdict `no-opinion` leaves the answer to the next policy. What throws takes the
// host's fallback.

export const authorization = {
  authorize(input) {
    const parameters = new Map(input.parameters.map(({ name, value }) => [name, value.val]));
    if (input.token.status !== 'accepted') {
      return reject('Blocked', 'This card cannot be used here.');
    }
    // A card that is shown may be shown to stop: a start alone is refused.
    const starts = input.purpose === 'start';
    if (starts && parameters.get('one_session_at_a_time') && input.openSessions > 0) {
      return reject('ConcurrentTx', 'This card is already charging.');
    }
    return { verdict: 'accept', messages: [], limits: {} };
  },
};

function reject(reason, message) {
  return { verdict: 'reject', reason, message, messages: [], limits: {} };
}
