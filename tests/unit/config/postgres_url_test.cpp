#include "config/postgres_url.h"

#include <gtest/gtest.h>

namespace tidings::config {
namespace {

TEST(PostgresUrl, KnowsTheMachineAndTheProof) {
  struct Case {
    const char* text;
    bool local, verified;
  };
  for (const Case& c : {
           Case{"postgresql://u:p@127.0.0.1:5432/db", true, false},
           Case{"postgres://", true, false},
           Case{"postgresql:///db?host=/var/run/postgresql", true, false},
           Case{"postgresql://%2Fvar%2Frun/db", true, false},
           Case{"postgresql://u@[::1]:5432/db", true, false},
           Case{"postgresql://u:p%40%2F%25@db.example.com/db", false, false},
           Case{"postgresql://u@db.example.com/db?sslmode=require", false, false},
           Case{"postgresql://u@db.example.com/db?connect_timeout=5&sslmode=verify-full", false,
                true},
           Case{"postgresql://localhost,db.example.com:1/db", false, false},
           Case{"postgresql:///db?host=db.example.com", false, false},
       }) {
    const auto url = parsePostgresUrl(c.text);
    ASSERT_TRUE(url) << c.text;
    EXPECT_EQ(url->local, c.local) << c.text;
    EXPECT_EQ(url->verified, c.verified) << c.text;
  }
}

// Each of these made libpq quote a part of the password in its complaint.
TEST(PostgresUrl, RefusesWhatLibpqWouldQuote) {
  for (const char* text :
       {"", "u:p@h/db", "mysql://u@h/db", "postgresql://u:p@[::1:5432/db",
        "postgresql://u:p%zz@h/db", "postgresql://u:p%00@h/db", "postgresql://u:p%2@h/db",
        "postgresql://u:p@q@h/db", "postgresql://u:p/q@h/db", "postgresql://u:1/q@h/db",
        "postgresql://u:p?q@h/db", "postgresql://u:p@h:port/db", "postgresql://u:p@[::1]x/db",
        "postgresql://u:p@h/db?password=a&b", "postgresql://u:p@h/db?password=a=b",
        "postgresql://u:p@h/db?"}) {
    EXPECT_FALSE(parsePostgresUrl(text)) << text;
  }
}

}  // namespace
}  // namespace tidings::config
