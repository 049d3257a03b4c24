// So much for each kilowatt-hour, and something for staying connected when charging is over.
//
// The input is all there is to know: no clock, no files, no memory of other calls. Amounts are whole numbers with a scale;
// numbers that are 64 bits wide are BigInt, so they stay exact. Never turn an amount into a Number. The host rounds each
// line to the currency's minor unit when the plugin has returned. What throws takes the host's fallback.

export const pricing = {
  price(input) {
    const parameters = byName(input.parameters);
    const { coefficient, scale } = input.session.energyWh;
    const energyKwh = decimal(coefficient, scale + 3);
    const lines = [line('energy', 'energy', 'Energy', energyKwh, 'kWh', parameters.get('energy_price'))];

    const paidMinutes = idleMinutes(input.periods) - parameters.get('idle_grace_minutes');
    if (paidMinutes > 0n) {
      const minutes = decimal(paidMinutes, 0);
      lines.push(line('idle-time', 'idle', 'Connected after charging', minutes, 'min', parameters.get('idle_fee')));
    }
    return { currency: parameters.get('currency'), amounts: 'including-tax', lines };
  },
};

// What it charges, as drivers are told before they start: `amprule offer` holds it against `price` with some
// thousand sessions.
export const offer = {
  describe(place) {
    const parameters = byName(place.parameters);
    const elements = [element('energy', parameters.get('energy_price'), 'hour', {})];

    const idleFee = parameters.get('idle_fee');
    if (idleFee.coefficient > 0n) {
      const fromIdleS = Number(parameters.get('idle_grace_minutes')) * 60;
      elements.push(element('idle-time', idleFee, 'minute', { fromIdleS }));
    }
    return { currency: parameters.get('currency'), amounts: 'including-tax', elements, texts: [] };
  },
};

function byName(parameters) {
  return new Map(parameters.map(({ name, value }) => [name, value.val]));
}

// A price, and when it holds. `per` is of time; energy is by the kilowatt-hour.
function element(component, price, per, when) {
  return { component, price, per, taxes: [], when: { weekdays: [], ...when } };
}

function idleMinutes(periods) {
  const idle = periods.filter((period) => period.state === 'idle');
  return idle.reduce((sum, period) => sum + period.durationS, 0n) / 60n;
}

// A line of so much of a unit at a price for each.
function line(component, code, description, quantity, unit, unitPrice) {
  const amount = decimal(quantity.coefficient * unitPrice.coefficient, quantity.scale + unitPrice.scale);
  const unsaid = { taxes: [], translations: [], periods: [] };
  return { code, description, quantity, unit, unitPrice, amount, component, ...unsaid };
}

// What does not fit 64 bits would lose its first digits in silence.
function decimal(coefficient, scale) {
  if (BigInt.asIntN(64, coefficient) !== coefficient) {
    throw new RangeError('an amount does not fit 64 bits');
  }
  return { coefficient, scale };
}
