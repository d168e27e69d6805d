#pragma once

#include <functional>
#include <optional>
#include <string>

#include "backend/api/lcr_backend.h"
#include "cli/session.h"

namespace lcr::cli {

// The backend, opened on demand: `run`, `score` and `eval` need it, nothing else does.
class BackendLibrary {
 public:
  // Opens LCR_BACKEND_PATH, or the library beside the executable. Reports L0003 when there is none.
  static std::optional<BackendLibrary> open(Session& session);
  // The file that open() would take; empty when there is none.
  static std::string find();

  // {"torch": …}, for `lcr --version`.
  std::string describe() const;

  using Sink = std::function<void(const std::string& json)>;
  // They give the exit code; diagnostics are added to the session's, events go to the sink.
  int run(const std::string& plan, const std::string& options, const Sink& event, Session& session) const;
  int eval(const std::string& options, const Sink& event, Session& session) const;
  int score(const std::string& request, const Sink& event, Session& session) const;
  // Callable from a signal handler.
  void interrupt() const { interrupt_(); }

 private:
  int (*describe_)(char*, int) = nullptr;
  int (*run_)(const char*, const char*, lcr_sinks) = nullptr;
  int (*eval_)(const char*, lcr_sinks) = nullptr;
  int (*score_)(const char*, lcr_sinks) = nullptr;
  void (*interrupt_)() = nullptr;
};

}  // namespace lcr::cli
