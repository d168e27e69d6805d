#include "planner/cost/operations.h"

#include <algorithm>

namespace lcr {
namespace {

class Chain {
 public:
  // Each operation waits for the one before.
  void then(OperationKind kind, PlaceKind place, int64_t in, int64_t out, int64_t live, double flops = 0) {
    Operation operation{kind, place, {}, in, out, live, flops};
    if (!operations.empty()) operation.after = {uint32_t(operations.size() - 1)};
    operations.push_back(std::move(operation));
  }
  std::vector<Operation> operations;
};

int64_t elements(const JobWork& work) {
  int64_t sum = 0;
  for (const ModuleWork& module : work.modules) sum += module.rows * module.columns;
  return sum;
}

// Largest magnitude, division, rounding, clamping, packing; an observer that searches repeats most of it for each of
// about 20 candidates.
double solve_flops(const JobWork& work) { return double(elements(work)) * (work.searches ? 5.0 * 20 : 5.0); }

}  // namespace

std::vector<Operation> operations_of(const JobWork& work, int64_t tile_rows, int64_t piece, bool cuda) {
  const TileBytes tile = tile_bytes(work, tile_rows, piece);
  const int64_t stored = work.stored(), decoded = work.decoded(), made = work.made(), passes = work.passes;
  // What is solved: the decoded rows, or the stored ones in place.
  const int64_t usable = decoded > 0 ? decoded : stored;
  Chain chain;
  chain.then(OperationKind::Read, PlaceKind::Host, stored * passes, stored * passes, tile.stored);
  if (work.copies) {
    if (made != stored) chain.then(OperationKind::Copy, PlaceKind::Host, stored, made, tile.stored + tile.made);
    chain.then(OperationKind::Write, PlaceKind::Host, made, made, std::max(tile.stored, tile.made));
    return chain.operations;
  }
  const PlaceKind place = cuda ? PlaceKind::Device : PlaceKind::Host;
  if (cuda) chain.then(OperationKind::Move, PlaceKind::Device, stored * passes, stored * passes, tile.stored);
  if (decoded > 0)
    chain.then(OperationKind::Decode, place, stored * passes, decoded * passes, tile.stored + tile.decoded);
  if (work.solves) {
    chain.then(OperationKind::Solve, place, usable * passes, made, tile.total(), solve_flops(work));
  } else {
    chain.then(OperationKind::Copy, place, usable, made, tile.total());
  }
  if (cuda) chain.then(OperationKind::Move, PlaceKind::Host, made, made, tile.stored + tile.made);
  chain.then(OperationKind::Write, PlaceKind::Host, made, made, tile.made);
  return chain.operations;
}

JobSeconds seconds_of(const JobWork& work, int64_t tile_rows, int64_t piece, bool cuda, const Profile& profile) {
  const int passes = work.passes;
  const double stored = double(work.stored()) * passes, decoded = double(work.decoded()) * passes,
               made = double(work.made());
  const double usable = decoded > 0 ? decoded : stored;
  const double tiles = double(tiles_of(work, tile_rows, piece)) * passes;
  JobSeconds seconds;
  // What was read a moment ago comes out of the page cache.
  seconds.read = double(work.stored()) / profile.read + double(work.stored()) * (passes - 1) / profile.copy;
  seconds.write = made / profile.write;
  // Steps of a tile, each with a fixed cost.
  double steps = 2;
  if (work.copies) {
    if (work.made() != work.stored()) seconds.compute = made / profile.copy, steps = 3;
  } else {
    const double solve = work.searches ? (cuda ? profile.device_search : profile.search)
                                       : (cuda ? profile.device_quantize : profile.quantize);
    seconds.compute =
        decoded / (cuda ? profile.device_decode : profile.decode) + usable / (work.solves ? solve : profile.copy);
    if (cuda) seconds.compute += (stored + made) / profile.transfer;
    steps = cuda ? 6 : 4;
  }
  seconds.compute += tiles * steps * profile.operation;
  seconds.alone = (seconds.read + seconds.compute) / (passes > 1 ? 1 : tiles);
  return seconds;
}

int64_t live_bytes(const std::vector<Operation>& operations, PlaceKind place) {
  int64_t most = 0;
  for (const Operation& operation : operations)
    if (operation.place == place) most = std::max(most, operation.live);
  return most;
}

}  // namespace lcr
