#include "compiler/server/words.h"

namespace lcr::server {
namespace {

constexpr WordDoc sources[] = {{"text", "JSON lines with a text", "text(\"${1:data.jsonl}\", samples = ${2:512})"},
                               {"chat", "conversations", "chat(\"${1:data.jsonl}\", samples = ${2:512})"},
                               {"tokens", "token ids", "tokens(\"${1:data.jsonl}\", samples = ${2:512})"},
                               {"tensors", "prepared inputs", "tensors(\"${1:folder}\", samples = ${2:512})"}};
constexpr WordDoc picks[] = {{"first", "the first rows of each source"}, {"random", "rows drawn at random", "random(seed = ${1:0})"}};
constexpr WordDoc fits[] = {{"truncate", "cuts longer rows"}, {"pack", "joins rows and cuts windows"}, {"skip", "leaves longer rows out"}};
constexpr WordDoc sequences[] = {{"stage", "later statistics see weights rewritten in earlier stages"}, {"layer", "the same by layers"}, {"none", "statistics of the original model"}};
constexpr WordDoc routes[] = {{"every_expert", "every expert sees every token"}, {"top_k", "experts see the tokens that are routed to them"}};
constexpr WordDoc starved[] = {{"refuse", "an error"}, {"rtn", "rounds to nearest"}};
constexpr WordDoc scores[] = {{"kl", "divergence of the outputs", "kl(samples = ${1:128})"}, {"gradient", "first-order loss", "gradient(samples = ${1:128})"},
                              {"hessian", "second-order error of each layer"}, {"error", "error of the weights alone, without data"}};
constexpr WordDoc dtypes[] = {{"bf16", "bfloat16"}, {"f16", "half precision"}, {"f32", "single precision"}};
constexpr WordDoc containers[] = {{"packed", "a dense bit stream in 32-bit words"}, {"bytes", "one byte a code"}};
constexpr WordDoc areas[] = {{"tensor", "one scale a tensor"}, {"channel", "one scale an output row"}, {"token", "one scale a token"}, {"head", "one scale a head"},
                             {"group", "one scale for consecutive columns of a row", "group(${1:128})"}, {"block", "one scale for rows times columns", "block(${1:128}, ${2:128})"}};
constexpr WordDoc booleans[] = {{"true", ""}, {"false", ""}};
constexpr WordDoc scales[] = {{"e4m3", "8-bit floats"}, {"e8m0", "powers of two"}, {"f32", "single precision"}, {"bf16", "bfloat16"}, {"f16", "half precision"}};
constexpr WordDoc globals[] = {{"static", "one f32 scale a tensor above the others"}};
constexpr WordDoc checkpoints[] = {{"every", "at most so long between two", "every(${1:10min})"}};

constexpr FieldDoc calibrate[] = {
    {"data", "=", "a source of data, or a list of them", "what statistics are collected on", sources},
    {"length", "=", "tokens", "the longest row"},
    {"pick", "=", "a word", "which rows of each source", picks},
    {"fit", "=", "a word", "what happens to longer rows", fits, "truncate"},
    {"sequential", "=", "a word", "which rewritten weights later statistics see", sequences, "stage; layer where a rule prunes by data"},
    {"route", "=", "a word", "which experts see which tokens", routes, "must be written for a mixture of experts"},
    {"coverage", ">=", "tokens", "the fewest tokens that an expert may have seen", {}, "1tok"},
    {"starved", "=", "a word", "what happens to experts below that", starved, "refuse"},
};
constexpr FieldDoc budget[] = {
    {"weights", "<=", "bits per weight, over a selection", "stored bits, scales included", {}, "no limit"},
    {"active", "<=", "bits per weight, over a selection", "the same of the experts that a token sees", {}, "no limit"},
    {"size", "<=", "bytes", "of the whole output", {}, "no limit"},
    {"kl", "<=", "a number of nats", "divergence from the original model", {}, "no limit"},
    {"together", "=", "a list of selections", "selections that get one precision between them", {}, "none"},
    {"score", "=", "a word", "what a choice costs", scores},
};
constexpr FieldDoc serve[] = {
    {"capability", "=", "a list of numbers", "compute capabilities that the result must load on", {}, "any"},
    {"tensor_parallel", "=", "a list of counts", "numbers of ranks that the result must load over", {}, "[1]"},
};
constexpr FieldDoc export_fields[] = {
    {"dir", "=", "a text", "the folder that is written, relative to this file"},
    {"shard", "<=", "bytes", "the largest size of a file", {}, "as the source's files"},
    {"dtype", "=", "a word", "of what is not quantized", dtypes, "as stored"},
};
constexpr FieldDoc schedule[] = {
    {"checkpoint", "=", "every(duration)", "how often an interruption can be resumed from", checkpoints, "every(5min)"},
    {"workers", "=", "a count", "jobs at a time", {}, "chosen by the planner"},
};
constexpr FieldDoc device[] = {{"memory", "<=", "bytes", "what may be used", {}, "all that is free"}, {"reserve", "=", "bytes", "of that, what stays free", {}, "1GiB"}};
constexpr FieldDoc host[] = {{"memory", "<=", "bytes", "what may be used", {}, "what the process may use, less 10 %"}, {"pinned", "<=", "bytes", "of that, page-locked", {}, "a quarter"}};
constexpr FieldDoc disk[] = {{"memory", "<=", "bytes", "what may be used"}};
constexpr FieldDoc scheme[] = {
    {"weights", "=", "a format", "how weights are stored"},
    {"input", "=", "a format", "how inputs are quantized when a server runs", {}, "not quantized"},
    {"output", "=", "a format", "how outputs are quantized when a server runs", {}, "not quantized"},
    {"container", "=", "a word", "how integer weights that meet quantized inputs are stored", containers, "must be written there, and only there"},
};
constexpr FieldDoc format[] = {
    {"per", "=", "an area", "what shares one scale", areas},
    {"symmetric", "=", "true or false", "false: with zero points; of integers", booleans},
    {"scale", "=", "a word", "how scales are stored", scales, "the model's dtype; must be written on fp4"},
    {"global", "=", "a word", "above e4m3 scales of groups", globals, "none"},
    {"dynamic", "=", "true or false", "scales at run time, or calibrated; of inputs, outputs, caches", booleans, "must be written there"},
};

struct Block {
  std::string_view name;
  std::span<const FieldDoc> fields;
};
constexpr Block blocks[] = {{"calibrate", calibrate}, {"budget", budget}, {"serve", serve}, {"export", export_fields}, {"schedule", schedule},
                            {"device", device}, {"host", host}, {"disk", disk}, {"scheme", scheme}, {"format", format}};

}  // namespace

std::span<const FieldDoc> fields_of(std::string_view block) {
  for (const Block& entry : blocks)
    if (entry.name == block) return entry.fields;
  return {};
}

const FieldDoc* find_field(std::string_view block, std::string_view name) {
  for (const FieldDoc& field : fields_of(block))
    if (field.name == name) return &field;
  return nullptr;
}

}  // namespace lcr::server
