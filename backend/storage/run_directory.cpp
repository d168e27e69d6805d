#include "backend/storage/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/core.h>
#include <xxhash.h>

#include "backend/storage/shard_writer.h"
#include "compiler/diagnostics/codes/run.h"

namespace lcr {

namespace fs = std::filesystem;

namespace {

std::string read_text(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string make_run_id(const std::string& identity) {
  auto now = std::chrono::system_clock::now().time_since_epoch().count();
  std::string seed = fmt::format("{}:{}:{}", now, getpid(), identity.size());
  return fmt::format("{:016x}", XXH3_64bits(seed.data(), seed.size()));
}

// Holds an exclusive lock for as long as the process lives, kill -9 included.
int lock(const fs::path& path, Diagnostics& diagnostics) {
  int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    diagnostics.report(codes::L6010, fmt::format("`{}` cannot be written: {}", path.string(), std::strerror(errno)))
        .help("check the folder and its permissions");
    return -1;
  }
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  close(descriptor);
  diagnostics.report(codes::L6023, fmt::format("another run is writing to `{}`", path.parent_path().parent_path().string()))
      .help("wait for it, stop it, or choose another folder with `--out`");
  return -1;
}

// An existing folder with anything in it is another's unless it carries our mark.
bool refuse_foreign(const fs::path& out, Diagnostics& diagnostics) {
  std::error_code error;
  if (!fs::exists(out, error) || fs::is_empty(out, error) || fs::exists(out / ".lcr" / "identity", error)) return false;
  // Only our own folder, left by a run that was killed before it wrote anything.
  size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(out, error)) ++entries;
  if (entries == 1 && fs::exists(out / ".lcr", error)) return false;
  diagnostics.report(codes::L6020, fmt::format("`{}` exists and is not the output of this run", out.string()))
      .help("choose another folder with `--out`, or remove it");
  return true;
}

}  // namespace

std::optional<RunDirectory> RunDirectory::open(const Request& request, Diagnostics& diagnostics) {
  fs::path out(request.out), own = out / ".lcr";
  if (!usable(request.out, diagnostics)) return std::nullopt;
  std::error_code error;
  fs::create_directories(own / "parts", error);
  if (error) {
    diagnostics.report(codes::L6010, fmt::format("`{}` cannot be made: {}", own.string(), error.message()))
        .help("check the folder and its permissions");
    return std::nullopt;
  }
  RunDirectory directory;
  directory.out_ = request.out;
  directory.lock_ = lock(own / "lock", diagnostics);
  if (directory.lock_ < 0) return std::nullopt;
  if (fs::exists(own / "identity", error)) {
    if (read_text(own / "identity") != request.identity) {
      diagnostics.report(codes::L6022, fmt::format("`{}` holds an interrupted run of another plan", request.out))
          .help("run that plan again with `--resume`, choose another folder with `--out`, or remove it");
      return std::nullopt;
    }
    if (!request.resume) {
      diagnostics.report(codes::L6021, fmt::format("`{}` holds an interrupted run of this plan", request.out))
          .help("go on with `--resume`, or remove the folder to begin again");
      return std::nullopt;
    }
    directory.resumed_ = true;
    directory.run_id_ = read_text(own / "run");
  } else {
    directory.run_id_ = make_run_id(request.identity);
    // The identity comes last: with it the folder is this run's own.
    if (!write_synced((own / "plan.yaml").string(), request.plan_yaml, diagnostics) ||
        !write_synced((own / "run").string(), directory.run_id_, diagnostics) ||
        !write_synced((own / "identity").string(), request.identity, diagnostics)) {
      return std::nullopt;
    }
  }
  return directory;
}

bool RunDirectory::usable(const std::string& out, Diagnostics& diagnostics) {
  std::error_code error;
  const fs::path own = fs::path(out) / ".lcr";
  if (refuse_foreign(out, diagnostics)) return false;
  if (!fs::exists(own / "identity", error) || !fs::exists(own / "complete", error)) return true;
  diagnostics.report(codes::L6024, fmt::format("`{}` is complete", out))
      .help("choose another folder with `--out`, or remove it to run again");
  return false;
}

bool RunDirectory::completed(const std::string& out, const std::string& identity) {
  std::error_code error;
  fs::path own = fs::path(out) / ".lcr";
  return fs::exists(own / "complete", error) && read_text(own / "identity") == identity;
}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept { *this = std::move(other); }

RunDirectory& RunDirectory::operator=(RunDirectory&& other) noexcept {
  std::swap(out_, other.out_);
  std::swap(run_id_, other.run_id_);
  std::swap(resumed_, other.resumed_);
  std::swap(lock_, other.lock_);
  return *this;
}

RunDirectory::~RunDirectory() {
  if (lock_ >= 0) close(lock_);
}

// A file has its name only when it is whole and synced, so its presence is the record.
bool RunDirectory::finished(const std::string& file) const {
  std::error_code error;
  return fs::exists(final_path(file), error);
}

std::string RunDirectory::part_path(const std::string& file) const {
  return (fs::path(out_) / ".lcr" / "parts" / (file + ".part")).string();
}

std::string RunDirectory::final_path(const std::string& file) const { return (fs::path(out_) / file).string(); }

void RunDirectory::clear_parts() const {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(out_) / ".lcr" / "parts", error)) {
    fs::remove(entry.path(), error);
  }
}

bool RunDirectory::complete(Diagnostics& diagnostics) {
  fs::path own = fs::path(out_) / ".lcr";
  if (!write_synced((own / "complete").string(), run_id_, diagnostics)) return false;
  std::error_code error;
  fs::remove_all(own / "parts", error);
  fs::remove_all(own / "solved", error);
  fs::remove(own / "run", error);
  close(std::exchange(lock_, -1));
  fs::remove(own / "lock", error);
  return true;
}

}  // namespace lcr
