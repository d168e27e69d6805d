#include "compiler/server/channel.h"

#include <charconv>
#include <thread>

#include <fmt/format.h>

namespace lcr::server {
namespace {

constexpr size_t longest_message = size_t{64} << 20;

// One header line without its end; nothing at the end of the stream.
std::optional<std::string> read_line(std::FILE* in) {
  std::string line;
  for (int c = std::fgetc(in); c != EOF; c = std::fgetc(in)) {
    if (c == '\n') {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return line;
    }
    if (line.size() < 4096) line += static_cast<char>(c);
  }
  return std::nullopt;
}

// Headers up to the empty line, then as many bytes as they say; nothing at the end of the stream. Headers without a
// length are passed over.
std::optional<std::string> read_body(std::FILE* in) {
  std::optional<size_t> length;
  while (auto line = read_line(in)) {
    if (!line->empty()) {
      constexpr std::string_view name = "content-length:";
      std::string head = line->substr(0, name.size());
      for (char& c : head) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      if (head != name) continue;
      const char* at = line->data() + std::min(line->find_first_not_of(' ', name.size()), line->size());
      size_t value = 0;
      if (std::from_chars(at, line->data() + line->size(), value).ec == std::errc()) length = value;
      continue;
    }
    if (!length) continue;
    if (*length > longest_message) return std::nullopt;
    std::string body(*length, '\0');
    if (std::fread(body.data(), 1, body.size(), in) != body.size()) return std::nullopt;
    return body;
  }
  return std::nullopt;
}

// Marks a waiting request; one that was answered already is forgotten.
void cancel(std::deque<Incoming>& messages, const Json& id) {
  for (Incoming& waiting : messages)
    if (!id.is_null() && member(waiting.message, "id") == id && member(waiting.message, "method").is_string()) waiting.cancelled = true;
}

}  // namespace

Channel::Channel(std::FILE* in, std::FILE* out) : queue_(std::make_shared<Queue>()), out_(out) {
  // Detached: it may sit in a read that never returns when the process is to end.
  std::thread(read_all, in, queue_).detach();
}

void Channel::read_all(std::FILE* in, std::shared_ptr<Queue> queue) {
  while (auto body = read_body(in)) {
    Incoming incoming;
    incoming.message = Json::parse(*body, nullptr, false);
    incoming.malformed = incoming.message.is_discarded();
    if (incoming.malformed) incoming.message = nullptr;
    std::lock_guard lock(queue->mutex);
    if (member(incoming.message, "method") == "$/cancelRequest") cancel(queue->messages, member(incoming.message, {"params", "id"}));
    else queue->messages.push_back(std::move(incoming));
    queue->arrived.notify_one();
  }
  std::lock_guard lock(queue->mutex);
  queue->closed = true;
  queue->arrived.notify_one();
}

std::optional<Incoming> Channel::next() {
  std::unique_lock lock(queue_->mutex);
  queue_->arrived.wait(lock, [&] { return !queue_->messages.empty() || queue_->closed; });
  if (queue_->messages.empty()) return std::nullopt;
  Incoming first = std::move(queue_->messages.front());
  queue_->messages.pop_front();
  return first;
}

bool Channel::idle() {
  std::lock_guard lock(queue_->mutex);
  return queue_->messages.empty();
}

void Channel::send(const Json& message) {
  const std::string body = dump(message);
  const std::string head = fmt::format("Content-Length: {}\r\n\r\n", body.size());
  std::fwrite(head.data(), 1, head.size(), out_);
  std::fwrite(body.data(), 1, body.size(), out_);
  std::fflush(out_);
}

}  // namespace lcr::server
