#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/model/elaborate.h"
#include "compiler/select/name_trees.h"

namespace lcr::server {

// Where a model is: a folder with config.json and *.safetensors, or a snapshot of `lcr tree -o`.
struct ModelPlace {
  std::string path;
  bool tree = false;
  bool operator==(const ModelPlace&) const = default;
  bool empty() const { return path.empty(); }
};

// A model that was read and elaborated once; every check of every recipe shares it.
struct Model {
  ModelPlace place;
  Sources sources;  // the architecture's texts: spans of the graph are of these
  LoadedModel loaded;
  std::unique_ptr<NameTrees> names;
  std::string stamp;                          // of the files that it was read from

  const ModelGraph& graph() const { return loaded.graph; }
};

class Models {
 public:
  // The model, read again when its files have changed. Null when it cannot be read; the problems of a reading are
  // given once, as lines.
  std::shared_ptr<const Model> load(const ModelPlace& place, std::vector<std::string>& problems);
  // Looks at the files again at the next load.
  void forget_stamps() { looked_at_.clear(); }

 private:
  std::map<std::string, std::shared_ptr<const Model>> known_;  // null: it could not be read
  std::map<std::string, std::string> stamps_;
  std::map<std::string, bool> looked_at_;
};

}  // namespace lcr::server
