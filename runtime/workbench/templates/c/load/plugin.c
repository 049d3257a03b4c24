// Equal shares, and no more than a set current for anybody.
//
// More than there is room for is a wish: the host gives all their least, in the answer's order, and then lets all rise
// together as far as the circuits bear it. Whoever is not named gets nothing. What traps counts as no answer. load.h is made
// from wit/ by `amprule build`, into target/bindings.

#include "load.h"

#include <stdlib.h>
#include <string.h>

typedef amprule_types_types_decimal_t decimal_t;
typedef exports_amprule_load_load_evse_t evse_t;
typedef exports_amprule_load_load_share_t share_t;
typedef exports_amprule_load_load_load_input_t input_t;
typedef exports_amprule_load_load_load_output_t output_t;

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

// Currents are small: with six digits behind the point they fit 64 bits.
static int64_t millionths(decimal_t amperes) {
  for (; amperes.scale < 6; amperes.scale++) {
    amperes.coefficient *= 10;
  }
  for (; amperes.scale > 6; amperes.scale--) {
    amperes.coefficient /= 10;
  }
  return amperes.coefficient;
}

static bool goes_before(const evse_t *a, const evse_t *b) {
  return a->priority > b->priority || (a->priority == b->priority && a->started_at < b->started_at);
}

bool exports_amprule_load_load_share_out(input_t *input, output_t *output, exports_amprule_load_load_problem_t *error) {
  (void)error; // `return false` with a text in it says why there is no answer.
  decimal_t most = parameter(input, "most_a")->val.decimal;
  size_t count = input->evses.len;
  memset(output, 0, sizeof *output);
  share_t *shares = calloc(count ? count : 1, sizeof(share_t));
  const evse_t **order = calloc(count ? count : 1, sizeof(evse_t *));
  for (size_t at = 0; at < count; at++) {
    const evse_t *evse = &input->evses.ptr[at];
    size_t place = at;
    for (; place > 0 && goes_before(evse, order[place - 1]); place--) {
      order[place] = order[place - 1];
    }
    order[place] = evse;
  }
  for (size_t at = 0; at < count; at++) {
    const evse_t *evse = order[at];
    load_string_t *id = &shares[at].evse;
    id->len = evse->id.len;
    id->ptr = malloc(id->len ? id->len : 1);
    memcpy(id->ptr, evse->id.ptr, id->len);
    shares[at].most_a = millionths(evse->most_a) < millionths(most) ? evse->most_a : most;
  }
  output->shares.ptr = shares;
  output->shares.len = count;
  return true;
}
