// The answer to one query: rows of text fields. Owns the library's memory; the views that text()
// returns live as long as it does.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

struct pg_result;  // libpq's PGresult

namespace tidings::pg {

class Rows {
 public:
  Rows() = default;
  explicit Rows(pg_result* owned) : result_(owned, &Rows::release) {}

  int size() const;
  bool empty() const { return size() == 0; }
  // Rows that an INSERT, UPDATE or DELETE touched.
  int64_t affected() const;

  bool isNull(int row, int column) const;
  std::string_view text(int row, int column) const;  // empty for NULL
  int64_t integer(int row, int column) const;        // 0 for NULL and for what is no integer
  bool boolean(int row, int column) const;           // false for NULL

 private:
  static void release(pg_result* result);
  std::unique_ptr<pg_result, void (*)(pg_result*)> result_{nullptr, &Rows::release};
};

}  // namespace tidings::pg
