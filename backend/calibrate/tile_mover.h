#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/forward/template_runner.h"

namespace lcr {

// Moves values between page-locked host memory and a device on streams of its own, so that copies of neighbouring tiles
// overlap with computing. Without host waiting it does nothing.
class TileMover {
 public:
  // A tile's values on the move: events that say when they have arrived, and when they have left; and where those that
  // were brought lie in host memory, so that what a pass leaves unchanged need not be taken back.
  struct Trip {
    std::shared_ptr<void> arrived, left;
    std::vector<std::pair<at::Tensor, at::Tensor>> brought;  // on the device, on the host
  };

  TileMover(const std::string& device, bool wait_on_host);
  ~TileMover();

  // What was computed so far comes before what is moved from now on; and the other way round.
  void begin_pass();
  void end_pass();
  // Starts to bring values to the device.
  void bring(std::vector<Slot>& values, Trip& trip);
  // Lets computing and copying of a tile come to an end, so that what runs ahead of it stays bounded.
  void settle(const Trip& trip);
  // Computing waits for them.
  void use(const std::vector<Slot>& values, const Trip& trip);
  // Starts to take a value to the host, once what makes it is done.
  void put_away(std::vector<Slot>& values, Trip& trip);

 private:
  struct Streams;
  std::unique_ptr<Streams> streams_;  // null: values stay
};

}  // namespace lcr
