#include "letter_json.h"

#include "base/rfc3339.h"
#include "base/utf8.h"
#include "base64.h"
#include "notification/json_text.h"

namespace tidings::cli {
namespace {

using nlohmann::json;

// A letter's own headers nest less deep; a file may be forged.
constexpr int maxDepth = 20;

json toJson(const amqp::Value& value);

struct ToJson {
  json operator()(std::monostate) const { return nullptr; }
  json operator()(bool value) const { return value; }
  json operator()(int64_t value) const { return value; }
  json operator()(double value) const { return value; }
  json operator()(const std::string& text) const {
    return findInvalidUtf8(text) ? json{{"$bytes", toBase64(text)}} : json(text);
  }
  json operator()(amqp::Timestamp time) const { return {{"$timestamp", time.seconds}}; }
  json operator()(const amqp::Bytes& bytes) const { return {{"$bytes", toBase64(bytes.data)}}; }
  json operator()(amqp::Decimal value) const {
    return {{"$decimal", json::array({value.scale, value.value})}};
  }
  json operator()(const amqp::Array& array) const {
    json out = json::array();
    for (const amqp::Value& one : array) out.push_back(toJson(one));
    return out;
  }
  json operator()(const amqp::Table& table) const { return cli::toJson(table); }
};

json toJson(const amqp::Value& value) { return std::visit(ToJson{}, value.any); }

amqp::Table tableAt(const json& object, int depth);

// An object with one key that begins with $ stands for a value that JSON has no word for.
std::optional<amqp::Value> special(const json& object) {
  if (object.size() != 1) return std::nullopt;
  const std::string& key = object.begin().key();
  const json& inner = object.begin().value();
  if (key == "$timestamp" && inner.is_number_unsigned()) {
    return amqp::Value(amqp::Timestamp{inner.get<uint64_t>()});
  }
  if (key == "$bytes" && inner.is_string()) {
    if (auto bytes = fromBase64(inner.get<std::string>())) return amqp::Value(amqp::Bytes{*bytes});
  }
  const bool decimal = key == "$decimal" && inner.is_array() && inner.size() == 2 &&
                       inner[0].is_number_unsigned() && inner[1].is_number_unsigned();
  if (!decimal) return std::nullopt;
  return amqp::Value(amqp::Decimal{inner[0].get<uint8_t>(), inner[1].get<uint32_t>()});
}

amqp::Value valueAt(const json& value, int depth) {
  if (depth > maxDepth || value.is_null()) return {};
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object()) {
    if (auto found = special(value)) return *found;
    return tableAt(value, depth + 1);
  }
  amqp::Array array;
  for (const json& one : value) array.push_back(valueAt(one, depth + 1));
  return array;
}

amqp::Table tableAt(const json& object, int depth) {
  amqp::Table table;
  for (const auto& [key, value] : object.items()) table.emplace_back(key, valueAt(value, depth));
  return table;
}

void put(json& out, const char* key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}

json toJson(const amqp::Properties& properties) {
  json out{{"headers", cli::toJson(properties.headers)}};
  put(out, "contentType", properties.contentType);
  put(out, "contentEncoding", properties.contentEncoding);
  put(out, "messageId", properties.messageId);
  put(out, "correlationId", properties.correlationId);
  put(out, "replyTo", properties.replyTo);
  put(out, "appId", properties.appId);
  put(out, "type", properties.type);
  if (properties.priority) out["priority"] = *properties.priority;
  if (properties.timestamp) out["timestamp"] = *properties.timestamp;
  return out;
}

std::string textOf(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

amqp::Properties propertiesFrom(const json& object) {
  amqp::Properties properties;
  properties.contentType = textOf(object, "contentType");
  properties.contentEncoding = textOf(object, "contentEncoding");
  properties.messageId = textOf(object, "messageId");
  properties.correlationId = textOf(object, "correlationId");
  properties.replyTo = textOf(object, "replyTo");
  properties.appId = textOf(object, "appId");
  properties.type = textOf(object, "type");
  const auto priority = object.find("priority");
  if (priority != object.end() && priority->is_number_unsigned()) {
    properties.priority = priority->get<uint8_t>();
  }
  const auto timestamp = object.find("timestamp");
  if (timestamp != object.end() && timestamp->is_number_unsigned()) {
    properties.timestamp = timestamp->get<uint64_t>();
  }
  const auto headers = object.find("headers");
  if (headers != object.end() && headers->is_object()) properties.headers = tableFrom(*headers);
  return properties;
}

Error unlike(const std::string& key, const std::string& found, const std::string& expected) {
  return {ErrorKind::invalid, "/" + key + ": found " + found + ", expected " + expected +
                                  ", as `tidings dlq export` writes it"};
}

std::string kindOf(const json& value) {
  if (value.is_null()) return "null";
  return (value.is_structured() ? "an " : "a ") + std::string(value.type_name());
}

// No body is guessed: `dlq show --json` prints one that is parsed, and its bytes can't be had back.
Result<std::string> bodyFrom(const json& object) {
  const bool text = object.contains("body");
  if (text == object.contains("bodyBase64")) {
    return unlike("body", text ? "bodyBase64 beside it" : "nothing",
                  "exactly one of body and bodyBase64");
  }
  const char* key = text ? "body" : "bodyBase64";
  const json& value = object[key];
  if (!value.is_string()) return unlike(key, kindOf(value), "a string");
  if (text) return value.get<std::string>();
  auto bytes = fromBase64(value.get<std::string>());
  if (!bytes) return unlike(key, "another string", "base64");
  return std::move(*bytes);
}

}  // namespace

json toJson(const amqp::Table& table) {
  json out = json::object();
  for (const auto& [key, value] : table) out[key] = toJson(value);
  return out;
}

amqp::Table tableFrom(const json& object) { return tableAt(object, 0); }

json toShow(const LetterInfo& info, const queue::DeadLetter& letter) {
  json out{{"type", info.type},
           {"id", info.id},
           {"reason", info.reason},
           {"channel", info.channel},
           {"provider", info.provider},
           {"error", info.error},
           {"recipients", info.recipients}};
  if (!info.topic.empty()) out["topic"] = info.topic;
  if (info.deadAt) out["deadAt"] = formatRfc3339(*info.deadAt);
  if (info.lostBytes) out["trueBodySize"] = *info.lostBytes;
  out["properties"] = toJson(letter.properties);
  // Within a message's own limits: to print a text of brackets nested without end takes a stack
  // without end, and indented gigabytes.
  auto body = notification::parseJson(letter.body);
  out["body"] = body.ok() ? std::move(*body) : json(letter.body);
  return out;
}

json toExport(const std::string& type, const queue::DeadLetter& letter) {
  json out{{"type", type}, {"properties", toJson(letter.properties)}};
  if (findInvalidUtf8(letter.body)) {
    out["bodyBase64"] = toBase64(letter.body);
  } else {
    out["body"] = letter.body;
  }
  return out;
}

Result<ExportedLetter> fromExport(std::string_view line) {
  const json object = json::parse(line, nullptr, false);
  const Error bad{ErrorKind::invalid,
                  "found something else, expected a line that `tidings dlq export` wrote"};
  if (!object.is_object() || !object.contains("properties")) return bad;
  ExportedLetter letter;
  letter.type = textOf(object, "type");
  if (!object["properties"].is_object() || letter.type.empty()) return bad;
  letter.properties = propertiesFrom(object["properties"]);
  auto body = bodyFrom(object);
  if (!body.ok()) return body.error();
  letter.body = std::move(*body);
  return letter;
}

std::string dump(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

}  // namespace tidings::cli
