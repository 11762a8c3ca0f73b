#include "providers/fcm_account.h"

#include <jwt.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

namespace tidings::providers {
namespace {

constexpr const char* scope = "https://www.googleapis.com/auth/firebase.messaging";

Error invalid(std::string message) { return {ErrorKind::invalid, std::move(message)}; }

struct FreeJwt {
  void operator()(jwt_t* jwt) const { jwt_free(jwt); }
};

}  // namespace

Result<FcmAccount> parseFcmAccount(std::string_view json) {
  const auto root = nlohmann::json::parse(json, nullptr, false);
  if (!root.is_object()) return invalid("service account: expected a JSON object");
  FcmAccount account;
  const std::pair<const char*, std::string*> fields[] = {{"client_email", &account.clientEmail},
                                                         {"private_key", &account.privateKey},
                                                         {"private_key_id", &account.privateKeyId},
                                                         {"project_id", &account.projectId},
                                                         {"token_uri", &account.tokenUri}};
  for (const auto& [name, target] : fields) {
    const auto found = root.find(name);
    if (found == root.end() || !found->is_string() || found->get_ref<const std::string&>().empty())
      return invalid("service account: expected a text in \"" + std::string(name) + "\"");
    *target = found->get<std::string>();
  }
  return account;
}

Result<std::string> signAssertion(const FcmAccount& account, WallTime now) {
  jwt_t* raw = nullptr;
  if (jwt_new(&raw) != 0) return Error{ErrorKind::internal, "no memory for a JWT"};
  const std::unique_ptr<jwt_t, FreeJwt> jwt(raw);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  const auto* key = reinterpret_cast<const unsigned char*>(account.privateKey.data());
  const bool built =
      jwt_set_alg(raw, JWT_ALG_RS256, key, static_cast<int>(account.privateKey.size())) == 0 &&
      jwt_add_header(raw, "kid", account.privateKeyId.c_str()) == 0 &&
      jwt_add_grant(raw, "iss", account.clientEmail.c_str()) == 0 &&
      jwt_add_grant(raw, "scope", scope) == 0 &&
      jwt_add_grant(raw, "aud", account.tokenUri.c_str()) == 0 &&
      jwt_add_grant_int(raw, "iat", seconds.count()) == 0 &&
      jwt_add_grant_int(raw, "exp", seconds.count() + 3600) == 0;
  char* text = built ? jwt_encode_str(raw) : nullptr;
  if (text == nullptr)
    return invalid("service account: private_key can't sign (an RSA key in PEM?)");
  std::string assertion(text);
  std::free(text);  // this version of libjwt has no function of its own for it
  return assertion;
}

std::string tokenRequestBody(std::string_view assertion) {
  // The JWT's alphabet needs no encoding.
  return "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" +
         std::string(assertion);
}

}  // namespace tidings::providers
