#include "backend/storage/source_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>

#include <fmt/core.h>

#include "backend/storage/stopwatch.h"
#include "compiler/diagnostics/codes/run.h"

namespace lcr {

struct SourceFiles::File {
  std::once_flag opened;
  int descriptor = -1;
  int error = 0;
};

SourceFiles::SourceFiles(std::string folder, const Checkpoint& checkpoint)
    : folder_(std::move(folder)),
      checkpoint_(checkpoint),
      files_(std::make_unique<File[]>(checkpoint.shards.size())),
      bytes_(std::make_unique<std::atomic<uint64_t>>(0)),
      nanoseconds_(std::make_unique<std::atomic<int64_t>>(0)) {}

SourceFiles::~SourceFiles() {
  for (size_t i = 0; i < checkpoint_.shards.size(); ++i) {
    if (files_[i].descriptor >= 0) close(files_[i].descriptor);
  }
}

int SourceFiles::open(uint32_t shard, Diagnostics& diagnostics) {
  File& file = files_[shard];
  std::string path = (std::filesystem::path(folder_) / checkpoint_.shards[shard].file).string();
  std::call_once(file.opened, [&] {
    file.descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    file.error = errno;
  });
  if (file.descriptor < 0) {
    diagnostics.report(codes::L6001, fmt::format("`{}` cannot be read: {}", path, std::strerror(file.error)))
        .help("check that the file is there and readable, then go on with `--resume`");
  }
  return file.descriptor;
}

bool SourceFiles::read(uint32_t shard, uint64_t begin, std::span<std::byte> into, Diagnostics& diagnostics) {
  int descriptor = open(shard, diagnostics);
  if (descriptor < 0) return false;
  const Stopwatch watch(*nanoseconds_);
  size_t done = 0;
  while (done < into.size()) {
    ssize_t got = pread(descriptor, into.data() + done, into.size() - done, static_cast<off_t>(begin + done));
    if (got < 0 && errno == EINTR) continue;
    const std::string& name = checkpoint_.shards[shard].file;
    if (got < 0) {
      diagnostics.report(codes::L6001, fmt::format("`{}` cannot be read: {}", name, std::strerror(errno)))
          .help("check the disk, then go on with `--resume`");
      return false;
    }
    if (got == 0) {
      diagnostics.report(codes::L6002, fmt::format("`{}` ends at byte {}, its header promises more", name, begin + done))
          .help("the file was cut off or changed since the run began: fetch it again");
      return false;
    }
    done += static_cast<size_t>(got);
  }
  bytes_->fetch_add(into.size(), std::memory_order_relaxed);
  return true;
}

double SourceFiles::seconds_reading() const { return static_cast<double>(nanoseconds_->load()) * 1e-9; }

uint64_t SourceFiles::bytes_read() const { return bytes_->load(std::memory_order_relaxed); }

}  // namespace lcr
