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
           Case{"postgresql:///db?host=/var/run/postgresql", true, false},
           Case{"postgresql:///db?host=%2Fvar%2Frun", true, false},
           Case{"postgresql://%2Fvar%2Frun/db", true, false},
           Case{"postgresql://%64b.example.com/db", false, false},
           Case{"postgresql://%31%32%37.0.0.1,%2Frun/db", true, false},
           Case{"postgresql://localhost%2Cdb.example.com/db", false, false},
           Case{"postgresql://u@[::1]:5432/db", true, false},
           Case{"postgresql://u:p%40%2F%25@db.example.com/db", false, false},
           Case{"postgresql://u@db.example.com/db?sslmode=require", false, false},
           Case{"postgresql://u@db.example.com/db?connect_timeout=5&sslmode=verify-full", false,
                true},
           Case{"postgresql://localhost,db.example.com:1/db", false, false},
           Case{"postgresql:///db?host=db.example.com", false, false},
           Case{"postgresql://localhost/db?host=db.example.com", false, false},
           Case{"postgresql://localhost/db?%68ost=db.example.com", false, false},
           Case{"postgresql:///db?host=localhost,", false, false},
           Case{"postgresql://localhost/db?hostaddr=192.0.2.7", false, false},
           Case{"postgresql://db.example.com/db?hostaddr=127.0.0.1", true, false},
           Case{"postgresql://h/db?sslmode=verify-full&%73slmode=disable", false, false},
           Case{"postgresql://h/db?sslmode=verify-full&ssl=true", false, false},
           Case{"postgresql://h/db?%73slmode=verify-%66ull", false, true},
       }) {
    const auto url = parsePostgresUrl(c.text);
    ASSERT_TRUE(url) << c.text;
    EXPECT_TRUE(url->named) << c.text;
    EXPECT_EQ(url->local, c.local) << c.text;
    EXPECT_EQ(url->verified, c.verified) << c.text;
  }
}

// libpq then takes the host from PGHOST, PGHOSTADDR or a service file.
TEST(PostgresUrl, WithoutAHostItIsNotKnownToBeLocal) {
  for (const char* text : {"postgres://", "postgresql://u@/db", "postgresql://:5432/db",
                           "postgresql:///db?service=main", "postgresql:///db?host="}) {
    const auto url = parsePostgresUrl(text);
    ASSERT_TRUE(url) << text;
    EXPECT_FALSE(url->named) << text;
    EXPECT_FALSE(url->local) << text;
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
