#pragma once

#include <chrono>
#include <cstdio>
#include <string>

namespace lcr::cli {

// Shows the events of a run to a person: one redrawn status line on a terminal, plain lines elsewhere (a line when a
// share of the work is done, at most one every few seconds). A pure consumer of the event stream.
class Progress {
 public:
  Progress(bool terminal, bool quiet) : terminal_(terminal), quiet_(quiet) {}
  ~Progress() { clear(); }

  // One event as JSON (docs/events.md); unknown types are shown by their message.
  void consume(const std::string& json);
  // Erases the status line so that other output can be printed.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(const std::string& line);

  bool terminal_;
  bool quiet_;
  bool drawn_ = false;
  Clock::time_point last_{};
};

}  // namespace lcr::cli
