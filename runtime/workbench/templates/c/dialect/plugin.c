// A model that sends its tags with a serial number behind them.
//
// The message is JSON as a text. The answer is the message anew, or nothing: it stays as it is then. What traps passes the
// message on. dialect.h is made from wit/ by `amprule build`, into target/bindings.

#include "dialect.h"

#include <stdlib.h>
#include <string.h>

typedef exports_amprule_dialect_dialect_dialect_input_t input_t;
typedef exports_amprule_dialect_dialect_dialect_output_t output_t;

static const char TAG[] = "\"idTag\":\"";

// Where `part` begins in the text, or its length where it does not.
static size_t find(const uint8_t *text, size_t len, size_t from, const char *part, size_t part_len) {
  for (size_t at = from; part_len > 0 && at + part_len <= len; at++) {
    if (memcmp(text + at, part, part_len) == 0) {
      return at;
    }
  }
  return len;
}

// The host gives every parameter that plugin.toml declares.
static const dialect_string_t *text_parameter(const input_t *input, const char *name) {
  for (size_t at = 0; at < input->parameters.len; at++) {
    const amprule_types_types_parameter_t *parameter = &input->parameters.ptr[at];
    if (parameter->name.len == strlen(name) && memcmp(parameter->name.ptr, name, parameter->name.len) == 0) {
      return &parameter->value.val.text;
    }
  }
  abort();
}

bool exports_amprule_dialect_dialect_translate(input_t *input, output_t *output, exports_amprule_dialect_dialect_problem_t *error) {
  (void)error; // `return false` with a text in it says why the message stays as it is.
  memset(output, 0, sizeof *output);
  const uint8_t *text = input->message.ptr;
  size_t len = input->message.len;
  const dialect_string_t *behind = text_parameter(input, "behind");
  size_t begin = find(text, len, 0, TAG, sizeof TAG - 1) + sizeof TAG - 1;
  if (input->direction != EXPORTS_AMPRULE_DIALECT_DIALECT_DIRECTION_INBOUND || begin >= len) {
    return true;
  }
  size_t end = find(text, len, begin, "\"", 1);
  size_t cut = find(text, end, begin, (const char *)behind->ptr, behind->len);
  if (cut < end) {
    output->message.is_some = true;
    output->message.val.len = len - (end - cut);
    output->message.val.ptr = malloc(output->message.val.len);
    memcpy(output->message.val.ptr, text, cut);
    memcpy(output->message.val.ptr + cut, text + end, len - end);
  }
  return true;
}
