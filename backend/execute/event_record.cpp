#include "backend/execute/event_record.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>

namespace lcr {

namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

struct Record {
  std::mutex mutex;
  std::unique_ptr<std::FILE, Close> file;
};

}  // namespace

Events::Sink recorded(const std::string& out, Events::Sink sink) {
  const auto record = std::make_shared<Record>();
  record->file.reset(std::fopen((std::filesystem::path(out) / ".lcr" / "events.jsonl").c_str(), "a"));
  return [record, sink = std::move(sink)](const std::string& json) {
    // Keys stand in order, and no text holds an unescaped quote.
    if (record->file && json.find("\"type\":\"progress\"") == std::string::npos) {
      std::lock_guard lock(record->mutex);
      std::fputs((json + "\n").c_str(), record->file.get());
      std::fflush(record->file.get());
    }
    sink(json);
  };
}

}  // namespace lcr
