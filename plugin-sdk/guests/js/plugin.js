// A price per kWh and a fee for each idle minute, in JavaScript.
//
// Numbers that are 64 bits wide arrive as BigInt, so the arithmetic stays exact; never turn an amount into a Number.

// A line may say more than these do.
const unsaid = { translations: [], periods: [] };

export const pricing = {
  price(input) {
    const parameters = byName(input.parameters);
    const energy = scaled(input.session.energyWh, 3);
    const taxes = taxesOf(parameters);
    const lines = [energyLine(energy, parameters.get('energy_price'), taxes)];

    const idle = input.periods.filter((period) => period.state === 'idle');
    const seconds = idle.reduce((sum, period) => sum + period.durationS, 0n);
    if (seconds > 0n) {
      lines.push(idleLine(seconds, parameters.get('idle_price'), taxes));
    }
    return { currency: parameters.get('currency'), amounts: 'including-tax', lines };
  },
};

// The same, as drivers are told it before they start.
export const offer = {
  describe(place) {
    const parameters = byName(place.parameters);
    const always = { taxes: taxesOf(parameters), when: { weekdays: [] } };
    const elements = [
      { component: 'energy', price: parameters.get('energy_price'), per: 'hour', ...always },
      { component: 'idle-time', price: parameters.get('idle_price'), per: 'minute', ...always },
    ];
    return { currency: parameters.get('currency'), amounts: 'including-tax', elements, texts: [] };
  },
};

function byName(parameters) {
  return new Map(parameters.map(({ name, value }) => [name, value.val]));
}

function taxesOf(parameters) {
  return [{ name: 'VAT', percent: parameters.get('vat'), category: 'S' }];
}

function energyLine(quantity, unitPrice, taxes) {
  const amount = times(quantity, unitPrice);
  const what = { code: 'energy', description: 'Energy', component: 'energy', ...unsaid };
  return { ...what, quantity, unit: 'kWh', unitPrice, amount, taxes };
}

// A sixtieth has no end in decimals, so the amount is cut after twelve digits; the host rounds to the currency's unit.
function idleLine(seconds, perMinute, taxes) {
  const amount = decimal((perMinute.coefficient * seconds * 1_000_000n) / 60n, perMinute.scale + 6);
  const what = { code: 'idle', description: 'Idle time', component: 'idle-time', ...unsaid };
  return { ...what, quantity: decimal(seconds, 0), unit: 's', amount, taxes };
}

// A value divided by 10^digits, exactly.
function scaled(decimal, digits) {
  return { coefficient: decimal.coefficient, scale: decimal.scale + digits };
}

function times(a, b) {
  return decimal(a.coefficient * b.coefficient, a.scale + b.scale);
}

// What does not fit 64 bits would lose its first digits in silence; thrown, it takes the host's fallback.
function decimal(coefficient, scale) {
  if (BigInt.asIntN(64, coefficient) !== coefficient) {
    throw new RangeError('an amount does not fit 64 bits');
  }
  return { coefficient, scale };
}
