// The form of a libpq connection URI. libpq reads it, too, but quotes the whole of what it can't
// read, password included; so what it would complain about is refused here. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace tidings::config {

struct PostgresUrl {
  bool named = false;     // it has hosts; where it has none, PGHOST or a service has them
  bool local = false;     // it has, and each is this machine or a socket
  bool verified = false;  // sslmode=verify-full: nobody else can answer in the server's place
};

// nullopt for what is not plainly
// postgresql://[user[:password]@][host[:port],…][/db][?key=value&…]. A password with a bare @, / or
// % is none: which part of it is the host would be a guess.
std::optional<PostgresUrl> parsePostgresUrl(std::string_view text);

}  // namespace tidings::config
