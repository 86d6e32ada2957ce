// Every test program starts here, in a temporary folder of its own that goes when it ends: CTest
// runs the cases of one program side by side, and two of them must never meet in a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace {

/// A new folder below TMPDIR, which becomes the TMPDIR of this process and of those that it starts.
class OwnTemporaryFolder {
 public:
  OwnTemporaryFolder() : path_(::testing::TempDir() + "test-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) {
      std::perror(path_.c_str());
      std::exit(EXIT_FAILURE);
    }
    for (const char* name : {"TEST_TMPDIR", "TMPDIR"}) ::setenv(name, path_.c_str(), 1);
  }
  ~OwnTemporaryFolder() {
    std::error_code left_behind;
    std::filesystem::remove_all(path_, left_behind);
  }
  OwnTemporaryFolder(const OwnTemporaryFolder&) = delete;
  OwnTemporaryFolder& operator=(const OwnTemporaryFolder&) = delete;

 private:
  std::string path_;
};

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  const OwnTemporaryFolder folder;
  return RUN_ALL_TESTS();
}
