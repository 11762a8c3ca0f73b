#include "http/answer_reader.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace tidings::http {
namespace {

struct Read {
  AnswerReader reader{100};
  explicit Read(std::string_view bytes) { reader.feed(bytes); }
};

bool keptAfter(std::string_view bytes) {
  const Read answer(bytes);
  EXPECT_TRUE(answer.reader.done()) << bytes;
  return answer.reader.keepsConnection();
}

TEST(AnswerReader, ReadsStatusAndBody) {
  Read answer("HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH: 5\r\n\r\nhello");
  ASSERT_TRUE(answer.reader.done());
  EXPECT_EQ(answer.reader.status(), 200);
  EXPECT_EQ(answer.reader.body(), "hello");
  EXPECT_TRUE(answer.reader.keepsConnection());
}

TEST(AnswerReader, ReadsTheSameInAnyPieces) {
  const std::string_view bytes =
      "HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\nHTTP/1.1 503\r\nRetry-After:  7 \r\n"
      "Transfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
  for (size_t size = 1; size <= bytes.size(); ++size) {
    AnswerReader reader(100);
    for (size_t at = 0; at < bytes.size(); at += size) {
      ASSERT_FALSE(reader.done());
      reader.feed(bytes.substr(at, size));
    }
    ASSERT_TRUE(reader.done()) << size;
    EXPECT_EQ(reader.status(), 503);
    EXPECT_EQ(reader.body(), "abc0123456789");
    EXPECT_EQ(reader.retryAfter(), "7");
    EXPECT_TRUE(reader.keepsConnection());
  }
}

TEST(AnswerReader, ReadsOneAfterAnother) {
  AnswerReader reader(100);
  reader.feed("HTTP/1.1 500 x\r\nRetry-After: 1\r\nContent-Length: 1\r\n\r\na");
  reader.restart();
  EXPECT_FALSE(reader.begun());
  reader.feed("HTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(reader.done());
  EXPECT_EQ(reader.status(), 204);
  EXPECT_EQ(reader.body(), "");
  EXPECT_EQ(reader.retryAfter(), "");
}

TEST(AnswerReader, EndsWithTheConnectionWhereThereIsNoLength) {
  Read answer("HTTP/1.1 200 OK\r\n\r\nall of");
  EXPECT_FALSE(answer.reader.done());
  answer.reader.feed(" it");
  answer.reader.end();
  ASSERT_TRUE(answer.reader.done());
  EXPECT_EQ(answer.reader.body(), "all of it");
  EXPECT_FALSE(answer.reader.keepsConnection());
}

TEST(AnswerReader, IsNotDoneWhenTheConnectionEndsBefore) {
  for (const std::string_view bytes : std::initializer_list<std::string_view>{
           "", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
           "3\r\nabc\r\n0\r\n"}) {
    Read answer(bytes);
    answer.reader.end();
    EXPECT_FALSE(answer.reader.done()) << bytes;
  }
}

TEST(AnswerReader, StopsAtTheCap) {
  for (const std::string_view head :
       {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"}) {
    Read answer(head);
    EXPECT_TRUE(answer.reader.feed(std::string(100, 'x')));
    EXPECT_FALSE(answer.reader.feed("x"));
    EXPECT_TRUE(answer.reader.done());
    EXPECT_TRUE(answer.reader.truncated());
    EXPECT_EQ(answer.reader.body().size(), 100U);
    EXPECT_FALSE(answer.reader.keepsConnection());
  }
}

TEST(AnswerReader, KnowsForHowLongTheServerKeepsTheConnection) {
  const auto keptFor = [](const std::string& value) {
    const Read answer("HTTP/1.1 200 OK\r\nKeep-Alive: " + value + "\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(answer.reader.done()) << value;
    return answer.reader.keepsFor();
  };
  EXPECT_EQ(keptFor("timeout=5"), 5U);
  EXPECT_EQ(keptFor("max=100, Timeout=75"), 75U);
  for (const char* none : {"", "max=100", "timeout=", "timeout=x", "timeout=-1", "timeouts=5"}) {
    EXPECT_FALSE(keptFor(none)) << none;
  }
}

TEST(AnswerReader, KnowsWhetherTheConnectionIsKept) {
  EXPECT_TRUE(keptAfter("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(keptAfter("HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(keptAfter("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(keptAfter("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(keptAfter("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore"));
  EXPECT_FALSE(
      keptAfter("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n"
                "0\r\n\r\n"));
}

TEST(AnswerReader, RefusesWhatIsNotClearlyFramed) {
  for (const std::string_view bytes :
       {"hello\r\n", "HTTP/2 200\r\n", "HTTP/1.x 200 OK\r\n", "HTTP/1.1 20\r\n",
        "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 -20 OK\r\n", "HTTP/1.1 099 OK\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"}) {
    const Read answer(bytes);
    EXPECT_TRUE(answer.reader.malformed()) << bytes;
  }
  AnswerReader endless(100);
  const std::string line(1000, 'x');
  while (endless.feed(line)) {
  }
  EXPECT_TRUE(endless.malformed());
}

TEST(AnswerReader, KeepsNoConnectionThatIsToBeClosedWhateverElseIsSaid) {
  EXPECT_FALSE(
      keptAfter("HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\n"
                "Content-Length: 0\r\n\r\n"));
  EXPECT_FALSE(
      keptAfter("HTTP/1.0 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\n"
                "Content-Length: 0\r\n\r\n"));
}

TEST(AnswerReader, KeepsNoConnectionAfterABodyWhereThereCanBeNone) {
  for (const std::string status : {"204", "304"}) {
    EXPECT_TRUE(keptAfter("HTTP/1.1 " + status + " x\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_FALSE(keptAfter("HTTP/1.1 " + status + " x\r\nContent-Length: 5\r\n\r\n"));
    EXPECT_FALSE(keptAfter("HTTP/1.1 " + status + " x\r\nTransfer-Encoding: chunked\r\n\r\n"));
  }
}

TEST(AnswerReader, KeepsNoConnectionAfterAnEncodingThatWasSaidTwiceOrIsTooNew) {
  EXPECT_FALSE(
      keptAfter("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"
                "\r\n0\r\n\r\n"));
  EXPECT_FALSE(
      keptAfter("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n"
                "\r\n0\r\n\r\n"));
}

// The connection is read while there is something to read: whoever sends these faster than they are
// read would hold up the whole worker, beyond any deadline.
TEST(AnswerReader, IsNotHeldUpByEndlessInterimAnswers) {
  AnswerReader reader(100);
  size_t fed = 0;
  while (fed < 100'000 && reader.feed("HTTP/1.1 100 Continue\r\n\r\n")) ++fed;
  EXPECT_TRUE(reader.malformed());
}

TEST(AnswerReader, IsNotHeldUpByWhatIsSaidBesidesTheChunks) {
  AnswerReader reader(100'000);
  reader.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "1;" + std::string(1000, 'x') + "\r\na\r\n";
  size_t fed = 0;
  while (fed < 10'000 && reader.feed(chunk)) ++fed;
  EXPECT_TRUE(reader.malformed());
}

TEST(AnswerReader, ReadsABodyInChunksOfOneByte) {
  AnswerReader reader(100'000);
  reader.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 99'999; ++i) reader.feed("1;q=1\r\na\r\n");
  reader.feed("0\r\n\r\n");
  ASSERT_TRUE(reader.done());
  EXPECT_EQ(reader.body().size(), 99'999U);
  EXPECT_TRUE(reader.keepsConnection());
}

}  // namespace
}  // namespace tidings::http
