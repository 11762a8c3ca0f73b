// JSON text → nodes. Private to this room.
#pragma once

#include "json/document.h"

namespace tidings {

class JsonReader {
 public:
  // Strings are unescaped where they stand in the document's own text, which ends with a NUL byte:
  // no rule of the grammar accepts one, so nothing else stops the reader at the end.
  JsonReader(JsonDocument& to, size_t size, int maxDepth)
      : to_(to), at_(to.text_.get()), end_(at_ + size), depthLeft_(maxDepth) {}

  bool read();

 private:
  bool value();
  bool object();
  bool array();
  bool string();
  bool escape(char*& to);
  bool hex4(unsigned& out);
  bool number();
  bool digits();
  bool literal(std::string_view word, JsonNode node);
  bool take(char c);
  void blanks();

  size_t open(JsonKind kind);
  void close(size_t self, size_t count);
  void dropRepeated(JsonNode& object);
  void sortNames(JsonNode& object);

  JsonDocument& to_;
  char* at_;
  char* const end_;
  int depthLeft_;
};

}  // namespace tidings
