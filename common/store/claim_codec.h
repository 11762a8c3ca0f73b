// Between a batch of claims and the arguments and rows of tidings.claim(). Pure.
#pragma once

#include <string_view>
#include <vector>

#include "pg/params.h"
#include "pg/rows.h"
#include "store/claims.h"

namespace tidings::store {

// A claim on its way. The first one's token names the whole batch: the same jobs in the same
// composition recognise themselves.
struct PendingClaim {
  const JobClaim* job;
  int64_t token = 0;
};

// The same claims to be made one by one. They recognise themselves whether they were committed
// alone or in the batch, because each has the tokens that it has there.
std::vector<PendingClaim> eachAlone(const std::vector<PendingClaim>& batch);

struct ClaimContext {
  InstanceId instance;
  Millis retention{};
  Millis restartGrace{};
};

inline constexpr std::string_view claimSql =
    "select o_item, o_verdict, o_attempt, o_day, o_at, o_state, o_reason, o_provider, o_error "
    "from tidings.claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,"
    " $18, $19, $20, $21)";

// What encodeClaims() makes the arguments of. Where a message of the batch was tried before, its
// record ends in the same commit, if endsRecord() says so: at each moment a death counts in one
// place.
std::string_view claimSqlFor(const std::vector<PendingClaim>& claims);
pg::Params encodeClaims(const std::vector<PendingClaim>& claims, const ClaimContext& context);

// One list of answers per job, in order.
std::vector<std::vector<ClaimAnswer>> decodeClaims(const pg::Rows& rows,
                                                   const std::vector<PendingClaim>& claims);

// False when a text of it is none that the database can hold.
bool fitsDatabase(const JobClaim& job);

}  // namespace tidings::store
