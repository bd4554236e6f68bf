#include "image/voxel_array.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <new>

namespace hepatica {
namespace {

constexpr size_t kHugePage = size_t(2) << 20;
/// Below this, huge pages save nothing and rounding up to them costs memory.
constexpr size_t kLarge = 4 * kHugePage;

}  // namespace

VoxelMemory::VoxelMemory(size_t bytes) {
  if (bytes == 0) return;
  if (bytes < kLarge) {
    data_ = std::calloc(bytes, 1);
    if (!data_) throw std::bad_alloc();
    return;
  }
  mapped_bytes_ = bytes + kHugePage;  // room to start at a huge page; what is not touched costs nothing
  mapping_ = ::mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping_ == MAP_FAILED) throw std::bad_alloc();
  const auto start = reinterpret_cast<uintptr_t>(mapping_);
  data_ = static_cast<char*>(mapping_) + (kHugePage - start % kHugePage) % kHugePage;
  ::madvise(data_, bytes, MADV_HUGEPAGE);  // a wish: without it pages are small
}

VoxelMemory::~VoxelMemory() {
  if (mapping_)
    ::munmap(mapping_, mapped_bytes_);
  else
    std::free(data_);
}

}  // namespace hepatica
