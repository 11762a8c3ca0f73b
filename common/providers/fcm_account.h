// The service account that FCM's access tokens are fetched for.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tidings::providers {

struct FcmAccount {
  std::string clientEmail, privateKey, privateKeyId, projectId, tokenUri;
};

// Error{invalid} names the field, never its content.
Result<FcmAccount> parseFcmAccount(std::string_view json);

// The signed JWT that is exchanged for an access token; good for an hour from `now`.
// Error{invalid} when the private key can't sign.
Result<std::string> signAssertion(const FcmAccount& account, WallTime now);

// The form body of the token request.
std::string tokenRequestBody(std::string_view assertion);

}  // namespace tidings::providers
