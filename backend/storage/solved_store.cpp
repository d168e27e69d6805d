#include "backend/storage/solved_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <simdjson.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "backend/storage/shard_writer.h"
#include "compiler/diagnostics/codes/run.h"

namespace lcr {
namespace {

namespace fs = std::filesystem;

std::string entry_name(std::string_view path, Part part) { return fmt::format("{}|{}", path, static_cast<int>(part)); }
std::string tensor_name(std::string_view path, std::string_view tensor) { return fmt::format("{}|tensor.{}", path, tensor); }

}  // namespace

struct SolvedStore::Mapped {
  void* data = MAP_FAILED;
  size_t size = 0;
  Mapped() = default;
  Mapped(const Mapped&) = delete;
  ~Mapped() {
    if (data != MAP_FAILED) munmap(data, size);
  }
  bool open(const std::string& path) {
    int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    struct stat status {};
    if (fstat(descriptor, &status) == 0 && status.st_size > 8) {
      size = static_cast<size_t>(status.st_size);
      data = mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
    }
    ::close(descriptor);
    return data != MAP_FAILED;
  }
};

std::string SolvedStore::file_of(const std::string& instance) const {
  return (fs::path(folder_) / ((instance.empty() ? std::string("model") : instance) + ".solved")).string();
}

bool SolvedStore::holds(const std::string& instance) const {
  std::error_code error;
  return fs::exists(file_of(instance), error);
}

// 8 bytes of length, a JSON object of name -> [begin, end], the bytes.
bool SolvedStore::load(const std::string& instance, Diagnostics& diagnostics) {
  {
    std::lock_guard lock(mutex_);
    if (files_.contains(instance)) return true;
  }
  auto mapped = std::make_shared<Mapped>();
  const std::string path = file_of(instance);
  auto damaged = [&] {
    diagnostics.report(codes::L6001, fmt::format("`{}` cannot be read", path))
        .help("remove it: a run with `--resume` makes it again");
    return false;
  };
  if (!mapped->open(path)) return damaged();
  const char* bytes = static_cast<const char*>(mapped->data);
  uint64_t length = 0;
  std::memcpy(&length, bytes, sizeof length);
  if (length > mapped->size - 8) return damaged();
  const char* begin = bytes + 8 + length;
  const size_t size = mapped->size - 8 - length;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(bytes + 8, length).get_object().get(object) != simdjson::SUCCESS) return damaged();
  std::map<std::string, std::span<const std::byte>, std::less<>> entries;
  for (auto [name, value] : object) {
    uint64_t first = 0, last = 0;
    if (value.at(0).get(first) != simdjson::SUCCESS || value.at(1).get(last) != simdjson::SUCCESS || first > last || last > size)
      return damaged();
    entries[std::string(name)] = std::as_bytes(std::span(begin + first, last - first));
  }
  {
    std::lock_guard lock(mutex_);
    for (auto& [name, bytes] : entries) entries_[name] = bytes;
    files_.emplace(instance, std::move(mapped));
  }
  changed_.notify_all();
  return true;
}

bool SolvedStore::await(const std::string& instance) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || files_.contains(instance); });
  return files_.contains(instance);
}

bool SolvedStore::await_end() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_; });
  return whole_;
}

void SolvedStore::close(bool whole) {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    whole_ = whole;
  }
  changed_.notify_all();
}

std::optional<std::span<const std::byte>> SolvedStore::entry(const std::string& name) const {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(name);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::span<const std::byte>> SolvedStore::find(std::string_view path, Part part) const {
  return entry(entry_name(path, part));
}

std::optional<std::span<const std::byte>> SolvedStore::find_tensor(std::string_view path, std::string_view tensor) const {
  return entry(tensor_name(path, tensor));
}

void SolvedStore::let_go(std::span<const std::byte> found) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE)), begin = reinterpret_cast<uintptr_t>(found.data());
  const uintptr_t first = (begin + page - 1) / page * page, last = (begin + found.size()) / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

void SolvedWriter::add(std::string_view path, Part part, std::vector<std::byte> bytes) {
  entries_.emplace_back(entry_name(path, part), std::move(bytes));
}

void SolvedWriter::add_tensor(std::string_view path, std::string_view tensor, std::span<const float> values) {
  const auto bytes = std::as_bytes(values);
  entries_.emplace_back(tensor_name(path, tensor), std::vector<std::byte>(bytes.begin(), bytes.end()));
}

void SolvedWriter::add_tensor(std::string_view path, std::string_view tensor, std::vector<std::byte> bytes) {
  entries_.emplace_back(tensor_name(path, tensor), std::move(bytes));
}

bool SolvedWriter::write(SolvedStore& store, const std::string& instance, Diagnostics& diagnostics) {
  nlohmann::json index = nlohmann::json::object();
  uint64_t offset = 0;
  for (const auto& [name, bytes] : entries_) {
    // Float32 entries are read in place.
    offset = (offset + 7) / 8 * 8;
    index[name] = {offset, offset + bytes.size()};
    offset += bytes.size();
  }
  std::string text = index.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t length = text.size();
  std::string header(8, '\0');
  std::memcpy(header.data(), &length, sizeof length);
  header += text;

  std::error_code error;
  fs::create_directories(store.folder_, error);
  const std::string path = store.file_of(instance);
  auto writer = ShardWriter::create(path + ".part", path, header.size() + offset, header, diagnostics);
  if (!writer) return false;
  uint64_t place = 0;
  for (const auto& [name, bytes] : entries_) {
    place = (place + 7) / 8 * 8;
    if (!writer->write(header.size() + place, bytes, diagnostics)) return false;
    place += bytes.size();
  }
  entries_.clear();
  return writer->finish(diagnostics);
}

}  // namespace lcr
