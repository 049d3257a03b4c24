// go-eCharger up to hardware 2, over its local HTTP API v1. Where each key comes from stands in plugin.toml; nothing was tried on
// hardware.
//
// /status is one object in JSON whose numbers are texts ("car":"2"), and whatever it is told, the box answers with all of it anew.
// Which key holds the current, and whether it is shown again, depends on the firmware; what it forgets, on when it began.
//
// `cargo xtask guests --only c` builds it, with the contract and the little of a C library that lie in plugin-sdk.

#include "device.h"

#include <stdlib.h>
#include <string.h>

typedef exports_amprule_device_driver_turn_input_t input_t;
typedef exports_amprule_device_driver_seen_t seen_t;
typedef exports_amprule_device_driver_problem_t problem_t;
typedef device_string_t text_t;

// In whole amperes.
enum { LEAST = 6, MOST = 32 };
// Firmware 040 brought a current that is not written to flash, which wears; 042 shows it no more.
enum { BRINGS_AMX = 40, HIDES_AMX = 42 };

// A zero stands behind the text, so that it may be added to another one.
static void add(text_t *text, const char *more) {
  size_t length = strlen(more);
  text->ptr = realloc(text->ptr, text->len + length + 1);
  memcpy(text->ptr + text->len, more, length + 1);
  text->len += length;
}

static void add_number(text_t *text, uint64_t number) {
  if (number >= 10) {
    add_number(text, number / 10);
  }
  const char digit[] = {(char)('0' + number % 10), 0};
  add(text, digit);
}

static bool fail(problem_t *problem, text_t why) {
  problem->tag = AMPRULE_TYPES_TYPES_PROBLEM_FAILED;
  problem->val.failed = why;
  return false;
}

// The number that a text begins with: "041.0" is firmware 41. It has the digits of the largest of this box at most.
static int64_t leading(const text_t *text, int64_t otherwise) {
  int64_t number = 0;
  size_t at = 0;
  for (; at < text->len && at < 10 && text->ptr[at] >= '0' && text->ptr[at] <= '9'; at++) {
    number = number * 10 + (text->ptr[at] - '0');
  }
  return at > 0 ? number : otherwise;
}

static int64_t whole(amprule_device_json_decimal_t number) {
  int64_t coefficient = number.coefficient;
  for (; number.scale > 0; number.scale--) {
    coefficient /= 10;
  }
  return coefficient;
}

static bool find(text_t *status, const char *key, amprule_device_json_value_t *found) {
  text_t pointer;
  device_string_set(&pointer, key);
  return amprule_device_json_find(status, &pointer, found);
}

// Its keys are texts, and what stands in lists are numbers.
static int64_t number(text_t *status, const char *key, int64_t otherwise) {
  amprule_device_json_value_t found;
  if (!find(status, key, &found)) {
    return otherwise;
  }
  switch (found.tag) {
  case AMPRULE_DEVICE_JSON_VALUE_TEXT:
    return leading(&found.val.text, otherwise);
  case AMPRULE_DEVICE_JSON_VALUE_NUMBER:
    return whole(found.val.number);
  default:
    return otherwise;
  }
}

static void words(text_t *status, const char *key, device_option_string_t *said) {
  amprule_device_json_value_t found;
  said->is_some = find(status, key, &found) && found.tag == AMPRULE_DEVICE_JSON_VALUE_TEXT;
  if (said->is_some) {
    said->val = found.val.text;
  }
}

static bool ask(text_t path, bool switches, text_t *answer, problem_t *problem) {
  text_t wire, why;
  device_string_set(&wire, "main");
  amprule_device_wires_request_t request = {.method = AMPRULE_DEVICE_WIRES_METHOD_GET, .path = path, .switches = switches};
  return amprule_device_wires_http(&wire, &request, answer, &why) || fail(problem, why);
}

static bool look(text_t *status, problem_t *problem) {
  text_t path, why;
  device_string_set(&path, "/status");
  device_string_set(&why, "the answer is no status of a go-eCharger");
  return ask(path, false, status, problem) && (number(status, "/car", -1) >= 0 || fail(problem, why));
}

// A box that gives less than it may has its reasons, and its status says so. That it gives more than it was told is a refusal: nobody
// may go on as if it had been switched.
static bool set(const char *key, int64_t value, const char *shown, text_t *status, problem_t *problem) {
  text_t said = {0}, path = {0}, answer, why = {0};
  add(&said, key);
  add(&said, "=");
  add_number(&said, (uint64_t)value);
  add(&path, "/mqtt?payload=");
  add(&path, (const char *)said.ptr);
  if (!ask(path, true, &answer, problem)) {
    return false;
  }
  if (number(&answer, "/car", -1) >= 0) {
    *status = answer;
  }
  if (!shown || number(&answer, shown, value) <= value) {
    return true;
  }
  add(&why, "the box does not take ");
  add(&why, (const char *)said.ptr);
  return fail(problem, why);
}

// 0 is off. Less than a car can take is off, and more than what is allowed is never said.
static int64_t amperes(const input_t *input, text_t *status) {
  int64_t most = number(status, "/ama", MOST);
  most = most < MOST ? most : MOST;
  int64_t limit = input->limit_da.is_some && input->limit_da.val / 10 < most ? input->limit_da.val / 10 : most;
  return input->on && limit >= LEAST ? limit : 0;
}

