// So many percent on top of the bill, and never more than the operator says.
//
// The input is what a tariff sees and the bill so far. The answer is lines to add, with a negative amount to take
// something off; the lines before stay as they are, and what all lines add up to must not be negative. Amounts are whole
// numbers with a scale; never turn one into a Number. What throws takes the host's fallback.

export const modifier = {
  modify(input) {
    const parameters = new Map(input.parameters.map(({ name, value }) => [name, value.val]));
    const total = sum(input.lines.map((line) => line.amount));
    const percent = parameters.get('percent');
    const share = decimal(total.coefficient * percent.coefficient, total.scale + percent.scale + 2);

    const fee = least(share, parameters.get('most'));
    const unsaid = { taxes: [], translations: [], periods: [] };
    const line = { code: 'service', description: 'Service fee', amount: fee, component: 'adjustment', ...unsaid };
    return { lines: fee.coefficient > 0n ? [line] : [] };
  },
};

function sum(amounts) {
  const scale = Math.max(0, ...amounts.map((amount) => amount.scale));
  return decimal(amounts.reduce((sum, amount) => sum + coefficientAt(amount, scale), 0n), scale);
}

function least(a, b) {
  const scale = Math.max(a.scale, b.scale);
  return coefficientAt(a, scale) < coefficientAt(b, scale) ? a : b;
}

// The same value with so many digits after the point.
function coefficientAt(amount, scale) {
  return amount.coefficient * 10n ** BigInt(scale - amount.scale);
}

// What does not fit 64 bits would lose its first digits in silence.
function decimal(coefficient, scale) {
  if (BigInt.asIntN(64, coefficient) !== coefficient) {
    throw new RangeError('an amount does not fit 64 bits');
  }
  return { coefficient, scale };
}
