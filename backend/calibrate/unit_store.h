#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/calibrate/model_state.h"
#include "backend/calibrate/solve.h"
#include "backend/calibrate/unit_tasks.h"
#include "backend/storage/solved_store.h"

#include <nlohmann/json_fwd.hpp>

namespace lcr {

// One event of docs/events.md: its type, message and fields.
using TellEvent = std::function<void(const char* type, const std::string& message, nlohmann::json fields)>;

// What an instance's file will hold.
struct UnitFile {
  struct Coded {
    uint32_t module = 0;
    Grid grid;
    at::Tensor codes;
  };
  SolvedWriter parts;
  std::vector<Coded> coded;  // on the device, until the file is written
};

// What calibration keeps of an instance in the store, and what a later process takes from there into the model.
class UnitStore {
 public:
  // All must outlive it.
  UnitStore(const Plan& plan, const ModelGraph& graph, const UnitTasks& tasks, ModelState& model, SolvedStore& store,
            const TellEvent& tell, Diagnostics& diagnostics);

  // Takes a solved weight into use, tells of it and keeps it.
  void keep(const SolvedWeight& solved, UnitFile& file);
  // Tensors of modules that a rewrite changed, as the export writes them and a resumed run takes them. Weights that are
  // solved afterwards are stored by their codes.
  void keep_rewritten(const std::vector<uint32_t>& modules, UnitFile& file);
  // What of an instance's rotated modules is not solved, as readers that rotate need it: biases, and weights that stay
  // dense. After every other rewrite.
  void keep_rotated(uint32_t instance, UnitFile& file);

  bool holds(const UnitPlace& place) const { return store_.holds(place.path); }
  // Maps an instance's file. Reports L6001.
  bool load(const UnitPlace& place) { return store_.load(place.path, diagnostics_); }
  // And takes what it holds into use.
  bool take(const UnitPlace& place);
  // Writes an instance's file and maps it: with a device in a thread, when the file before is finished. What fails there is
  // reported by the next of these calls.
  bool write(UnitFile file, const UnitPlace& place);
  // Waits until all is written.
  bool settle();

  ~UnitStore();

 private:
  struct Writing;
  std::vector<PackedWeight> packed(const std::vector<UnitFile::Coded>& coded) const;
  bool write_now(UnitFile& file, const UnitPlace& place, Diagnostics& diagnostics) const;
  void take_rewritten(uint32_t instance);

  const Plan& plan_;
  const ModelGraph& graph_;
  const UnitTasks& tasks_;
  ModelState& model_;
  SolvedStore& store_;
  const TellEvent& tell_;
  Diagnostics& diagnostics_;
  std::unique_ptr<Writing> writing_;
};

}  // namespace lcr
