// Equal shares, and no more than a set current for anybody.
//
// More than there is room for is a wish: the host gives all their least, in the answer's order, and then lets all rise
// together as far as the circuits bear it. Whoever is not named gets nothing. Currents are whole numbers with a scale. What
// throws counts as no answer.

export const load = {
  shareOut(input) {
    const parameters = new Map(input.parameters.map(({ name, value }) => [name, value.val]));
    const most = parameters.get('most_a');
    const order = [...input.evses].sort(goesBefore);
    return { shares: order.map((evse) => ({ evse: evse.id, mostA: least(evse.mostA, most) })) };
  },
};

function goesBefore(a, b) {
  return Number(b.priority - a.priority) || Number(a.startedAt - b.startedAt);
}

function least(a, b) {
  const scale = Math.max(a.scale, b.scale);
  const coefficient = (amperes) => amperes.coefficient * 10n ** BigInt(scale - amperes.scale);
  return coefficient(a) < coefficient(b) ? a : b;
}
