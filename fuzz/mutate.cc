// Stands in for libFuzzer where the compiler has none: mutates the files of a corpus at random for a given time. The
// last input is kept in fuzz_last_input, so that a crash leaves what caused it.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/files.h"
#include "base/rng.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using hepatica::Rng;

constexpr uint64_t kSeed = 1;

size_t place(const std::string& bytes, Rng& rng) {
  // Headers and directories lie at the ends.
  const auto size = int64_t(bytes.size()), near = std::min<int64_t>(size, 4096);
  const double draw = rng.uniform();
  if (draw < 0.4) return size_t(rng.integer(0, near - 1));
  if (draw < 0.7) return size_t(rng.integer(size - near, size - 1));
  return size_t(rng.integer(0, size - 1));
}

void mutate(std::string& bytes, Rng& rng) {
  static const std::string kNumbers[] = {std::string(8, '\xff'), std::string(8, '\0'), std::string("\xff\xff\xff\x7f")};
  for (int64_t n = rng.integer(1, 8); n > 0 && !bytes.empty(); --n) {
    const size_t at = place(bytes, rng);
    const size_t length = std::min(bytes.size() - at, size_t(rng.integer(1, 16)));
    switch (rng.integer(0, 5)) {
      case 0:
        bytes[at] = char(rng.integer(0, 255));
        break;
      case 1:
        bytes[at] = char(bytes[at] ^ (1 << rng.integer(0, 7)));
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:
        bytes.insert(at, bytes.substr(place(bytes, rng), length));
        break;
      case 4:
        bytes.replace(at, std::min(length, size_t(8)), kNumbers[rng.integer(0, 2)]);
        break;
      default:
        bytes.resize(at);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s CORPUS SECONDS\n", argv[0]);
    return 2;
  }
  std::vector<std::string> corpus;
  for (const auto& entry : hepatica::fs::directory_iterator(argv[1]))
    corpus.push_back(hepatica::read_file(entry.path()));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[2]));
  Rng rng(kSeed);
  size_t runs = 0;
  for (; std::chrono::steady_clock::now() < end; ++runs) {
    std::string input = corpus.at(size_t(rng.integer(0, int64_t(corpus.size()) - 1)));
    mutate(input, rng);
    hepatica::write_file("fuzz_last_input", input);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }
  std::printf("%zu inputs from %zu files, no crash\n", runs, corpus.size());
  return 0;
}
