// Between a batch of settlements and the arguments and rows of tidings.settle(). Pure.
#pragma once

#include <string_view>
#include <vector>

#include "pg/params.h"
#include "pg/rows.h"
#include "store/settlement.h"

namespace tidings::store {

inline constexpr std::string_view settleSql =
    "select item from tidings.settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
    " $15, $16, $17, $18) item";

using Settlements = std::vector<Settlement>;  // one job's

pg::Params encodeSettlements(const std::vector<const Settlements*>& jobs);

// One for each job.
std::vector<TakenOver> decodeSettled(const pg::Rows& rows,
                                     const std::vector<const Settlements*>& jobs);

bool fitsDatabase(const Settlement& settlement);

}  // namespace tidings::store
