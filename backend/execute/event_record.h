#pragma once

#include <string>

#include "backend/execute/events.h"

namespace lcr {

// OUT/.lcr/events.jsonl: what `lcr report` reads. Every event of a run but its progress, appended line by line, so that
// a resumed run keeps what its first process measured. A record that cannot be written never ends a run.
Events::Sink recorded(const std::string& out, Events::Sink sink);

}  // namespace lcr
