#include "providers/fcm_account.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "unit/providers/rsa_key.h"
#include "unit/providers/support.h"

namespace tidings::providers {
namespace {

using nlohmann::json;

json account() {
  return {{"client_email", "a@p.example"},
          {"private_key", testRsaKey()},
          {"private_key_id", "kid-1"},
          {"project_id", "p"},
          {"token_uri", "https://t.example/token"}};
}

std::string fromUrlAlphabet(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return decodeBase64(text);
}

bool verifies(const std::string& text, const std::string& signature) {
  BIO* bio = BIO_new_mem_buf(testRsaKey().data(), static_cast<int>(testRsaKey().size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key);
  const int good = EVP_DigestVerify(
      context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
      reinterpret_cast<const unsigned char*>(text.data()), text.size());
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  BIO_free(bio);
  return good == 1;
}

TEST(FcmAccount, SignsWhatTheTokenEndpointChecks) {
  const auto parsed = parseFcmAccount(account().dump());
  ASSERT_TRUE(parsed.ok());
  const auto jwt = signAssertion(*parsed, WallTime{std::chrono::seconds{1'767'323'045}});
  ASSERT_TRUE(jwt.ok()) << jwt.error().message;
  const size_t first = jwt->find('.'), last = jwt->rfind('.');
  const json header = json::parse(fromUrlAlphabet(jwt->substr(0, first)));
  const json claims = json::parse(fromUrlAlphabet(jwt->substr(first + 1, last - first - 1)));
  EXPECT_EQ(header, (json{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "kid-1"}}));
  EXPECT_EQ(claims, (json{{"iss", "a@p.example"},
                          {"scope", "https://www.googleapis.com/auth/firebase.messaging"},
                          {"aud", "https://t.example/token"},
                          {"iat", 1'767'323'045},
                          {"exp", 1'767'326'645}}));
  EXPECT_TRUE(verifies(jwt->substr(0, last), fromUrlAlphabet(jwt->substr(last + 1))));
}

TEST(FcmAccount, NamesTheMissingFieldAndShowsNone) {
  for (const char* field :
       {"client_email", "private_key", "private_key_id", "project_id", "token_uri"}) {
    for (const json& wrong : {json(nullptr), json(""), json(7)}) {
      json changed = account();
      changed[field] = wrong;
      const auto parsed = parseFcmAccount(changed.dump());
      ASSERT_FALSE(parsed.ok());
      EXPECT_NE(parsed.error().message.find("\"" + std::string(field) + "\""), std::string::npos);
      EXPECT_EQ(parsed.error().message.find("PRIVATE KEY"), std::string::npos);
    }
  }
  EXPECT_FALSE(parseFcmAccount("[").ok());
}

TEST(FcmAccount, AKeyThatCannotSignIsAnErrorThatDoesNotShowIt) {
  FcmAccount bad = *parseFcmAccount(account().dump());
  for (const std::string key : {"canary-key", "-----BEGIN PRIVATE KEY-----\ncanary\n"}) {
    bad.privateKey = key;
    const auto jwt = signAssertion(bad, WallTime{});
    ASSERT_FALSE(jwt.ok());
    EXPECT_EQ(jwt.error().message.find("canary"), std::string::npos);
  }
}

}  // namespace
}  // namespace tidings::providers
