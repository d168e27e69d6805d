#include "compiler/server/words.h"

#include <array>

namespace lcr::server {
namespace {

using syntax::FileKind;

constexpr WordDoc recipe_words[] = {
    {"use", "takes names from the standard library or another file", "use ${1:std.schemes}.{${2}}"},
    {"extends", "takes the rules of a preset; this file wins through `override` alone", "extends ${1:std.presets}.${2}"},
    {"param", "declares a value that users of the file give", "param ${1:name}: ${2:count} = ${3}"},
    {"select", "names a selection", "select ${1:name} = ${2}"},
    {"scheme", "names what happens to a module: its weights, and what flows in and out", "scheme ${1:NAME} {\n  weights = ${2:int4(per = group(128), symmetric = true)}\n}"},
    {"method", "names a stack of algorithms", "method ${1:name} = ${2:gptq}"},
    {"calibrate", "says on which data statistics are collected", "calibrate {\n  data   = text(\"${1:data.jsonl}\", samples = ${2:512})\n  length = ${3:2048tok}\n  pick   = random(seed = ${4:0})\n}"},
    {"dequantize", "undoes the source's quantization first", "dequantize ${1}"},
    {"untie", "gives tied modules weights of their own", "untie ${1}"},
    {"transform", "rewrites the whole model before anything is rounded", "transform ${1:spinquant}"},
    {"default", "says what happens to modules that no rule names: `keep` or `refuse`", "default ${1:keep}"},
    {"keep", "leaves modules unquantized and unpruned; wins over quantize and prune of the same file", "keep ${1}"},
    {"prune", "removes a share of the weights, or whole experts", "prune ${1} by ${2:50%} with ${3:wanda}"},
    {"quantize", "gives modules a precision by a stack of algorithms", "quantize ${1:type(linear)} as ${2} with ${3:rtn}"},
    {"override", "a rule that wins over what was decided before", "override ${1:quantize}"},
    {"budget", "limits that `auto` precisions must meet", "budget {\n  weights <= ${1:4.5bpw} over type(linear)\n  score = ${2:hessian}\n}"},
    {"serve", "names a server that must be able to load the result", "serve ${1:vllm} { capability = [${2:9.0}] }"},
    {"schedule", "says what devices, memory and disks a run may use", "schedule {\n  device cuda { memory <= ${1:80GiB} }\n}"},
    {"export", "says what is written, and where", "export ${1:compressed_tensors} { dir = \"${2:out}\" }"},
};
constexpr WordDoc library_words[] = {recipe_words[0], recipe_words[3], recipe_words[4], recipe_words[5],
                                     {"block", "a part of models that architectures share", "block ${1:name}(${2}) {\n}"}};
constexpr WordDoc machine_words[] = {recipe_words[17]};
constexpr WordDoc serving_words[] = {recipe_words[0], recipe_words[3],
                                     {"accept", "a combination of formats that the server loads", "accept ${1:name} on ${2} { }"},
                                     {"require", "what must hold, with the message of who breaks it", "require ${1} on ${2} else \"${3}\""}};
constexpr WordDoc architecture_words[] = {recipe_words[0],
                                          {"part", "another architecture within this one"},
                                          {"config", "names for keys of config.json"},
                                          library_words[4],
                                          {"model", "the dataflow of the whole model"},
                                          {"tie", "two modules that share a weight"},
                                          {"copy", "tensors that are copied as they are"},
                                          {"drop", "tensors that are left out"},
                                          {"names", "other spellings of paths"},
                                          {"fused", "modules that servers merge"},
                                          {"layout", "how tensors are stored"}};
constexpr WordDoc header_words[] = {{"recipe", "what happens to one model", "recipe \"${1:name}\""},
                                    {"preset", "rules that recipes extend", "preset ${1:name}"},
                                    {"library", "declarations that files share", "library ${1:name}"},
                                    {"machine", "one schedule", "machine ${1:name}"},
                                    {"architecture", "how a class of models is built"},
                                    {"serving", "what a server loads"}};

constexpr WordDoc kinds[] = {{"linear", "matrices that multiply"}, {"embedding", "tables of rows, one a token"}, {"norm", "scales of norms; never quantized"},
                             {"conv", "convolutions"}, {"parameter", "bare tensors; never quantized"}, {"positions", "learned positions; never quantized"},
                             {"keys", "attention points: what a key cache holds"}, {"values", "attention points: what a value cache holds"},
                             {"queries", "attention points: the queries"}};
constexpr WordDoc roles[] = {{"decoder", "the layers of the text decoder"}, {"attention", "what feeds or reads an attention"},
                             {"linear_attention", "what feeds or reads a linear attention or recurrence"}, {"mlp", "the other linears of a layer, experts included"},
                             {"embedding", "token embeddings"}, {"head", "the last linear before the output"}, {"router", "what chooses experts"},
                             {"expert", "routed experts"}, {"vision", "image towers"}, {"audio", "audio towers"},
                             {"projector", "what carries a tower's output into the decoder"}, {"mtp", "layers for multi-token prediction"}};
constexpr WordDoc terms[] = {{"type", "modules by the kind of operation", "type(${1:linear})"}, {"role", "modules by their role in the architecture", "role(${1:head})"},
                             {"layers", "modules of layers of the decoder, negative ones from the end", "layers(${1:0..3})"},
                             {"where", "modules by size: `in`, `out`, `params`", "where(${1:in % 128 == 0})"},
                             {"optional", "allows what follows to match nothing", "optional "}};
constexpr WordDoc formats[] = {{"int2", "2-bit integers", "int2(per = group(${1:128}), symmetric = ${2:true})"}, {"int3", "3-bit integers", "int3(per = group(${1:128}), symmetric = ${2:true})"},
                               {"int4", "4-bit integers", "int4(per = group(${1:128}), symmetric = ${2:true})"}, {"int8", "8-bit integers", "int8(per = ${1:channel}, symmetric = ${2:true})"},
                               {"fp4", "e2m1 floats", "fp4(per = group(${1:16}), scale = ${2:e4m3})"}, {"fp8", "e4m3 floats", "fp8(per = ${1:channel})"}};
constexpr WordDoc types[] = {{"bytes", "such as 80GiB"}, {"bits", "such as 4bit"}, {"bpw", "bits per weight, such as 4.5bpw"}, {"tokens", "such as 2048tok"}, {"ratio", "such as 5%"},
                             {"duration", "such as 10min"}, {"count", "a whole number"}, {"number", "a number"}, {"text", "a text in quotes"}, {"source", "a source of data"},
                             {"precision", "a scheme"}, {"selection", "a selection"}};
constexpr WordDoc exports[] = {{"compressed_tensors", "quantized weights as vLLM and transformers read them"}, {"dense", "weights at the model's precision"}};

}  // namespace

std::span<const WordDoc> statement_words(FileKind kind) {
  switch (kind) {
    case FileKind::Recipe:
    case FileKind::Preset: return recipe_words;
    case FileKind::Library: return library_words;
    case FileKind::Machine: return machine_words;
    case FileKind::Serving: return serving_words;
    case FileKind::Architecture: return architecture_words;
    case FileKind::None: return header_words;
  }
  return {};
}

const WordDoc* find_statement_word(std::string_view word) {
  for (FileKind kind : {FileKind::Recipe, FileKind::Library, FileKind::Serving, FileKind::Architecture, FileKind::None})
    if (const WordDoc* found = find_word_doc(statement_words(kind), word)) return found;
  return nullptr;
}

std::span<const WordDoc> kind_docs() { return kinds; }
std::span<const WordDoc> role_docs() { return roles; }
std::span<const WordDoc> selection_terms() { return terms; }
std::span<const WordDoc> format_docs() { return formats; }
std::span<const WordDoc> param_types() { return types; }
std::span<const WordDoc> export_formats() { return exports; }

const WordDoc* find_word_doc(std::span<const WordDoc> words, std::string_view word) {
  for (const WordDoc& entry : words)
    if (entry.word == word) return &entry;
  return nullptr;
}

}  // namespace lcr::server
