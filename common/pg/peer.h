// Who is at the other end of a session, and whether others could read along or stand in its place.
// The address alone doesn't tell: the environment (PGHOST, PGHOSTADDR, PGSSLMODE) and a service
// file have their part in it. Pure.
#pragma once

#include <string>

namespace tidings::pg {

struct Peer {
  std::string address;     // an IP address; empty for a socket of this machine
  bool encrypted = false;  // with TLS, or by Kerberos
  bool verified = false;   // nobody else can answer in its place
};

// Empty if nothing is exposed.
std::string exposureOf(const Peer& peer);

}  // namespace tidings::pg
