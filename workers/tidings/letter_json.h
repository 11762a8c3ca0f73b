// A dead letter as JSON, and back: what export writes, import reads. Lossless. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "amqp/types.h"
#include "base/result.h"
#include "letter_info.h"
#include "queue/dead_letters.h"

namespace tidings::cli {

// Values that JSON has no word for become {"$timestamp": seconds}, {"$bytes": base64} or
// {"$decimal": [scale, value]}.
nlohmann::json toJson(const amqp::Table& table);
amqp::Table tableFrom(const nlohmann::json& object);

// For people and their scripts: what describe() found, properties, headers, and the body parsed
// where it is JSON.
nlohmann::json toShow(const LetterInfo& info, const queue::DeadLetter& letter);

struct ExportedLetter {
  std::string type;
  std::string body;
  amqp::Properties properties;
};
nlohmann::json toExport(const std::string& type, const queue::DeadLetter& letter);
// Error{invalid} says which member is missing or of the wrong kind.
Result<ExportedLetter> fromExport(std::string_view line);

// Bytes that are no UTF-8 are replaced: a dump never fails on foreign text.
std::string dump(const nlohmann::json& value, int indent = -1);

}  // namespace tidings::cli
