// A price per kWh and a fee for each idle minute, in JavaScript.
//
// Numbers that are 64 bits wide arrive as BigInt, so the arithmetic stays exact; never turn an amount into a Number.

export const pricing = {
  price(input) {
    const parameters = new Map(input.parameters.map(({ name, value }) => [name, value.val]));
    const energy = scaled(input.session.energyWh, 3);
    const lines = [line('energy', 'Energy', energy, 'kWh', parameters.get('energy_price'))];

    const idle = input.periods.filter((period) => period.state === 'idle');
    const seconds = idle.reduce((sum, period) => sum + period.durationS, 0n);
    if (seconds > 0n) {
      lines.push(idleLine(seconds, parameters.get('idle_price')));
    }
    return { currency: parameters.get('currency'), lines, ext: [] };
  },
};

function line(code, description, quantity, unit, unitPrice) {
  return { code, description, quantity, unit, unitPrice, amount: times(quantity, unitPrice), ext: [] };
}

// A sixtieth has no end in decimals, so the amount is cut after twelve digits; the host rounds to the currency's unit.
function idleLine(seconds, perMinute) {
  const amount = decimal((perMinute.coefficient * seconds * 1_000_000n) / 60n, perMinute.scale + 6);
  return { code: 'idle', description: 'Idle time', quantity: decimal(seconds, 0), unit: 's', amount, ext: [] };
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
