#pragma once

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "compiler/server/json.h"

namespace lcr::server {

// One message of the client.
struct Incoming {
  Json message;
  bool malformed = false;  // no JSON
  bool cancelled = false;  // the client withdrew the request before it was begun
};

// Messages with `Content-Length` headers over two streams. A thread reads ahead, so that a request can be withdrawn
// while it waits, and changes that follow each other can be answered once.
class Channel {
 public:
  Channel(std::FILE* in, std::FILE* out);
  // The reading thread ends with the stream; a process that ends earlier leaves it.
  ~Channel() = default;

  // Waits for the next message; nothing at the end of the stream.
  std::optional<Incoming> next();
  // Whether no message waits.
  bool idle();
  void send(const Json& message);

 private:
  struct Queue {
    std::mutex mutex;
    std::condition_variable arrived;
    std::deque<Incoming> messages;
    bool closed = false;
  };
  static void read_all(std::FILE* in, std::shared_ptr<Queue> queue);

  std::shared_ptr<Queue> queue_;
  std::FILE* out_;
};

}  // namespace lcr::server
