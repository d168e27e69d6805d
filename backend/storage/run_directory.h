#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// OUT/.lcr: what makes an output folder this run's own. It holds the plan, the parts of unfinished files, and the list
// of finished ones; on success all but the plan and the report go away. `*.safetensors` stand in OUT itself only when
// they are whole.
class RunDirectory {
 public:
  // What the caller wants and finds.
  struct Request {
    std::string out;
    std::string identity;  // text that must be equal for a run to be the same: the plan less its predictions
    std::string plan_yaml;
    bool resume = false;
  };

  // Creates the folder, or takes up an interrupted run of the same identity. Refuses a folder with other content
  // (L6020), an interrupted run without `--resume` (L6021), another plan's run (L6022), one that another process is
  // working on (L6023), and one that is complete (L6024).
  static std::optional<RunDirectory> open(const Request& request, Diagnostics& diagnostics);
  // Whether open() could succeed: reports a folder with other content, and one that is complete. Makes nothing.
  static bool usable(const std::string& out, Diagnostics& diagnostics);
  // Whether a folder holds the whole output of a run of this identity.
  static bool completed(const std::string& out, const std::string& identity);
  RunDirectory(RunDirectory&&) noexcept;
  RunDirectory& operator=(RunDirectory&&) noexcept;
  ~RunDirectory();

  const std::string& out() const { return out_; }
  bool resumed() const { return resumed_; }
  // An id that stays the same when the run is resumed.
  const std::string& run_id() const { return run_id_; }
  // Whether an earlier process finished this output file (its size is checked by the caller).
  bool finished(const std::string& file) const;
  std::string part_path(const std::string& file) const;    // where it grows
  std::string final_path(const std::string& file) const;
  // Forgets unfinished parts.
  void clear_parts() const;
  // Marks the run complete and removes what is no longer needed.
  bool complete(Diagnostics& diagnostics);

 private:
  RunDirectory() = default;

  std::string out_, run_id_;
  bool resumed_ = false;
  int lock_ = -1;
};

}  // namespace lcr
