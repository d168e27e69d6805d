#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/language/format.h"
#include "compiler/language/stack.h"

// The plan as data: what `run` executes, exactly. Layers that are alike are written once; everything in it is either a
// decision (order, places, tiles, workers) or a prediction (bytes, FLOPs, seconds). planner/plan/yaml.h reads and
// writes it; planner/verify checks it independently of how it was made.
namespace lcr {

inline constexpr int plan_major = 1;  // readers refuse another one
inline constexpr int plan_minor = 0;  // additive

// Something that the plan was made from. Stale: the hash (XXH3 of the bytes) of one of these changed.
struct Origin {
  std::string kind;  // recipe, import, stdlib, architecture, model, machine, profile
  std::string name;  // path relative to the plan, or module name
  uint64_t hash = 0;
  bool operator==(const Origin&) const = default;
};

enum class PlaceKind : uint8_t { Host, Device, Disk };

enum class OperationKind : uint8_t { Read, Decode, Solve, Pack, Copy, Move, Write, Free };

// One step of a job. Bytes are of the whole job (all experts together are `experts` times as much).
struct Operation {
  OperationKind kind = OperationKind::Read;
  PlaceKind place = PlaceKind::Host;
  std::vector<uint32_t> after;      // indices of the job's operations that come before
  int64_t bytes_in = 0;             // read by it
  int64_t bytes_out = 0;            // made by it
  int64_t workspace = 0;            // live only while it runs, per worker, in the tiles that the plan chose
  double flops = 0;
};

// Modules that are solved together: one, or siblings that share a global scale. Or tensors that are only copied.
struct Job {
  std::vector<std::string> modules;  // paths within the unit; `{e}` stands for the expert's number
  int64_t experts = 0;               // 0: once; else once for every e in 0..<experts
  std::string precision;             // key of Plan::precisions; empty: copied (or decoded) as it is
  std::string stack;                 // key of Plan::stacks
  bool dequantize = false;           // decode the source's codec and store dense
  int64_t tile_rows = 0;             // rows read, solved and written at a time; 0: all at once
  int passes = 1;                    // 2 where a scale needs the whole tensor before the first code
  std::vector<Operation> operations;
};

// The jobs of one distinct layer (or of everything outside of layers), and where it stands.
struct Unit {
  std::string name;                   // for people: decoder_layer.0
  std::vector<std::string> instances; // absolute paths; "" for what is outside of layers
  std::vector<Job> jobs;
};

// One output file. `jobs`: (unit, instance, job, expert range) in the order of the file.
struct OutputShard {
  std::string file;
  int64_t bytes = 0;        // of the whole file, header included
  int64_t tensors = 0;
  struct Part {
    uint32_t unit = 0, instance = 0;
    uint32_t first_job = 0, last_job = 0;      // inclusive
    int64_t first_expert = 0, last_expert = -1; // inclusive; of a run inside one job; -1: all
  };
  std::vector<Part> parts;
};

struct ConfigGroupText {
  std::vector<std::string> targets;
  std::string precision;    // key of Plan::precisions
  std::string format;       // pack-quantized …
};

// One `export` of the recipe.
struct PlannedExport {
  std::string format;       // compressed_tensors, dense
  std::string dir;          // relative to the plan when it lies below it
  std::string dtype;        // bf16 …; empty: as stored
  std::string config_format;              // quantization_config.format
  std::vector<ConfigGroupText> groups;    // resolved, disjoint targets
  std::vector<std::string> ignore;
  std::vector<OutputShard> shards;
  int64_t bytes = 0;
};

struct MemoryBudget {
  std::optional<int64_t> host, pinned, device, disk;  // bytes
  int64_t reserve = 0;
};

// One choice that was weighed: the plan's own, the naive one (everything resident), the smallest peak.
struct Alternative {
  std::string name;         // chosen, naive, smallest
  int64_t host_peak = 0, device_peak = 0;
  double seconds = 0;
  std::string set_by;       // the operation and tensor that set the peak
};

struct Prediction {
  int64_t host_peak = 0, device_peak = 0;     // bytes
  int64_t bytes_read = 0, bytes_written = 0;
  double flops = 0;
  double seconds = 0;
  std::vector<Alternative> alternatives;
};

struct Plan {
  int major = plan_major, minor = plan_minor;
  std::string tool;                   // "lcr 0.1.0"
  std::string recipe;                 // name
  std::string model;                  // folder, relative to the plan when it lies below or beside it
  std::string architecture;           // name of the description
  std::string architecture_file;      // of `--architecture`
  std::vector<Origin> origins;
  std::string device = "cpu";         // cpu, cuda
  int workers = 1;
  double checkpoint_seconds = 300;
  MemoryBudget budget;
  std::map<std::string, Precision> precisions;
  std::map<std::string, Stack> stacks;
  std::vector<Unit> units;
  std::vector<std::string> untied;    // modules whose weight is written of its own
  std::vector<PlannedExport> exports;
  Prediction predicted;
};

}  // namespace lcr
