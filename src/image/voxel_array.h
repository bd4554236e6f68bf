// The memory of a volume.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

namespace hepatica {

/// Bytes that are 0 at first. Large ones come from the system as huge pages and are cleared when they are first
/// touched, by the thread that does it: filling a new volume costs one pass over it, not two.
class VoxelMemory {
 public:
  VoxelMemory() = default;
  /// Throws std::bad_alloc.
  explicit VoxelMemory(size_t bytes);
  ~VoxelMemory();
  VoxelMemory(VoxelMemory&& other) noexcept { swap(other); }
  VoxelMemory& operator=(VoxelMemory&& other) noexcept {
    swap(other);
    return *this;
  }
  void* data() const { return data_; }

 private:
  void swap(VoxelMemory& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(mapping_, other.mapping_);
    std::swap(mapped_bytes_, other.mapped_bytes_);
  }

  void* data_ = nullptr;
  void* mapping_ = nullptr;  ///< null where the bytes are of the heap
  size_t mapped_bytes_ = 0;
};

/// A fixed number of values in VoxelMemory.
template <class T>
class VoxelArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  VoxelArray() = default;
  explicit VoxelArray(size_t size) : memory_(size * sizeof(T)), size_(size) {}
  explicit VoxelArray(std::span<const T> values) : VoxelArray(values.size()) {
    if (size_ > 0) std::memcpy(memory_.data(), values.data(), values.size_bytes());
  }
  VoxelArray(const VoxelArray& other) : VoxelArray(std::span<const T>(other.data(), other.size())) {}
  VoxelArray(VoxelArray&& other) noexcept
      : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, size_t(0))) {}
  VoxelArray& operator=(const VoxelArray& other) { return *this = VoxelArray(other); }
  VoxelArray& operator=(VoxelArray&& other) noexcept {
    memory_ = std::move(other.memory_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~VoxelArray() = default;

  T* data() { return static_cast<T*>(memory_.data()); }
  const T* data() const { return static_cast<const T*>(memory_.data()); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data()[i]; }
  const T& operator[](size_t i) const { return data()[i]; }

 private:
  VoxelMemory memory_;
  size_t size_ = 0;
};

}  // namespace hepatica
