#include "pg/sqlstate.h"

#include <gtest/gtest.h>

namespace tidings::pg {
namespace {

TEST(SqlState, WithoutAVerdictTheStatementMayHaveBeenDone) {
  EXPECT_EQ(kindOf(""), ErrorKind::uncertain);
  EXPECT_EQ(kindOf("08006"), ErrorKind::uncertain);
  EXPECT_EQ(kindOf("57P01"), ErrorKind::uncertain);
  EXPECT_EQ(kindOf("40003"), ErrorKind::uncertain);
}

TEST(SqlState, WhatMaySucceedLaterIsTransient) {
  for (const auto* code : {"40001", "40P01", "53300", "55P03", "57014", "25006", "26000"}) {
    EXPECT_EQ(kindOf(code), ErrorKind::transient) << code;
  }
}

TEST(SqlState, BadDataIsInvalidAndABadStatementPermanent) {
  for (const auto* code : {"22021", "22P02", "23505", "23514"}) {
    EXPECT_EQ(kindOf(code), ErrorKind::invalid) << code;
  }
  for (const auto* code : {"42P01", "42883", "28P01", "3D000", "0A000", "XX000"}) {
    EXPECT_EQ(kindOf(code), ErrorKind::permanent) << code;
  }
}

}  // namespace
}  // namespace tidings::pg
