#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/model/checkpoint.h"
#include "compiler/source/source.h"

// The model graph: what elaborating an architecture text against a config.json and tensor headers gives. Two levels:
// the model's own template (index 0) holds the nodes outside of layers and one Call for every layer; layers that are
// alike share one template; the experts of a layer share one template that its Dispatch node names. So everything that
// is computed per template is computed once for all layers and experts that are alike.
namespace lcr {

using ValueId = uint32_t;
using TemplateId = uint32_t;
inline constexpr uint32_t none_id = ~uint32_t{0};

// One value of the dataflow: a stream (tokens, patches, frames …) of rows with feature dimensions.
struct Value {
  uint32_t node = none_id;  // that makes it; none_id for an input of the template
  Dims dims;                // without the stream
  uint16_t stream = 0;      // into ModelGraph::streams; two values of one stream have the same number of rows
  bool constant = false;    // a parameter: no stream
  bool routing = false;     // weights and indices chosen by top_k
};

// The primitive operations; definitions, dtypes and legal rewrites: docs/architectures.md.
enum class Op : uint8_t {
  Input, Parameter, Linear, Embedding, LearnedPositions, RmsNorm, LayerNorm, UnitRms, L2Norm, Rope, Attend, Activate,
  Add, Subtract, Multiply, Divide, Softcap, Clamp, Normalize, Softmax, Log1p, Negate, Split, Every, Concat, View, F32,
  Native, TopK, Dispatch, CausalConv, Conv1d, DeltaRule, SsmScan, Temperature, PatchEmbedding, Prepend, DropFirst,
  MergePatches, PoolPatches, Scatter, Call,
};
std::string_view name_of(Op op);

enum class Activation : uint8_t { Silu, Gelu, GeluTanh, QuickGelu, Relu, Relu2, Sigmoid, Tanh, Softplus, Exp, Identity };

// Which keys a query sees. Either: what one or the other allows.
struct Mask {
  enum class Kind : uint8_t { Causal, Full, Window, Chunk, Image, ImageWindow, Either, None };
  Kind kind = Kind::Causal;
  int64_t size = 0;             // Window: keys seen, itself included; Chunk: positions
  std::vector<Mask> operands;   // Either: two
  bool operator==(const Mask&) const = default;
};

// A rope table: `rotary(dim, theta, scaling, limit, …)` with the scaling object of config.json interpreted.
struct Rotary {
  int64_t dim = 0;
  double theta = 10000.0;
  std::string type = "default";            // default, linear, dynamic, llama3, yarn, longrope
  std::map<std::string, double> numbers;   // factor, low_freq_factor, beta_fast, original_max_position_embeddings …
  std::map<std::string, std::vector<double>> lists;  // short_factor, long_factor
  std::map<std::string, bool> flags;       // truncate …
  std::optional<double> limit;             // max_position_embeddings
  std::optional<double> original;          // original_max_position_embeddings outside of the scaling object
  std::vector<int64_t> axes;               // mrope sections
  std::string order;                       // of axes: blocked, interleaved
  std::string space;                       // grid: positions of an image; empty: of text
  std::map<std::string, std::string> words;
  bool operator==(const Rotary&) const = default;
};

enum class Compute : uint8_t { Default, Native, Mixed, F32 };

// What an operation needs beyond its inputs; only the fields that the operation's definition names are set.
struct Attributes {
  double eps = 0, offset = 0, constant = 0, low = 0, high = 0, scale = 0, fill = 0;
  bool has_low = false, has_high = false, has_scale = false;
  bool constant_native = false;   // `native(c)`: rounded to the model's dtype first
  bool constant_left = false;     // c - x, c / x
  bool bias = false, add = false, centred = false, sinks = false;
  Compute compute = Compute::Default;
  Activation activation = Activation::Identity;
  Mask mask;
  std::optional<double> softcap;
  std::shared_ptr<const Rotary> rotary;
  bool neighbours = false;        // rope pairs (2j, 2j + 1) instead of (j, j + d/2)
  int64_t groups = 1;             // rms_norm parts; top_k groups
  int64_t among = 0, k = 0;       // top_k: groups kept; entries chosen
  bool score_top2 = false;        // top_k group score: sum of the best two instead of the best
  bool scale_input = false;       // dispatch: weights scale the inputs instead of the outputs
  int64_t width = 0, stride = 1, pad = 0, step = 1, start = 0;
  std::vector<int64_t> sizes;     // split
  int64_t patch = 0;              // merge_patches, pool_patches: n
  bool channel_major = false;     // merge_patches: order = channel
  bool bilinear = false;          // learned_positions: grid = bilinear
  int64_t id = 0;                 // scatter: the token that is replaced
  std::string name;               // input
  int64_t experts = 0;            // dispatch
};

// Roles as a set of bits.
enum class Role : uint32_t {
  None = 0, Decoder = 1, Attention = 2, LinearAttention = 4, Mlp = 8, Embedding = 16, Head = 32, Router = 64,
  Expert = 128, Vision = 256, Audio = 512, Projector = 1024, Mtp = 2048,
};
constexpr Role operator|(Role a, Role b) { return Role(uint32_t(a) | uint32_t(b)); }
constexpr Role operator&(Role a, Role b) { return Role(uint32_t(a) & uint32_t(b)); }
constexpr bool has(Role set, Role one) { return (uint32_t(set) & uint32_t(one)) != 0; }
std::string_view name_of(Role role);                       // one bit
std::optional<Role> role_named(std::string_view name);     // "linear_attention"
const std::vector<std::string>& role_names();

struct Node {
  Op op = Op::Input;
  std::vector<ValueId> inputs;   // attend: q, k, v[, sinks]; dispatch: x, routing; top_k: scores[, by]
  std::vector<ValueId> outputs;
  uint32_t module = none_id;     // into Template::modules: the weights that the node owns
  TemplateId callee = none_id;   // Call: the layer; Dispatch: the expert
  // Relative to the template's. Call: of the instance ("model.layers.3"); Dispatch: of an expert, with "{}" for its
  // number ("mlp.experts.{}"); empty when the experts' modules have no common front: then each holds its own "{}".
  std::string path;
  int64_t layer = -1;            // Call
  std::vector<ValueId> cached;   // attend: what a cache holds (default: k after rope, v)
  std::string attention;         // attend: path of the block that holds it, relative to the template's
  Attributes attributes;
  bool unused = false;           // weights that exist and are not run
  Role roles = Role::None;       // written around it, and decoder within its stack
  Span span;                     // in the architecture text
};

enum class ModuleKind : uint8_t { Linear, Embedding, Norm, Conv, Parameter, Positions, Opaque };
std::string_view name_of(ModuleKind kind);

// A weight-bearing module of a template, with its path relative to the template's ("self_attn.q_proj").
struct TemplateModule {
  std::string path;
  ModuleKind kind = ModuleKind::Linear;
  Role roles = Role::None;
  // Tensors: "weight", "bias" or "" (a bare parameter), with the declared shapes. Logical order: [out, in].
  struct Tensor {
    std::string name;
    Dims shape;
  };
  std::vector<Tensor> tensors;
  int64_t out = 0, in = 0;        // of linear, embedding (rows, width), conv
  std::vector<int64_t> outputs;   // rows of each output of a fused linear
  bool unused = false;
};

struct Template {
  std::string name;              // block's name, for people
  bool expert = false;
  bool decoder = false;          // a layer of the stack that feeds the head, or its expert
  std::vector<Value> values;
  std::vector<Node> nodes;       // in execution order
  std::vector<ValueId> inputs, outputs;
  std::vector<TemplateModule> modules;
};

// A view of stored tensors that gives one logical tensor: slices applied in order, then the codec's decoding is
// already done (codec first, then views). Plain tensors have no codec and no views.
struct TensorView {
  enum class Codec : uint8_t { None, Fp8Block, Mxfp4, CompressedTensors };
  struct Slice {
    int64_t low = 0, high = -1, step = 1;  // high -1: a single index, the axis disappears
    bool all = false;
  };
  struct Step {
    bool transposed = false;     // swaps the last two axes
    std::vector<Slice> slices;   // else one a leading axis
  };
  // Into Checkpoint::tensors. Codec: codes, scales, what else decoding reads, and then what only belongs to the weight
  // (scales of its module's input …): copied with it, never read for it.
  std::vector<uint32_t> sources;
  Codec codec = Codec::None;
  // What config.json says where the shapes leave more than one reading; 0: the shapes say it all.
  int64_t block_rows = 0, block_columns = 0;  // of one scale
  int bits = 0;                               // of packed integers
  std::vector<Step> steps;
  Dtype dtype = Dtype::BF16;     // of the logical tensor (decoded)
  bool present() const { return !sources.empty(); }
};

// A module of the model: an instance of a TemplateModule.
struct Module {
  std::string_view path;         // as the checkpoint spells it; owned by the graph
  ModuleKind kind = ModuleKind::Linear;
  Role roles = Role::None;
  int32_t layer = -1;            // of the decoder stack; -1 elsewhere
  int32_t expert = -1;
  TemplateId owner = 0;          // template
  uint32_t local = 0;            // into Template::modules of owner
  uint32_t instance = 0;         // into ModelGraph::instances (of the layer or the model itself)
  uint32_t first_tensor = 0;     // into ModelGraph::tensors, one for each TemplateModule::tensors
  uint32_t tensor_count = 0;
  int32_t tied_to = -1;          // module whose weight it shares
  int64_t out = 0, in = 0;
  // The precision that the source already stores it in, e.g. "fp8 blocks"; empty: not quantized.
  uint32_t source_codec = 0;     // TensorView::Codec of the weight
};

// A use of a template: the model itself (0) or a layer.
struct Instance {
  TemplateId id = 0;
  std::string path;              // absolute
  int64_t layer = -1;            // of the decoder stack
  uint32_t node = none_id;       // the Call in template 0
};

// keys, values or queries of one attend: what a cache scheme selects. Path: block of the attend + ".keys" …
struct AttentionPoint {
  std::string_view path;
  enum class Kind : uint8_t { Keys, Values, Queries } kind = Kind::Keys;
  Role roles = Role::None;
  int32_t layer = -1;
  uint32_t instance = 0;
  uint32_t node = 0;             // the attend, in the instance's template
  int64_t heads = 0, width = 0;  // [heads, width] of the cached value
};

// Members of what servers merge: absolute module indices of one merged layer, in the server's order.
struct FusedGroup {
  std::string_view name;         // qkv_proj
  std::vector<uint32_t> members;
};

// A tensor that the description only copies (MTP layers …) or drops.
struct Passed {
  uint32_t tensor = 0;           // into Checkpoint::tensors
  bool drop = false;
  Role role = Role::None;
  // Opaque module that stands for its parent path (copied ones); none_id: dropped, or a scale of an attention's cache.
  uint32_t module = none_id;
};

struct Tie {
  uint32_t module = 0, to = 0;   // `module` (lm_head) shares the weight of `to` (embed_tokens)
  bool stored = false;           // the copy is in the file all the same
};

struct ModelGraph {
  std::string architecture;      // name in the text
  std::string class_name;        // of config.json
  std::string model_type;
  uint64_t architecture_hash = 0;
  Dtype dtype = Dtype::BF16;     // the model's dtype (native)
  std::vector<std::string> streams;
  std::vector<Template> templates;     // [0] is the model
  std::vector<Instance> instances;     // [0] is the model; layers in order
  std::vector<Module> modules;         // by instance, then by node order, experts in order
  std::vector<AttentionPoint> points;
  std::vector<FusedGroup> fused;
  std::vector<Tie> ties;
  std::vector<Passed> passed;
  std::vector<TensorView> tensors;
  int64_t layers = 0;            // of the decoder stack
  std::map<std::string, int64_t> expert_counts;  // of each dispatch block's path pattern, for people
  std::vector<std::string> unread_keys;          // of config.json

  std::shared_ptr<const void> storage;  // keeps the paths alive

  const TemplateModule& declaration(const Module& module) const { return templates[module.owner].modules[module.local]; }
  // Views of the module's tensors, in the order of its declaration.
  const TensorView* views(const Module& module) const { return &tensors[module.first_tensor]; }
  const TensorView* weight(const Module& module) const;   // null when it has none of its own (tied, norm without)
};

}  // namespace lcr
