// Reads one HTTP/1.1 answer from the bytes of a connection, in whatever pieces they come. Pure.
// What is not clearly framed is malformed: a guess could take one answer for the next one's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidings::http {

class AnswerReader {
 public:
  explicit AnswerReader(size_t maxBody) : maxBody_(maxBody) {}

  void restart();
  // False when nothing more is to be read: see done() and malformed().
  bool feed(std::string_view bytes);
  // The connection ended; an answer without a length is complete by that.
  void end();

  bool done() const { return phase_ == Phase::done; }
  bool malformed() const { return phase_ == Phase::malformed; }
  bool begun() const { return begun_; }
  // Once done: whether another request may follow on the connection.
  bool keepsConnection() const { return !mustClose_ && (!http10_ || keepAlive_); }

  // For how many seconds without a request the server means to keep it, if it says so (Keep-Alive).
  std::optional<uint64_t> keepsFor() const { return keepsFor_; }

  int status() const { return status_; }
  std::string& body() { return body_; }
  bool truncated() const { return truncated_; }  // the body grew over its cap
  const std::string& retryAfter() const { return retryAfter_; }

 private:
  enum class Phase {
    status,
    head,
    sized,
    chunkSize,
    chunk,
    chunkEnd,
    trailer,
    rest,
    done,
    malformed
  };

  void expectHead();
  bool over() const { return phase_ == Phase::done || phase_ == Phase::malformed; }
  void readLine(std::string_view& bytes);
  void readBody(std::string_view& bytes);
  void onLine(std::string_view line);
  void onStatus(std::string_view line);
  void onField(std::string_view line);
  void onContentLength(std::string_view value);
  void onHeadEnd();
  void onChunkSize(std::string_view line);

  const size_t maxBody_;
  Phase phase_ = Phase::status;
  bool begun_ = false;
  int status_ = 0;
  bool http10_ = false;     // closes after the answer, unless it says keep-alive
  bool keepAlive_ = false;  // it says so
  bool mustClose_ = false;  // it says so, or the next answer might begin elsewhere
  bool chunked_ = false;
  bool sized_ = false;
  bool truncated_ = false;
  std::optional<uint64_t> keepsFor_;
  uint64_t left_ = 0;     // of the body, or of the chunk
  size_t lineBytes_ = 0;  // of all heads, or of what is neither head nor body, so far
  std::string partial_;   // the beginning of a line whose end has not come
  std::string retryAfter_;
  std::string body_;
};

}  // namespace tidings::http
