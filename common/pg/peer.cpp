#include "pg/peer.h"

namespace tidings::pg {
namespace {

bool isThisMachine(const std::string& address) {
  return address.empty() || address.starts_with("127.") || address == "::1";
}

}  // namespace

std::string exposureOf(const Peer& peer) {
  if (isThisMachine(peer.address) || (peer.encrypted && peer.verified)) return {};
  const std::string who = "postgres: the session with " + peer.address;
  if (!peer.encrypted) return who + " is not encrypted: use sslmode=verify-full";
  return who + " is encrypted, but nothing proves the server: use sslmode=verify-full";
}

}  // namespace tidings::pg
