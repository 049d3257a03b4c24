// So many percent on top of the bill, and never more than the operator says.
//
// The input is what a tariff sees and the bill so far. The answer is lines to add, with a negative amount to take
// something off; the lines before stay as they are, and what all lines add up to must not be negative. Amounts are whole
// numbers with a scale and exact. What traps takes the host's fallback. modifier.h is made from wit/ by `amprule build`,
// into target/bindings.

#include "modifier.h"

#include <stdlib.h>
#include <string.h>

typedef amprule_types_types_decimal_t decimal_t;
typedef amprule_types_types_pricing_line_t line_t;
typedef exports_amprule_modifier_modifier_modifier_input_t input_t;
typedef exports_amprule_modifier_modifier_modifier_output_t output_t;

// The host gives every parameter that plugin.toml declares.
static const amprule_types_types_value_t *parameter(const input_t *input, const char *name) {
  for (size_t at = 0; at < input->parameters.len; at++) {
    const amprule_types_types_parameter_t *parameter = &input->parameters.ptr[at];
    if (parameter->name.len == strlen(name) && memcmp(parameter->name.ptr, name, parameter->name.len) == 0) {
      return &parameter->value;
    }
  }
  abort();
}

// A bill that does not fit 64 bits is no bill.
static int64_t product(int64_t a, int64_t b) {
  uint64_t most = INT64_MAX;
  uint64_t left = a < 0 ? -(uint64_t)a : (uint64_t)a, right = b < 0 ? -(uint64_t)b : (uint64_t)b;
  if (right != 0 && left > most / right) {
    abort();
  }
  return a * b;
}

// The same value with so many digits after the point.
static int64_t coefficient_at(decimal_t amount, uint8_t scale) {
  for (; amount.scale < scale; amount.scale++) {
    amount.coefficient = product(amount.coefficient, 10);
  }
  return amount.coefficient;
}

static uint8_t finer(decimal_t a, decimal_t b) { return a.scale > b.scale ? a.scale : b.scale; }

static decimal_t sum(decimal_t a, decimal_t b) {
  decimal_t sum = {0, finer(a, b)};
  if (__builtin_add_overflow(coefficient_at(a, sum.scale), coefficient_at(b, sum.scale), &sum.coefficient)) {
    abort();
  }
  return sum;
}

static decimal_t least(decimal_t a, decimal_t b) {
  return coefficient_at(a, finer(a, b)) < coefficient_at(b, finer(a, b)) ? a : b;
}

bool exports_amprule_modifier_modifier_modify(input_t *input, output_t *output, exports_amprule_modifier_modifier_problem_t *error) {
  (void)error; // `return false` with a text in it says why the bill stays as it is.
  decimal_t total = {0, 0};
  for (size_t at = 0; at < input->lines.len; at++) {
    total = sum(total, input->lines.ptr[at].amount);
  }
  decimal_t percent = parameter(input, "percent")->val.decimal;
  decimal_t share = {product(total.coefficient, percent.coefficient), total.scale + percent.scale + 2};
  decimal_t fee = least(share, parameter(input, "most")->val.decimal);

  memset(output, 0, sizeof *output);
  if (fee.coefficient > 0) {
    line_t *line = calloc(1, sizeof(line_t));
    modifier_string_dup(&line->code, "service");
    modifier_string_dup(&line->description, "Service fee");
    line->amount = fee;
    output->lines.ptr = line;
    output->lines.len = 1;
  }
  return true;
}
