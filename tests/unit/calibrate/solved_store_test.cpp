#include "backend/storage/solved_store.h"

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>

#include <gtest/gtest.h>

#include "compiler/diagnostics/codes/run.h"

namespace lcr {
namespace {

namespace fs = std::filesystem;

// A store in a folder that goes away afterwards.
class Solved : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }

  static std::vector<std::byte> bytes(const std::string& text) {
    std::vector<std::byte> result(text.size());
    std::memcpy(result.data(), text.data(), text.size());
    return result;
  }
  void write_one() {
    SolvedWriter writer;
    writer.add("layers.0.q", Part::Codes, bytes("codes"));
    const std::vector<float> weight = {1.5f, -2.0f, 3.25f};
    writer.add_tensor("layers.0.norm", "weight", weight);
    SolvedStore store(folder_.string());
    ASSERT_TRUE(writer.write(store, "layers.0", diagnostics_));
  }

  const fs::path folder_ = fs::temp_directory_path() / ("lcr-solved-" + std::to_string(getpid()));
  const fs::path file_ = folder_ / "layers.0.solved";
  Diagnostics diagnostics_;
};

TEST_F(Solved, GivesBackWhatWasWritten) {
  write_one();
  SolvedStore store(folder_.string());
  EXPECT_TRUE(store.holds("layers.0"));
  EXPECT_FALSE(store.holds("layers.1"));
  EXPECT_FALSE(store.find("layers.0.q", Part::Codes));
  ASSERT_TRUE(store.load("layers.0", diagnostics_));
  const auto codes = store.find("layers.0.q", Part::Codes);
  ASSERT_TRUE(codes);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(codes->data()), codes->size()), "codes");
  const auto weight = store.find_tensor("layers.0.norm", "weight");
  ASSERT_TRUE(weight);
  ASSERT_EQ(weight->size(), 3 * sizeof(float));
  float values[3];
  std::memcpy(values, weight->data(), sizeof values);
  EXPECT_EQ(values[2], 3.25f);
  // Float32 entries are read in place.
  EXPECT_EQ(reinterpret_cast<uintptr_t>(weight->data()) % alignof(float), 0u);
  EXPECT_FALSE(store.find_tensor("layers.0.norm", "bias"));
}

TEST_F(Solved, LeavesNoUnfinishedFile) {
  write_one();
  for (const auto& entry : fs::directory_iterator(folder_)) EXPECT_EQ(entry.path(), file_);
}

// Cut at every place, and with a header of noise: reported, never read.
TEST_F(Solved, ReportsDamagedFiles) {
  write_one();
  const auto size = fs::file_size(file_);
  for (uintmax_t length = size; length-- > 0;) {
    fs::resize_file(file_, length);
    SolvedStore store(folder_.string());
    Diagnostics diagnostics;
    EXPECT_FALSE(store.load("layers.0", diagnostics)) << length;
    ASSERT_TRUE(diagnostics.has_errors());
    EXPECT_EQ(diagnostics.items().front().code, codes::L6001);
  }
  std::ofstream(file_, std::ios::binary) << std::string(64, '\xff');
  SolvedStore store(folder_.string());
  Diagnostics diagnostics;
  EXPECT_FALSE(store.load("layers.0", diagnostics));
}

TEST_F(Solved, TellsThatNoFileWillBeWrittenAnyMore) {
  for (bool whole : {false, true}) {
    SolvedStore store(folder_.string());
    auto end = std::async(std::launch::async, [&] { return store.await_end(); });
    EXPECT_EQ(end.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    store.close(whole);
    EXPECT_EQ(end.get(), whole);
  }
}

}  // namespace
}  // namespace lcr
