#include "backend/storage/shard_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fmt/core.h>

#include "backend/storage/stopwatch.h"
#include "compiler/diagnostics/codes/run.h"

namespace lcr {

namespace {

bool write_all(int descriptor, uint64_t offset, std::span<const std::byte> bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t put = pwrite(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    done += static_cast<size_t>(put);
  }
  return true;
}

// Reserves the space; where the file system cannot, only sets the size.
int reserve(int descriptor, uint64_t bytes) {
  int error = posix_fallocate(descriptor, 0, static_cast<off_t>(bytes));
  if (error == EOPNOTSUPP || error == EINVAL) return ftruncate(descriptor, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
  return error;
}

void report(Diagnostics& diagnostics, const std::string& path, int error, uint64_t bytes) {
  Diagnostic& diagnostic =
      diagnostics.report(codes::L6010, fmt::format("`{}` cannot be written: {}", path, std::strerror(error)));
  if (error == ENOSPC || error == EDQUOT) {
    if (bytes > 0) diagnostic.note(fmt::format("the file takes {} bytes", bytes));
    diagnostic.help("free space and go on with `--resume`; finished files are kept");
  } else {
    diagnostic.help("check the folder and its permissions, then go on with `--resume`");
  }
}

}  // namespace

std::unique_ptr<ShardWriter> ShardWriter::create(std::string temporary, std::string final_name, uint64_t bytes,
                                                 const std::string& header, Diagnostics& diagnostics) {
  int descriptor = open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    report(diagnostics, temporary, errno, 0);
    return nullptr;
  }
  std::unique_ptr<ShardWriter> writer(new ShardWriter(std::move(temporary), std::move(final_name), descriptor));
  int error = reserve(descriptor, bytes);
  if (error == 0 && !write_all(descriptor, 0, std::as_bytes(std::span(header)))) error = errno;
  if (error == 0) return writer;
  report(diagnostics, writer->final_name_, error, bytes);
  // The space that was reserved in part is of use to nobody.
  std::remove(writer->temporary_.c_str());
  return nullptr;
}

ShardWriter::~ShardWriter() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool ShardWriter::fail(Diagnostics& diagnostics, int error) const {
  report(diagnostics, final_name_, error, 0);
  return false;
}

bool ShardWriter::write(uint64_t offset, std::span<const std::byte> bytes, Diagnostics& diagnostics) {
  const Stopwatch watch(*nanoseconds_);
  if (!write_all(descriptor_, offset, bytes)) return fail(diagnostics, errno);
  // On its way to the disk at once, so that finish() waits for little.
  constexpr size_t large = size_t{1} << 20;
  if (bytes.size() >= large)
    sync_file_range(descriptor_, static_cast<off64_t>(offset), static_cast<off64_t>(bytes.size()), SYNC_FILE_RANGE_WRITE);
  return true;
}

bool ShardWriter::finish(Diagnostics& diagnostics) {
  if (fsync(descriptor_) != 0) return fail(diagnostics, errno);
  if (close(descriptor_) != 0) return fail(diagnostics, errno);
  descriptor_ = -1;
  if (std::rename(temporary_.c_str(), final_name_.c_str()) != 0) return fail(diagnostics, errno);
  sync_folder(std::filesystem::path(final_name_).parent_path().string());
  return true;
}

bool write_synced(const std::string& path, const std::string& text, Diagnostics& diagnostics) {
  std::string temporary = path + ".part";
  int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  bool good = descriptor >= 0 && write_all(descriptor, 0, std::as_bytes(std::span(text))) && fsync(descriptor) == 0;
  int error = errno;
  if (descriptor >= 0) close(descriptor);
  if (good && std::rename(temporary.c_str(), path.c_str()) != 0) {
    good = false;
    error = errno;
  }
  if (good) {
    sync_folder(std::filesystem::path(path).parent_path().string());
    return true;
  }
  std::remove(temporary.c_str());
  report(diagnostics, path, error, text.size());
  return false;
}

void sync_folder(const std::string& folder) {
  int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace lcr
