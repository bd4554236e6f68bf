// Python's pickle format read as data: nothing is ever executed (Python library reference, "pickletools").
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace hepatica::nn {

/// One value. Which members hold depends on the kind; the rest are empty.
struct PickleValue {
  enum class Kind {
    none,
    boolean,     ///< integer
    integer,     ///< integer
    large,       ///< text: an integer of more than 64 bits, two's complement, little endian
    real,        ///< real
    text,        ///< text; also byte strings
    sequence,    ///< items: tuple, list or set
    dictionary,  ///< items: key, value, key, value, ...; an OrderedDict or defaultdict too
    global,      ///< text: "module.name"
    object,      ///< items: the callable or class, then its arguments as one sequence
    persistent,  ///< items: the one value that names an external resource
  };
  Kind kind = Kind::none;
  int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<PickleValue*> items;
  PickleValue* state = nullptr;  ///< what BUILD sets: an object's attributes

  /// Value of a text key of a dictionary; null where it is not there.
  const PickleValue* find(std::string_view key) const;
  /// An object made by the class or function of this "module.name".
  bool made_by(std::string_view name) const;
};

/// A parsed stream; owns its values, which may refer to one another in cycles.
class Pickle {
 public:
  /// Error{bad_format} naming `source` where the stream is malformed, uses an operation that PyTorch (protocols 2 to 4)
  /// does not write, or holds more than eight million values.
  Pickle(std::string_view bytes, const std::string& source);
  const PickleValue& root() const { return *root_; }
  /// Every value, in the order in which they were made.
  const std::deque<PickleValue>& values() const { return values_; }
  /// Bytes that the stream takes up at the start of those given.
  size_t length() const { return length_; }

 private:
  friend class PickleReader;
  std::deque<PickleValue> values_;
  PickleValue* root_ = nullptr;
  size_t length_ = 0;
};

}  // namespace hepatica::nn
