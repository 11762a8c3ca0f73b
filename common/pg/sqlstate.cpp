#include "pg/sqlstate.h"

#include <algorithm>
#include <iterator>

namespace tidings::pg {
namespace {

struct Entry {
  std::string_view prefix;  // a whole code or a class
  ErrorKind kind;
};

// The first match counts, so exceptions stand before their class.
constexpr Entry table[] = {
    {"08P01", ErrorKind::permanent},    // protocol violation
    {"08", ErrorKind::uncertain},       // connection lost, or its state unknown
    {"25006", ErrorKind::transient},    // read only: a failover is under way
    {"26000", ErrorKind::transient},    // prepared statement is gone: it is prepared again
    {"28", ErrorKind::permanent},       // authorisation
    {"40003", ErrorKind::uncertain},    // statement completion unknown
    {"40", ErrorKind::transient},       // deadlock, serialisation
    {"53", ErrorKind::transient},       // out of memory, disk or connections
    {"54", ErrorKind::invalid},         // a limit of the program: too large
    {"55P03", ErrorKind::transient},    // lock not available
    {"55006", ErrorKind::transient},    // object in use
    {"57P01", ErrorKind::uncertain},    // session terminated by an administrator
    {"57P02", ErrorKind::uncertain},    // the server crashed
    {"57P03", ErrorKind::unreachable},  // starting up or shutting down
    {"57P05", ErrorKind::uncertain},    // idle session timeout
    {"57", ErrorKind::transient},       // cancelled, statement timeout
    {"58", ErrorKind::transient},       // I/O error of the server
    {"22", ErrorKind::invalid},         // data that no column can hold
    {"23", ErrorKind::invalid},         // a constraint
    {"3D000", ErrorKind::permanent},    // no such database
    {"42", ErrorKind::permanent},       // no such table or function: set-up has not run
};

}  // namespace

ErrorKind kindOf(std::string_view sqlstate) {
  if (sqlstate.size() != 5) return ErrorKind::uncertain;
  const auto* found = std::find_if(std::begin(table), std::end(table), [&](const Entry& entry) {
    return sqlstate.starts_with(entry.prefix);
  });
  return found == std::end(table) ? ErrorKind::permanent : found->kind;
}

}  // namespace tidings::pg
