#pragma once

#include <vector>

#include "compiler/model/graph.h"

namespace lcr {

// Which nodes of a template have to run, and which of its outputs there are, when some of its inputs are absent: an
// operation on an absent value gives none, except that scatter without images is the identity. Towers that nothing
// feeds fall away like this.
struct Liveness {
  std::vector<bool> nodes;
  std::vector<bool> outputs;          // there are
  std::vector<std::vector<ValueId>> last;  // by node: values that nothing needs after it
};

// `absent` stands for Template::inputs. Input nodes other than those named in `given` are absent.
Liveness liveness(const ModelGraph& graph, TemplateId id, const std::vector<bool>& absent,
                  const std::vector<std::string>& given);

}  // namespace lcr