// A limit first: what is switched on then begins with it.
static bool tell(int64_t wanted, text_t *status, problem_t *problem) {
  int64_t firmware = number(status, "/fwv", 0);
  const char *key = firmware < BRINGS_AMX ? "amp" : "amx";
  const char *shown = firmware < HIDES_AMX ? "/amp" : NULL;
  problem_t ignored;
  if (wanted > 0 && !set(key, wanted, shown, status, problem)) {
    // Nobody goes on with more than is allowed.
    set("alw", 0, "/alw", status, &ignored);
    return false;
  }
  return set("alw", wanted > 0, "/alw", status, problem);
}

// What it was told, and in which of its lives: amx is forgotten when the box begins anew, and rbc counts how often it has.
static text_t telling(int64_t wanted, text_t *status) {
  text_t kept = {0};
  add(&kept, "[");
  add_number(&kept, (uint64_t)number(status, "/rbc", 0));
  add(&kept, ",");
  add_number(&kept, (uint64_t)wanted);
  add(&kept, "]");
  return kept;
}

static bool is(const device_option_string_t *kept, const text_t *told) {
  return kept->is_some && kept->val.len == told->len && memcmp(kept->val.ptr, told->ptr, told->len) == 0;
}

static const char *meaning(int64_t error) {
  switch (error) {
  case 1:
    return ": the residual current device";
  case 3:
    return ": a phase is disturbed";
  case 8:
    return ": no ground";
  default:
    return ": internal";
  }
}

// car: 1 none, 2 charges, 3 is waited for, 4 has ended and is still there.
static void state(text_t *status, seen_t *seen) {
  int64_t car = number(status, "/car", 0), error = number(status, "/err", 0);
  bool allows = number(status, "/alw", 0) == 1;
  if (error > 0) {
    seen->state = EXPORTS_AMPRULE_DEVICE_DRIVER_STATE_FAULTED;
    seen->plugged = (device_option_bool_t){.is_some = true, .val = car != 1};
    seen->error.is_some = true;
    add_number(&seen->error.val, (uint64_t)error);
    add(&seen->error.val, meaning(error));
  } else if (car == 1) {
    seen->state = EXPORTS_AMPRULE_DEVICE_DRIVER_STATE_AVAILABLE;
  } else if (car == 2) {
    seen->state = EXPORTS_AMPRULE_DEVICE_DRIVER_STATE_CHARGING;
  } else if (car == 3 || car == 4) {
    seen->state = allows ? EXPORTS_AMPRULE_DEVICE_DRIVER_STATE_SUSPENDED_VEHICLE
                         : EXPORTS_AMPRULE_DEVICE_DRIVER_STATE_SUSPENDED_CHARGER;
  } else {
    seen->state = EXPORTS_AMPRULE_DEVICE_DRIVER_STATE_FAULTED;
    seen->error.is_some = true;
    add(&seen->error.val, "the car is in state ");
    add_number(&seen->error.val, (uint64_t)car);
  }
}

// dws: what the car has got, in 10 Ws. nrg: the current of each phase from 4 on in 0.1 A, and the power at 11 in 10 W.
static void meter(text_t *status, seen_t *seen) {
  int64_t charged = number(status, "/dws", -1), power = number(status, "/nrg/11", -1);
  if (charged >= 0) {
    seen->session_wh.is_some = true;
    // A thousandth of a watt-hour is 3.6 Ws.
    seen->session_wh.val.coefficient = charged * 100 / 36;
    seen->session_wh.val.scale = 3;
  }
  if (power >= 0) {
    int64_t current = number(status, "/nrg/4", 0) + number(status, "/nrg/5", 0) + number(status, "/nrg/6", 0);
    seen->power_w = (device_option_s64_t){.is_some = true, .val = power * 10};
    seen->current_ma = (device_option_s64_t){.is_some = true, .val = current * 100};
  }
}

// The lower three bits of pha are the phases behind the contactor; while it is open there is none.
static void phases(text_t *status, seen_t *seen) {
  int64_t closed = number(status, "/pha", 0) & 7;
  seen->phases.is_some = closed != 0;
  seen->phases.val = (uint8_t)((closed & 1) + (closed >> 1 & 1) + (closed >> 2));
}

bool exports_amprule_device_driver_turn(input_t *input, seen_t *seen, problem_t *problem) {
  text_t status;
  if (!look(&status, problem)) {
    return false;
  }
  int64_t wanted = amperes(input, &status);
  text_t told = telling(wanted, &status);
  if ((input->fresh || !is(&input->kept, &told)) && !tell(wanted, &status, problem)) {
    return false;
  }

  memset(seen, 0, sizeof *seen);
  state(&status, seen);
  meter(&status, seen);
  phases(&status, seen);
  if (number(&status, "/fwv", 0) < HIDES_AMX) {
    seen->limit_da = (device_option_u32_t){.is_some = true, .val = (uint32_t)number(&status, "/amp", 0) * 10};
  }
  words(&status, "/sse", &seen->serial);
  words(&status, "/fwv", &seen->firmware);
  seen->keep = (device_option_string_t){.is_some = true, .val = told};
  return true;
}
