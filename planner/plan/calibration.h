#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/language/stack.h"

// The part of a plan that runs the model on calibration data before the files are written.
namespace lcr {

struct CalibrationSource {
  enum class Kind : uint8_t { Text, Chat, Tokens, Tensors } kind = Kind::Text;
  std::string path;       // relative to the plan when it lies below or beside it
  std::string field;      // of a JSON line, or name of a tensor
  std::string template_;  // chat: "model" or a path
  std::string mask = "all";
  int64_t samples = 0;
  bool operator==(const CalibrationSource&) const = default;
};

// Which tokens are read: the recipe's `calibrate` block.
struct CalibrationRequest {
  std::vector<CalibrationSource> sources;
  int64_t length = 0;  // tokens of the longest row
  std::string pick = "first";
  int64_t seed = 0;
  std::string fit = "truncate";
  bool operator==(const CalibrationRequest&) const = default;
};

// One scale that moves from what writes a value to what reads it, in every instance of a unit (and every expert).
// Names stand relative to the unit's instance; `{e}` is the expert's number.
struct SmoothStep {
  std::vector<std::string> writers, readers;
  std::vector<std::string> targets;  // readers that the rule names: their errors decide
  std::string stack;                 // key of Plan::stacks
  uint32_t transform = 0;            // into Stack::transforms
  bool operator==(const SmoothStep&) const = default;
};

// A cut of a layer: one pass over all tokens gathers what its jobs' linears read, then they are solved and the next
// pass sees their new weights.
struct CalibrationStage {
  std::vector<uint32_t> jobs;  // of the unit, in order
  double flops = 0;            // of the pass and of the solve, one instance
  bool operator==(const CalibrationStage&) const = default;
};

struct UnitCalibration {
  uint32_t unit = 0;  // into Plan::units
  std::vector<SmoothStep> smoothing;
  std::vector<CalibrationStage> stages;
  int64_t host_live = 0, device_live = 0;  // bytes beside the rows that wait between passes
  bool operator==(const UnitCalibration&) const = default;
};

struct PlannedCalibration {
  CalibrationRequest data;
  std::string sequential = "stage";   // stage, layer, none
  std::string route = "every_expert"; // every_expert, top_k
  int64_t coverage = 1;               // fewest tokens that an expert may have seen
  std::string starved = "refuse";     // refuse, rtn
  int64_t tile = 8192;                // tokens of one forward, whole rows
  std::string stream = "host";        // where the rows wait between passes: host, device
  int64_t stream_bytes = 0;           // of all rows that wait at once
  int64_t kept_width = 0;             // features of the widest value of a layer that waits rather than being made again
  // Bytes while rotations are learned, before everything else; 0: none are.
  int64_t learning_host = 0, learning_device = 0;
  std::vector<UnitCalibration> units; // those whose layers are run, unit 0 for what follows them
  bool operator==(const PlannedCalibration&) const = default;
};

}  // namespace lcr
