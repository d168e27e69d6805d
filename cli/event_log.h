#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "cli/session.h"

namespace lcr::cli {

// Where `--events` goes: a file that is appended to, or standard output for `-`. A line at a time, flushed, so that a
// killed run leaves whole lines.
class EventLog {
 public:
  // Reports L0004 when the file cannot be opened.
  bool open(Session& session, const std::string& path);
  void write(const std::string& json);

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdout) std::fclose(file);
    }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace lcr::cli
