#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/language/format.h"
#include "compiler/language/stack.h"
#include "compiler/source/source.h"

// A recipe after names, units, types, params, presets and methods are resolved: nothing refers to another file any
// more, every default is written out, every node knows the line that it came from.
namespace lcr {

// ---- selections, resolved but not yet matched against a model

struct Selection;

// A path glob in segments; see compiler/select for its meaning.
struct GlobTerm {
  std::string pattern;
};
struct RegexTerm {
  std::string pattern;
};
struct TypeTerm {
  std::string kind;  // linear, embedding, norm, conv, keys, values, queries
};
struct RoleTerm {
  std::string role;
};
struct LayersTerm {
  struct Range {
    int64_t first, last, step;  // inclusive; negative counts from the end
  };
  std::vector<Range> ranges;
};
// `in % 128 == 0`: postfix program over {in, out, params, numbers}.
struct WhereTerm {
  enum class Op { In, Out, Params, Number, Add, Subtract, Multiply, Divide, Modulo };
  struct Instruction {
    Op op;
    double number = 0;
  };
  std::vector<Instruction> left, right;
  std::string comparator;
};
struct SetTerm {
  enum class Kind { Union, Intersection, Difference };
  Kind kind;
  std::vector<Selection> operands;
};
// A use of a named selection: the declaration's expression, matched once for all uses.
struct NamedTerm {
  size_t index;  // into Recipe::selections
};

struct Selection {
  Span span;
  bool optional = false;  // covers all leaves below
  std::variant<GlobTerm, RegexTerm, TypeTerm, RoleTerm, LayersTerm, WhereTerm, SetTerm, NamedTerm> term;
};

struct NamedSelection {
  std::string name;
  Span name_span;
  Selection selection;
  std::optional<int64_t> expect;
  Span expect_span;
  bool imported = false;  // from std or another file: unused is fine
};

// ---- rules

// `as auto [...]`; keep when precision is absent.
struct Candidate {
  std::optional<Precision> precision;
  std::optional<Stack> stack;
  Span span;
};

struct Amount {
  std::optional<double> share;  // removed, 0..1
  int64_t keep = 0, of = 0;     // 2:4
};

struct Rule {
  enum class Verb { Keep, Quantize, Prune };
  Verb verb = Verb::Keep;
  bool overriding = false;
  // The chain of extends, root preset = 0; a larger level wins through `override` only.
  int level = 0;
  Selection selection;
  std::optional<Precision> precision;   // Quantize of weights; absent with auto and on caches
  std::optional<Format> cache;          // Quantize of attention points
  std::vector<Candidate> candidates;    // auto
  std::optional<Stack> stack;
  std::optional<Amount> amount;         // Prune
  std::optional<Algorithm> pruner;
  Span span;            // the statement
  Span precision_span;
};

struct TransformStatement {
  Algorithm algorithm;
  std::optional<Selection> on;
  Span span;
};

struct Marked {  // dequantize SEL, untie SEL
  Selection selection;
  Span span;
};

// ---- blocks

struct DataSource {
  enum class Kind { Text, Chat, Tokens, Tensors };
  Kind kind;
  std::string path;  // resolved against the file it stands in
  std::string field;
  std::string template_;  // chat: "model" or a path
  std::string mask = "all";
  int64_t samples = 0;
  Span span;
};

struct Calibration {
  std::vector<DataSource> data;
  int64_t length = 0;  // tokens
  std::string pick;    // first, random
  int64_t seed = 0;
  std::string fit = "truncate";
  std::optional<std::string> sequential;
  std::optional<std::string> route;
  int64_t coverage = 1;
  std::string starved = "refuse";
  Span span;
};

struct BudgetLimit {
  std::string what;  // weights, active, size, kl
  double limit = 0;  // bits per weight, bytes, nats
  std::optional<Selection> over;
  Span span;
};

struct Budget {
  std::vector<BudgetLimit> limits;
  std::vector<Selection> together;
  std::string score;
  int64_t samples = 0;
  Span span;
};

struct Serve {
  std::string server;
  std::vector<double> capabilities;     // 8.9
  std::vector<int64_t> tensor_parallel;  // 1 when not said
  Span span;
};

struct DevicePlace {
  std::string kind;          // cuda
  std::vector<int64_t> ids;  // empty: the first
  std::optional<int64_t> memory;   // bytes
  int64_t reserve = int64_t{1} << 30;
  Span span;
};
struct HostPlace {
  std::optional<int64_t> memory, pinned;
  Span span;
};
struct DiskPlace {
  std::string path;
  std::optional<int64_t> memory;
  Span span;
};
struct Schedule {
  std::vector<DevicePlace> devices;
  std::optional<HostPlace> host;
  std::vector<DiskPlace> disks;
  double checkpoint_seconds = 300;
  std::optional<int64_t> workers;
  Span span;
};

struct Export {
  enum class Format { CompressedTensors, Dense };
  Format format = Format::CompressedTensors;
  std::string dir;                 // resolved against the recipe's file
  std::optional<int64_t> shard;    // bytes; absent: as the source
  std::optional<std::string> dtype;  // bf16, f16, f32; absent: as stored
  Span span;
};

struct Recipe {
  std::string name;
  uint32_t file = 0;
  bool is_preset = false;
  std::vector<uint32_t> files;  // of the Sources: every text that was read, this one and stdlib's among them
  std::vector<NamedSelection> selections;
  bool default_keep = true;
  Span default_span;
  std::vector<Rule> rules;
  std::vector<TransformStatement> transforms;
  std::vector<Marked> dequantize, untie;
  std::optional<Calibration> calibration;
  std::optional<Budget> budget;
  std::vector<Serve> serve;
  std::optional<Schedule> schedule;
  std::vector<Export> exports;
};

}  // namespace lcr
