#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/model/json.h"

namespace lcr {

// One group of `quantization_config.transform_config`: an orthogonal matrix and where it is multiplied.
struct SourceTransform {
  std::string name, type;  // type: hadamard, random-hadamard, random-matrix
  int64_t block = 0;       // size of the diagonal blocks; 0: the whole width
  bool permuted = false;   // rows and columns in a random order that is stored beside the matrix
  struct Use {
    std::string location;  // input, output, q_attn, k_cache: at run time; weight_input, weight_output: done
    bool inverse = false;
    std::vector<std::string> targets, ignore;  // as a configuration's targets
    bool at_run_time() const { return !location.starts_with("weight_"); }
  };
  std::vector<Use> uses;
};

// Of a config.json, in order; empty when it has none.
std::vector<SourceTransform> source_transforms(const Json& config);
// Whether readers have to rotate something.
bool rotates_at_run_time(const std::vector<SourceTransform>& transforms);

// Whether the name is one under which a matrix of such a transform is stored: module.group_location.weight.
bool is_transform_matrix(std::string_view tensor, const SourceTransform& transform);

}  // namespace lcr
