#include "config/config.h"
#include "providers/fcm.h"
#include "providers/provider.h"
#include "providers/smtp.h"
#include "providers/twilio.h"

namespace tidings::providers {

Result<std::unique_ptr<Provider>> makeProvider(const config::ProviderConfig& config,
                                               http::Client& client, Loop& loop) {
  if (config.kind == "fcm") return makeFcm(config, client, loop);
  if (config.kind == "twilio") return makeTwilio(config, client, loop);
  if (config.kind == "smtp") return makeSmtp(config, client, loop);
  return Error{ErrorKind::invalid, "kind: found " + config.kind + ", expected fcm, smtp or twilio"};
}

}  // namespace tidings::providers
