// A box over Modbus TCP: four registers to read and two to write. Put in those of the manual.
//
// A turn is told what shall be so, says over its wires what brings that about, and reports what it sees. What it asks ends the
// call until there is an answer, so it begins again with each: ask for the same things in the same order.
//
// device.h is made from the contract by `amprule build`, into target/bindings.

#include "device.h"

#include <stdlib.h>
#include <string.h>

typedef exports_amprule_device_driver_turn_input_t input_t;
typedef exports_amprule_device_driver_seen_t seen_t;
typedef exports_amprule_device_driver_problem_t problem_t;

enum { FIRST = 100, COUNT = 4, LIMIT = 200, SWITCH = 201 };
// In tenths of an ampere.
enum { MOST = 320, LEAST = 60 };

// A number of up to five digits, as kept and shown.
static void digits(device_string_t *text, uint32_t number) {
  char *end = (char *)malloc(10) + 10, *at = end;
  do {
    *--at = '0' + number % 10;
    number /= 10;
  } while (number > 0);
  text->ptr = (uint8_t *)at;
  text->len = end - at;
}

// 0 is off. Less than a car can take is off, and more than what is allowed is never said.
static uint16_t tenths(const input_t *input) {
  uint32_t limit = input->limit_da.is_some && input->limit_da.val < MOST ? input->limit_da.val : MOST;
  return input->on && limit >= LEAST ? limit : 0;
}

// Whether the box does not refuse it. The refusal is the turn's end: nobody may go on as if the box had been switched.
static bool say(uint16_t address, uint16_t word, problem_t *problem) {
  device_string_t wire, why;
  device_string_set(&wire, "main");
  amprule_device_wires_writing_t what = {.tag = AMPRULE_DEVICE_WIRES_WRITING_ONE};
  what.val.one.f0 = address;
  what.val.one.f1 = word;
  if (amprule_device_wires_write(&wire, &what, &why)) {
    return true;
  }
  problem->tag = AMPRULE_TYPES_TYPES_PROBLEM_FAILED;
  problem->val.failed = why;
  return false;
}

static bool is(const device_option_string_t *kept, const device_string_t *said) {
  return kept->is_some && kept->val.len == said->len && memcmp(kept->val.ptr, said->ptr, said->len) == 0;
}

bool exports_amprule_device_driver_turn(input_t *input, seen_t *seen, problem_t *problem) {
  uint16_t wanted = tenths(input);
  device_string_t said;
  digits(&said, wanted);
  if (input->fresh || !is(&input->kept, &said)) {
    // A limit first: what is switched on then begins with it.
    if (wanted > 0 && !say(LIMIT, wanted, problem)) {
      return false;
    }
    if (!say(SWITCH, wanted > 0, problem)) {
      return false;
    }
  }

  device_string_t wire;
  device_string_set(&wire, "main");
  device_list_u16_t words;
  if (!amprule_device_wires_read(&wire, AMPRULE_DEVICE_WIRES_TABLE_HOLDING, FIRST, COUNT, &words) || words.len < COUNT) {
    problem->tag = AMPRULE_TYPES_TYPES_PROBLEM_FAILED;
    device_string_dup(&problem->val.failed, "the box refuses its registers");
    return false;
  }

  static const uint8_t STATES[] = {
      EXPORTS_AMPRULE_DEVICE_DRIVER_STATE_AVAILABLE,
      EXPORTS_AMPRULE_DEVICE_DRIVER_STATE_PLUGGED,
      EXPORTS_AMPRULE_DEVICE_DRIVER_STATE_SUSPENDED_VEHICLE,
      EXPORTS_AMPRULE_DEVICE_DRIVER_STATE_CHARGING,
  };
  memset(seen, 0, sizeof *seen);
  if (words.ptr[0] < sizeof STATES) {
    seen->state = STATES[words.ptr[0]];
  } else {
    seen->state = EXPORTS_AMPRULE_DEVICE_DRIVER_STATE_FAULTED;
    seen->error.is_some = true;
    digits(&seen->error.val, words.ptr[0]);
  }
  seen->power_w.is_some = true;
  seen->power_w.val = words.ptr[1];
  seen->energy_wh.is_some = true;
  seen->energy_wh.val.coefficient = (int64_t)words.ptr[2] << 16 | words.ptr[3];
  seen->keep.is_some = true;
  seen->keep.val = said;
  return true;
}
