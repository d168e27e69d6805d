#include "compiler/model/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lcr {

FileBytes::FileBytes(const std::string& path) {
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    error_ = std::strerror(errno);
    return;
  }
  struct stat status{};
  if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    error_ = "not a regular file";
    close(descriptor_);
    descriptor_ = -1;
    return;
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

FileBytes::~FileBytes() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool FileBytes::read(uint64_t offset, uint64_t count, char* to) const {
  while (count > 0) {
    const ssize_t got = pread(descriptor_, to, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    offset += static_cast<uint64_t>(got);
    count -= static_cast<uint64_t>(got);
    to += got;
  }
  return true;
}

std::optional<std::string> read_whole(const std::string& path, std::string& error) {
  FileBytes file(path);
  if (!file.ok()) {
    error = file.error();
    return std::nullopt;
  }
  std::string text(file.size(), '\0');
  if (!file.read(0, text.size(), text.data())) {
    error = "it ended early";
    return std::nullopt;
  }
  return text;
}

}  // namespace lcr
