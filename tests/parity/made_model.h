#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/parity/parity_model.h"

namespace lcr {

struct MadeTensor {
  std::string name;  // `{i}` stands for the number of a layer
  Dims shape;
};

// A model with random float32 weights after a text of the folder `architectures` (NAME.lcr, class NameForCausalLM): two
// layers, hidden width 32, 4 heads over 2 of 8 channels, inner width 48, 64 tokens, 64 positions. `keys` are further
// members of config.json, with a comma before each.
std::unique_ptr<ParityModel> make_model(const std::string& name, const std::string& keys,
                                        const std::vector<MadeTensor>& tensors);

}  // namespace lcr
