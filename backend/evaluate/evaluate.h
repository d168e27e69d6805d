#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

struct EvaluateOptions {
  std::string model;         // folder
  std::string reference;     // folder; empty: no KL divergence
  std::string data;          // JSONL of `text` or `input_ids`
  int64_t length = 512;      // tokens of a window
  int64_t windows = 0;       // the first ones; 0: all
  std::string device;        // "cpu" (also when empty) or "cuda"
  std::string architecture;  // description to use instead of stdlib's; empty: none
  // Called after some windows have been scored; gives false to stop, which gives no result and no diagnostic.
  std::function<bool(uint64_t done, uint64_t windows)> progress;
};

// Of windows of a token stream, every token scored but a window's first.
struct Evaluation {
  double perplexity = 0;
  double nll = 0;         // mean, nats
  uint64_t tokens = 0;    // scored
  uint64_t windows = 0;
  std::optional<double> kl;    // mean over positions of KL(reference ‖ model), nats
  std::optional<double> top1;  // share of positions with the reference's most likely token
};

// All arithmetic in float32, quantized activations included as their format says. Nothing after diagnostics.
std::optional<Evaluation> evaluate(Sources& sources, const EvaluateOptions& options, Diagnostics& diagnostics);

}  // namespace lcr
