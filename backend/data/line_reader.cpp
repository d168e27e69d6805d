#include "backend/data/line_reader.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/driver.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

constexpr size_t kChunk = size_t{256} << 10;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

std::unique_ptr<LineReader> LineReader::open(const std::string& path, Diagnostics& diagnostics) {
  File file(std::fopen(path.c_str(), "rb"), &std::fclose);
  int error = errno;
  std::unique_ptr<LineReader> reader(new LineReader(std::move(file), path, diagnostics));
  if (reader->file_) return reader;
  reader->report(error);
  return nullptr;
}

void LineReader::report(int error) {
  failed_ = true;
  diagnostics_.report(codes::L0001, fmt::format("`{}` cannot be read: {}", path_, std::strerror(error))).with("file", path_);
}

// False at the end of the file and after a diagnostic.
bool LineReader::read_more() {
  buffer_.erase(0, at_);
  end_ -= at_;
  at_ = 0;
  if (buffer_.size() < end_ + kChunk) buffer_.resize(std::max(end_ + kChunk, std::min(end_ * 2, kLongestLine + kChunk)));
  size_t count = std::fread(buffer_.data() + end_, 1, buffer_.size() - end_, file_.get());
  if (count == 0 && std::ferror(file_.get())) report(errno);
  end_ += count;
  return count > 0;
}

std::optional<Line> LineReader::next() {
  size_t searched = 0;
  while (!failed_) {
    const char* begin = buffer_.data() + at_;
    const void* found = std::memchr(begin + searched, '\n', end_ - at_ - searched);
    searched = end_ - at_;
    if (!found && searched > kLongestLine) {
      failed_ = true;
      diagnostics_.report(codes::L8004, fmt::format("line {} of `{}` is longer than {} MiB", number_ + 1, path_, kLongestLine >> 20))
          .help("a data file has one JSON object in each line");
      return std::nullopt;
    }
    if (!found && read_more()) continue;
    if (failed_ || (!found && at_ == end_)) return std::nullopt;

    // read_more() may have moved the bytes.
    begin = buffer_.data() + at_;
    size_t length = found ? static_cast<size_t>(static_cast<const char*>(found) - begin) : end_ - at_;
    Line line{std::string_view(begin, length), {offset_, ++number_}};
    size_t used = length + (found ? 1 : 0);
    at_ += used;
    offset_ += used;
    searched = 0;
    if (line.place.offset == 0 && line.text.starts_with(kByteOrderMark)) line.text.remove_prefix(kByteOrderMark.size());
    if (line.text.find_first_not_of(" \t\r") != std::string_view::npos) return line;
  }
  return std::nullopt;
}

std::optional<Line> LineReader::at(LinePlace place) {
  if (::fseeko(file_.get(), static_cast<off_t>(place.offset), SEEK_SET) != 0) {
    report(errno);
    return std::nullopt;
  }
  at_ = end_ = 0;
  offset_ = place.offset;
  number_ = place.number - 1;
  return next();
}

}  // namespace lcr
