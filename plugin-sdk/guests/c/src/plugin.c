// A price per kWh and a fee for each idle minute, in C, without WASI and without a C library.
//
// pricing.h is made from the contract by `amprule build`, into target/bindings.

#include "pricing.h"

#include <stdlib.h>
#include <string.h>

typedef amprule_types_types_decimal_t decimal_t;
typedef exports_amprule_pricing_pricing_pricing_input_t input_t;
typedef exports_amprule_pricing_pricing_pricing_output_t output_t;
typedef amprule_types_types_pricing_line_t line_t;
typedef amprule_types_types_component_t component_t;
typedef exports_amprule_pricing_pricing_list_parameter_t parameters_t;
typedef exports_amprule_pricing_offer_offer_input_t place_t;
typedef exports_amprule_pricing_offer_offer_t offer_t;
typedef exports_amprule_pricing_offer_element_t element_t;

static const amprule_types_types_value_t *parameter(const parameters_t *parameters, const char *name) {
  for (size_t at = 0; at < parameters->len; at++) {
    const amprule_types_types_parameter_t *parameter = &parameters->ptr[at];
    if (parameter->name.len == strlen(name) && memcmp(parameter->name.ptr, name, parameter->name.len) == 0) {
      return &parameter->value;
    }
  }
  // The host gives every parameter that plugin.toml declares.
  abort();
}

// A bill that does not fit 64 bits is no bill: the trap takes the host's fallback.
static int64_t product(int64_t a, int64_t b) {
  uint64_t most = INT64_MAX;
  uint64_t left = a < 0 ? -(uint64_t)a : (uint64_t)a, right = b < 0 ? -(uint64_t)b : (uint64_t)b;
  if (right != 0 && left > most / right) {
    abort();
  }
  return a * b;
}

static amprule_types_types_list_tax_t taxes(decimal_t vat) {
  amprule_types_types_tax_t *tax = calloc(1, sizeof *tax);
  pricing_string_dup(&tax->name, "VAT");
  tax->category.is_some = true;
  pricing_string_dup(&tax->category.val, "S");
  tax->percent = vat;
  return (amprule_types_types_list_tax_t){tax, 1};
}

static line_t line(component_t component, const char *code, const char *description, decimal_t quantity,
                   const char *unit, decimal_t vat) {
  line_t line;
  memset(&line, 0, sizeof line);
  pricing_string_dup(&line.code, code);
  pricing_string_dup(&line.description, description);
  line.quantity.is_some = true;
  line.quantity.val = quantity;
  line.unit.is_some = true;
  pricing_string_dup(&line.unit.val, unit);
  line.component.is_some = true;
  line.component.val = component;
  line.taxes = taxes(vat);
  return line;
}

static line_t energy_line(decimal_t energy_wh, decimal_t price, decimal_t vat) {
  decimal_t energy_kwh = {energy_wh.coefficient, energy_wh.scale + 3};
  line_t energy = line(AMPRULE_TYPES_TYPES_COMPONENT_ENERGY, "energy", "Energy", energy_kwh, "kWh", vat);
  energy.unit_price.is_some = true;
  energy.unit_price.val = price;
  energy.amount.coefficient = product(energy_kwh.coefficient, price.coefficient);
  energy.amount.scale = energy_kwh.scale + price.scale;
  return energy;
}

// A sixtieth has no end in decimals, so the amount is cut; the host rounds to the currency's unit.
static line_t idle_line(int64_t seconds, decimal_t per_minute, decimal_t vat) {
  decimal_t quantity = {seconds, 0};
  line_t idle = line(AMPRULE_TYPES_TYPES_COMPONENT_IDLE_TIME, "idle", "Idle time", quantity, "s", vat);
  idle.amount.coefficient = product(product(per_minute.coefficient, seconds), 1000000) / 60;
  idle.amount.scale = per_minute.scale + 6;
  return idle;
}

bool exports_amprule_pricing_pricing_price(input_t *input, output_t *output, exports_amprule_pricing_pricing_problem_t *error) {
  (void)error;
  int64_t idle_s = 0;
  for (size_t at = 0; at < input->periods.len; at++) {
    const amprule_types_types_period_t *period = &input->periods.ptr[at];
    if (period->state == AMPRULE_TYPES_TYPES_CHARGING_STATE_IDLE) {
      idle_s += period->duration_s;
    }
  }

  memset(output, 0, sizeof *output);
  const parameters_t *parameters = &input->parameters;
  output->currency = parameter(parameters, "currency")->val.text;
  decimal_t vat = parameter(parameters, "vat")->val.decimal;
  output->lines.ptr = calloc(2, sizeof(line_t));
  output->lines.ptr[output->lines.len++] =
      energy_line(input->session.energy_wh, parameter(parameters, "energy_price")->val.decimal, vat);
  if (idle_s > 0) {
    output->lines.ptr[output->lines.len++] = idle_line(idle_s, parameter(parameters, "idle_price")->val.decimal, vat);
  }
  return true;
}

static element_t *add(offer_t *offer, component_t component, decimal_t price, decimal_t vat) {
  element_t *element = &offer->elements.ptr[offer->elements.len++];
  element->component = component;
  element->price = price;
  amprule_types_types_list_tax_t vat_alone = taxes(vat);
  element->taxes.ptr = vat_alone.ptr;
  element->taxes.len = vat_alone.len;
  return element;
}

// The same, as drivers are told it before they start.
bool exports_amprule_pricing_offer_describe(place_t *place, offer_t *offer, exports_amprule_pricing_offer_problem_t *error) {
  (void)error;
  const parameters_t parameters = {place->parameters.ptr, place->parameters.len};

  memset(offer, 0, sizeof *offer);
  offer->currency = parameter(&parameters, "currency")->val.text;
  decimal_t vat = parameter(&parameters, "vat")->val.decimal;
  offer->elements.ptr = calloc(2, sizeof(element_t));
  add(offer, AMPRULE_TYPES_TYPES_COMPONENT_ENERGY, parameter(&parameters, "energy_price")->val.decimal, vat);
  element_t *idle =
      add(offer, AMPRULE_TYPES_TYPES_COMPONENT_IDLE_TIME, parameter(&parameters, "idle_price")->val.decimal, vat);
  idle->per = EXPORTS_AMPRULE_PRICING_OFFER_PER_MINUTE;
  return true;
}
