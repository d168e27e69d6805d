#include "backend/calibrate/tile_mover.h"

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <utility>

namespace lcr {

struct TileMover::Streams {
  explicit Streams(const std::string& name)
      : impl(at::Device(name).type()), device(impl.getDevice()), in(impl.getStreamFromGlobalPool(device)),
        out(impl.getStreamFromGlobalPool(device)) {}
  c10::Stream compute() const { return impl.getStream(device); }
  std::shared_ptr<c10::Event> mark(const c10::Stream& stream) const {
    auto event = std::make_shared<c10::Event>(device.type());
    event->record(stream);
    return event;
  }

  c10::impl::VirtualGuardImpl impl;
  c10::Device device;
  c10::Stream in, out;
};

TileMover::TileMover(const std::string& device, bool wait_on_host) {
  if (wait_on_host) streams_ = std::make_unique<Streams>(device);
}
TileMover::~TileMover() = default;

void TileMover::begin_pass() {
  if (streams_) streams_->mark(streams_->compute())->block(streams_->in);
}

void TileMover::end_pass() {
  if (streams_) streams_->mark(streams_->out)->block(streams_->compute());
}

void TileMover::bring(std::vector<Slot>& values, Trip& trip) {
  if (!streams_) return;
  if (trip.left) std::static_pointer_cast<c10::Event>(trip.left)->block(streams_->in);
  c10::StreamGuard guard(streams_->in);
  for (Slot& slot : values) {
    for (at::Tensor* tensor : {&slot.tensor, &slot.indices}) {
      if (!tensor->defined() || !tensor->is_cpu()) continue;
      at::Tensor moved = tensor->to(streams_->device, tensor->scalar_type(), /*non_blocking=*/true);
      trip.brought.emplace_back(moved, std::exchange(*tensor, moved));
    }
  }
  trip.arrived = streams_->mark(streams_->in);
}

void TileMover::settle(const Trip& trip) {
  if (streams_ && trip.left) std::static_pointer_cast<c10::Event>(trip.left)->synchronize();
}

void TileMover::use(const std::vector<Slot>& values, const Trip& trip) {
  if (!streams_ || !trip.arrived) return;
  const c10::Stream compute = streams_->compute();
  std::static_pointer_cast<c10::Event>(trip.arrived)->block(compute);
  // Their memory is the copy stream's: it must not be used again before computing is done with them.
  for (const Slot& slot : values)
    for (const at::Tensor* tensor : {&slot.tensor, &slot.indices})
      if (tensor->defined() && !tensor->is_cpu()) tensor->record_stream(compute);
}

void TileMover::put_away(std::vector<Slot>& values, Trip& trip) {
  if (!streams_) return;
  streams_->mark(streams_->compute())->block(streams_->out);
  c10::StreamGuard guard(streams_->out);
  for (Slot& slot : values) {
    for (at::Tensor* tensor : {&slot.tensor, &slot.indices}) {
      if (!tensor->defined() || tensor->is_cpu()) continue;
      const auto same = std::find_if(trip.brought.begin(), trip.brought.end(),
                                     [&](const auto& one) { return one.first.is_same(*tensor); });
      if (same != trip.brought.end()) {
        *tensor = same->second;
        continue;
      }
      at::Tensor host = at::empty(tensor->sizes(), tensor->options().device(at::kCPU).pinned_memory(true));
      host.copy_(*tensor, /*non_blocking=*/true);
      tensor->record_stream(streams_->out);
      *tensor = host;
    }
  }
  trip.brought.clear();
  trip.left = streams_->mark(streams_->out);
}

}  // namespace lcr
