#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/language/format.h"
#include "compiler/language/rotation.h"
#include "compiler/language/stack.h"
#include "planner/plan/allocation.h"
#include "planner/plan/calibration.h"

// The plan as data: what `run` executes, exactly. Layers that are alike are written once; everything in it is either a
// decision (order, places, tiles, workers) or a prediction (bytes, FLOPs, seconds). planner/plan/yaml.h reads and
// writes it; planner/verify checks it independently of how it was made.
namespace lcr {

inline constexpr int plan_major = 1;  // readers refuse another one
inline constexpr int plan_minor = 0;  // additive

// Something that the plan was made from. Stale: the hash (XXH3 of the bytes) of one of these changed. Of large files of
// calibration data it is that of the length and both ends.
struct Origin {
  std::string kind;  // recipe, set, import, stdlib, architecture, model, data, machine, profile
  std::string name;  // path relative to the plan, module name, or `name=value` of --set
  uint64_t hash = 0;
  bool operator==(const Origin&) const = default;
};

enum class PlaceKind : uint8_t { Host, Device, Disk };

enum class OperationKind : uint8_t { Read, Decode, Solve, Pack, Copy, Move, Write, Free };

// One step of a job, of one of its experts.
struct Operation {
  OperationKind kind = OperationKind::Read;
  PlaceKind place = PlaceKind::Host;
  std::vector<uint32_t> after;  // indices of the job's operations that come before
  int64_t bytes_in = 0;         // read by it, all tiles and passes together
  int64_t bytes_out = 0;        // made by it, all tiles together
  int64_t live = 0;             // bytes that one tile holds at `place` while the operation runs, workspace included
  double flops = 0;
  bool operator==(const Operation&) const = default;
};

// Whether the plan's rotations are folded into the source's numbers before they are used. Columns: every row by itself;
// Rows: a row needs other rows of its module.
enum class Folding : uint8_t { None, Columns, Rows };

// An orthogonal matrix of a recipe, repeated along the diagonal where it is smaller than the width.
struct OnlineMatrix {
  std::string kind;  // hadamard, random_hadamard, random
  int64_t size = 0;
  int64_t seed = 0;
  auto operator<=>(const OnlineMatrix&) const = default;
};

// What is made together. Either `modules`: logical modules that are solved together (one, or siblings that share a
// global scale) or written dense, decoded and cut out of what the source stores; all their tensors come out, biases
// included. Or `tensors`: stored tensors that are copied as they are. Names stand relative to the unit's instance
// ("self_attn.q_proj" below "model.layers.3"); name_in() of planner/plan/names.h gives the absolute one.
struct Job {
  std::vector<std::string> modules;  // `{e}` stands for the expert's number where experts > 0
  std::vector<std::string> tensors;  // exclusive with modules; `{e}` likewise
  std::vector<std::string> points;   // exclusive with both: attention points whose scales are stored
  // Exclusive with all: tensors that hold matrices of rotations at run time, keys of Plan::matrices.
  std::vector<std::string> matrices;
  int64_t first_expert = 0;
  int64_t experts = 0;      // 0: once; else once for every e in first_expert ..< first_expert + experts
  std::string precision;    // key of Plan::precisions; empty: dense
  std::string stack;        // key of Plan::stacks; empty: dense
  std::string prune;        // key of Plan::prunings; empty: not pruned
  std::string cache;        // key of Plan::caches, for points
  bool dequantize = false;  // the recipe undoes the source's quantization first
  // What calibration made of the modules is written, not what the source stores.
  bool calibrated = false;
  Folding folding = Folding::None;
  // Rows of the weight that are read, made and written at a time (the last tile may be shorter). A multiple of 128 and
  // of the block's rows. 0: all rows of a module at once (as where rotations mix them); of `tensors`: pieces of Plan::tile_bytes.
  int64_t tile_rows = 0;
  // How often the rows are read: 2 where a scale needs all rows of all modules before the first code, 3 where such a
  // scale is searched for. Modules are read one after the other in each pass.
  int passes = 1;
  std::vector<Operation> operations;  // of one expert, all tiles together
  bool operator==(const Job&) const = default;
};

// The jobs of one distinct layer (or of everything outside of layers), and where it stands.
struct Unit {
  std::string name;                    // for people: decoder_layer.0
  std::vector<std::string> instances;  // absolute paths; "" for what is outside of layers
  std::vector<Job> jobs;
  bool operator==(const Unit&) const = default;
};

// A run of jobs of one instance, in the order of the file. All jobs of the run have experts (then the given ones are
// made expert by expert, all jobs of the run for each) or none has (then first_expert = 0 and last_expert = -1).
struct ShardRun {
  uint32_t unit = 0, instance = 0;             // instance: into Unit::instances
  uint32_t first_job = 0, last_job = 0;        // inclusive
  int64_t first_expert = 0, last_expert = -1;  // inclusive
  bool operator==(const ShardRun&) const = default;
};

// One output file. Its tensors with their offsets: planner/plan/layout.h.
struct OutputShard {
  std::string file;
  int64_t bytes = 0;  // of the whole file, header included
  int64_t tensors = 0;
  std::vector<ShardRun> runs;
  bool operator==(const OutputShard&) const = default;
};

// A `prune` rule's amount and algorithm.
struct Pruning {
  Algorithm algorithm;
  double share = 0;          // removed, 0..1; 0 with keep of `of`, and for zeros that are there
  int64_t keep = 0, of = 0;  // 2:4
  bool operator==(const Pruning&) const = default;
};

// What keys, values or queries are stored in at run time, and how their scales are found.
struct CacheFormat {
  Format format;
  Algorithm solver;
  bool operator==(const CacheFormat&) const = default;
};

// PlannedExport::config_format of an export whose modules only the source's own quantization_config describes.
inline constexpr std::string_view source_config_format = "source";

struct ConfigGroupText {
  std::vector<std::string> targets;
  std::string precision;  // key of Plan::precisions
  std::string format;     // pack-quantized …
  bool operator==(const ConfigGroupText&) const = default;
};

// One group of transform_config: a rotation, and what it did or does to which modules.
struct TransformGroupText {
  struct Apply {
    std::vector<std::string> targets;
    std::string location;  // weight_input, weight_output, input …: spec of compressed-tensors
    bool inverse = false;
    bool operator==(const Apply&) const = default;
  };
  std::string name, type;  // R1; hadamard, random-hadamard, random-matrix
  int64_t head_dim = 0;    // size of the block; 0: the whole width
  std::vector<Apply> apply;
  bool operator==(const TransformGroupText&) const = default;
};

// One `export` of the recipe.
struct PlannedExport {
  std::string format;                   // compressed_tensors, dense
  std::string dir;                      // relative to the plan when it lies below it
  std::string dtype;                    // bf16 …; empty: as stored
  std::string config_format;            // quantization_config.format; `source`: the source's own object stays
  std::vector<ConfigGroupText> groups;  // resolved, disjoint targets
  std::vector<std::string> ignore;
  std::vector<TransformGroupText> transforms;  // of transform_config
  // Keys of Plan::caches: what all keys and values are stored in, and what queries are; empty: as they are.
  std::string cache, queries;
  std::string attention;  // name of the class that computes with queries; empty without them
  std::vector<OutputShard> shards;
  int64_t bytes = 0;
  bool operator==(const PlannedExport&) const = default;
};

struct MemoryBudget {
  std::optional<int64_t> host, pinned, device, disk;  // bytes
  int64_t reserve = 0;
  bool operator==(const MemoryBudget&) const = default;
};

// One choice that was weighed: the plan's own, the naive one (everything resident), the smallest peak.
struct Alternative {
  std::string name;  // chosen, naive, smallest
  int64_t host_peak = 0, device_peak = 0;
  double seconds = 0;
  std::string set_by;  // the operation and tensor that set the peak
  bool operator==(const Alternative&) const = default;
};

struct Prediction {
  int64_t host_peak = 0, device_peak = 0;  // bytes
  int64_t bytes_read = 0, bytes_written = 0;
  double flops = 0;
  double seconds = 0;
  std::vector<Alternative> alternatives;
  bool operator==(const Prediction&) const = default;
};

struct Plan {
  int major = plan_major, minor = plan_minor;
  std::string tool;               // "lcr 0.1.0"
  std::string recipe;             // name
  std::string model;              // folder, relative to the plan when it lies below or beside it
  std::string architecture;       // name of the description
  std::string architecture_file;  // of `--architecture`
  std::vector<Origin> origins;
  std::string device = "cpu";  // cpu, cuda
  int workers = 1;             // tiles in flight: each is read, made and written by one thread
  int64_t tile_bytes = 0;      // source bytes of the largest tile but for jobs with tile_rows = 0
  int64_t fixed_bytes = 0;     // host bytes that do not depend on the tiles: tables of names, the program itself
  double checkpoint_seconds = 300;
  MemoryBudget budget;
  std::map<std::string, Precision> precisions;
  std::map<std::string, Stack> stacks;
  std::map<std::string, Pruning> prunings;
  std::map<std::string, CacheFormat> caches;
  std::vector<Rotation> rotations;  // of the whole model, before anything else
  std::map<std::string, OnlineMatrix> matrices;  // by the name of the tensor that holds it, times the root of its size
  std::optional<PlannedCalibration> calibration;
  std::optional<PlannedAllocation> allocation;  // where precisions were chosen under a budget
  std::vector<Unit> units;
  std::vector<std::string> untied;  // modules whose weight is written of its own
  std::vector<PlannedExport> exports;
  Prediction predicted;
  bool operator==(const Plan& other) const;
};

}  // namespace lcr
