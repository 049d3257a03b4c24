// So much for each kilowatt-hour, and something for staying connected when charging is over.
//
// The input is all there is to know: no clock, no files, no memory of other calls. Amounts are whole numbers with a
// scale and exact; the host rounds each line to the currency's minor unit when the plugin has returned. What traps takes
// the host's fallback. pricing.h is made from wit/ by `amprule build`, into target/bindings.

#include "pricing.h"

#include <stdlib.h>
#include <string.h>

typedef amprule_types_types_decimal_t decimal_t;
typedef exports_amprule_pricing_pricing_pricing_input_t input_t;
typedef exports_amprule_pricing_pricing_pricing_output_t output_t;
typedef amprule_types_types_pricing_line_t line_t;
typedef exports_amprule_pricing_pricing_list_parameter_t parameters_t;
typedef exports_amprule_pricing_offer_offer_input_t place_t;
typedef exports_amprule_pricing_offer_offer_t offer_t;
typedef exports_amprule_pricing_offer_element_t element_t;

// The host gives every parameter that plugin.toml declares.
static const amprule_types_types_value_t *parameter(const parameters_t *parameters, const char *name) {
  for (size_t at = 0; at < parameters->len; at++) {
    const amprule_types_types_parameter_t *parameter = &parameters->ptr[at];
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

// A line of so much of a unit at a price for each.
static line_t line(const char *code, const char *description, decimal_t quantity, const char *unit, decimal_t price) {
  line_t line;
  memset(&line, 0, sizeof line);
  pricing_string_dup(&line.code, code);
  pricing_string_dup(&line.description, description);
  line.quantity.is_some = true;
  line.quantity.val = quantity;
  line.unit.is_some = true;
  pricing_string_dup(&line.unit.val, unit);
  line.unit_price.is_some = true;
  line.unit_price.val = price;
  line.amount.coefficient = product(quantity.coefficient, price.coefficient);
  line.amount.scale = quantity.scale + price.scale;
  return line;
}

static int64_t idle_minutes(const input_t *input) {
  int64_t seconds = 0;
  for (size_t at = 0; at < input->periods.len; at++) {
    const amprule_types_types_period_t *period = &input->periods.ptr[at];
    if (period->state == AMPRULE_TYPES_TYPES_CHARGING_STATE_IDLE) {
      seconds += period->duration_s;
    }
  }
  return seconds / 60;
}

bool exports_amprule_pricing_pricing_price(input_t *input, output_t *output, exports_amprule_pricing_pricing_problem_t *error) {
  (void)error; // `return false` with a text in it says why there is no price.
  const parameters_t *parameters = &input->parameters;
  decimal_t energy_wh = input->session.energy_wh;
  decimal_t energy_kwh = {energy_wh.coefficient, energy_wh.scale + 3};
  decimal_t paid_minutes = {idle_minutes(input) - parameter(parameters, "idle_grace_minutes")->val.integer, 0};

  memset(output, 0, sizeof *output);
  output->currency = parameter(parameters, "currency")->val.text;
  output->lines.ptr = calloc(2, sizeof(line_t));
  decimal_t energy_price = parameter(parameters, "energy_price")->val.decimal;
  output->lines.ptr[output->lines.len++] = line("energy", "Energy", energy_kwh, "kWh", energy_price);
  if (paid_minutes.coefficient > 0) {
    decimal_t idle_fee = parameter(parameters, "idle_fee")->val.decimal;
    output->lines.ptr[output->lines.len++] = line("idle", "Connected after charging", paid_minutes, "min", idle_fee);
  }
  return true;
}

static element_t *add(offer_t *offer, amprule_types_types_component_t component, decimal_t price) {
  element_t *element = &offer->elements.ptr[offer->elements.len++];
  element->component = component;
  element->price = price;
  return element;
}

// What it charges, as drivers are told before they start: `amprule offer` holds it against the price with some
// thousand sessions.
bool exports_amprule_pricing_offer_describe(place_t *place, offer_t *offer, exports_amprule_pricing_offer_problem_t *error) {
  (void)error;
  const parameters_t parameters = {place->parameters.ptr, place->parameters.len};

  memset(offer, 0, sizeof *offer);
  offer->currency = parameter(&parameters, "currency")->val.text;
  offer->elements.ptr = calloc(2, sizeof(element_t));
  add(offer, AMPRULE_TYPES_TYPES_COMPONENT_ENERGY, parameter(&parameters, "energy_price")->val.decimal);
  decimal_t idle_fee = parameter(&parameters, "idle_fee")->val.decimal;
  if (idle_fee.coefficient > 0) {
    element_t *idle = add(offer, AMPRULE_TYPES_TYPES_COMPONENT_IDLE_TIME, idle_fee);
    idle->per = EXPORTS_AMPRULE_PRICING_OFFER_PER_MINUTE;
    idle->when.from_idle_s.is_some = true;
    idle->when.from_idle_s.val = (uint32_t)parameter(&parameters, "idle_grace_minutes")->val.integer * 60;
  }
  return true;
}
