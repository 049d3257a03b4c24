// Who may charge: tokens in good standing, and one session at a time if the operator wants that.
//
// The input is all there is to know. OPINION_NO_OPINION leaves the answer to the next policy. What traps takes the host's
// fallback. authorization.h is made from wit/ by `amprule build`, into target/bindings.

#include "authorization.h"

#include <stdlib.h>
#include <string.h>

typedef exports_amprule_authorization_authorization_authorization_input_t input_t;
typedef exports_amprule_authorization_authorization_authorization_output_t output_t;

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

static bool reject(output_t *output, const char *reason, const char *message) {
  output->verdict = EXPORTS_AMPRULE_AUTHORIZATION_AUTHORIZATION_OPINION_REJECT;
  output->reason.is_some = true;
  authorization_string_dup(&output->reason.val, reason);
  output->message.is_some = true;
  authorization_string_dup(&output->message.val, message);
  return true;
}

bool exports_amprule_authorization_authorization_authorize(
    input_t *input, output_t *output, exports_amprule_authorization_authorization_problem_t *error) {
  (void)error; // `return false` with a text in it says why there is no answer.
  memset(output, 0, sizeof *output);
  bool accepted = input->token.status.is_some &&
                  input->token.status.val == EXPORTS_AMPRULE_AUTHORIZATION_AUTHORIZATION_TOKEN_STATUS_ACCEPTED;
  if (!accepted) {
    return reject(output, "Blocked", "This card cannot be used here.");
  }
  // A card that is shown may be shown to stop: a start alone is refused.
  bool starts = input->purpose == EXPORTS_AMPRULE_AUTHORIZATION_AUTHORIZATION_PURPOSE_START;
  if (starts && parameter(input, "one_session_at_a_time")->val.boolean && input->open_sessions > 0) {
    return reject(output, "ConcurrentTx", "This card is already charging.");
  }
  output->verdict = EXPORTS_AMPRULE_AUTHORIZATION_AUTHORIZATION_OPINION_ACCEPT;
  return true;
}
