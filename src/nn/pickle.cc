#include "nn/pickle.h"

#include <cstring>
#include <functional>
#include <map>
#include <unordered_map>

#include "base/error.h"

namespace hepatica::nn {

using Kind = PickleValue::Kind;

// Far above what networks need; a hostile stream must not take all memory.
constexpr size_t kMostValues = 8'000'000, kLongestName = 1000;

const PickleValue* PickleValue::find(std::string_view key) const {
  if (kind != Kind::dictionary) return nullptr;
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i]->kind == Kind::text && items[i]->text == key) return items[i + 1];
  }
  return nullptr;
}

bool PickleValue::made_by(std::string_view name) const {
  return kind == Kind::object && !items.empty() && items[0]->kind == Kind::global && items[0]->text == name;
}

/// The stack machine that a pickle is a program for.
class PickleReader {
 public:
  PickleReader(Pickle& pickle, std::string_view bytes, const std::string& source)
      : pickle_(pickle), bytes_(bytes), source_(source) {}

  PickleValue* read() {
    for (;;) {
      const uint8_t code = uint8_t(take(1)[0]);
      if (code == '.') {
        pickle_.length_ = position_;
        return pop();
      }
      const auto found = operations().find(code);
      if (found == operations().end()) fail("it uses the operation " + std::to_string(code));
      found->second(*this);
    }
  }

 private:
  using Operation = std::function<void(PickleReader&)>;
  static const std::map<uint8_t, Operation>& operations();
  static void add_literals(std::map<uint8_t, Operation>& all);
  static void add_containers(std::map<uint8_t, Operation>& all);
  static void add_memory(std::map<uint8_t, Operation>& all);
  static void add_objects(std::map<uint8_t, Operation>& all);

  [[noreturn]] void fail(const std::string& text) const {
    throw Error(ErrorCode::bad_format, source_ + ": not a usable PyTorch file: in its pickle, " + text + ".");
  }

  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - position_) fail("the data end too early");
    position_ += count;
    return bytes_.substr(position_ - count, count);
  }

  /// Little-endian unsigned number of `count` bytes.
  uint64_t number(int count) {
    const std::string_view raw = take(uint64_t(count));
    uint64_t value = 0;
    for (int i = count; i-- > 0;) value = value << 8 | uint8_t(raw[size_t(i)]);
    return value;
  }

  std::string_view line() {
    const size_t end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) fail("a line does not end");
    const std::string_view text = take(end - position_);
    take(1);
    return text;
  }

  PickleValue* make(Kind kind) {
    if (pickle_.values_.size() >= kMostValues) fail("there are more than eight million values");
    pickle_.values_.emplace_back();
    pickle_.values_.back().kind = kind;
    return &pickle_.values_.back();
  }

  PickleValue* push(Kind kind) {
    stack_.push_back(make(kind));
    return stack_.back();
  }
  void push_text(std::string_view text) { push(Kind::text)->text = text; }
  void push_integer(int64_t value, Kind kind = Kind::integer) { push(kind)->integer = value; }

  /// Two's complement of `count` bytes.
  void push_long(uint64_t count) {
    if (count > 8) {
      push(Kind::large)->text = take(count);
      return;
    }
    uint64_t value = number(int(count));
    if (count > 0 && count < 8 && (value >> (8 * count - 1) & 1)) value |= ~uint64_t(0) << (8 * count);
    push_integer(int64_t(value));
  }

  void push_real() {
    uint64_t value = 0;
    for (char c : take(8)) value = value << 8 | uint8_t(c);
    std::memcpy(&push(Kind::real)->real, &value, 8);
  }

  PickleValue* pop() {
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back())) fail("the stack is empty");
    PickleValue* value = stack_.back();
    stack_.pop_back();
    return value;
  }

  PickleValue* top() {
    PickleValue* value = pop();
    stack_.push_back(value);
    return value;
  }

  std::vector<PickleValue*> pop_to_mark() {
    if (marks_.empty()) fail("a mark is missing");
    const auto begin = stack_.begin() + std::ptrdiff_t(marks_.back());
    std::vector<PickleValue*> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }

  void push_items(Kind kind, std::vector<PickleValue*> items) {
    if (kind == Kind::dictionary && items.size() % 2) fail("a dictionary has a key without a value");
    push(kind)->items = std::move(items);
  }

  void push_tuple(int length) {
    std::vector<PickleValue*> items(static_cast<size_t>(length));
    for (int i = length; i-- > 0;) items[size_t(i)] = pop();
    push_items(Kind::sequence, std::move(items));
  }

  /// Appends to the container on the stack; objects that subclass one (OrderedDict and the like) hold none of ours.
  void extend(Kind kind, const std::vector<PickleValue*>& items) {
    PickleValue* container = top();
    if (kind == Kind::dictionary && items.size() % 2) fail("a dictionary has a key without a value");
    if (container->kind == Kind::object) return;
    if (container->kind != kind) fail("values are added to something that is not a container");
    container->items.insert(container->items.end(), items.begin(), items.end());
  }

  void push_global(std::string_view module, std::string_view name) {
    if (module.size() + name.size() > kLongestName) fail("a class has a name of more than 1000 letters");
    push(Kind::global)->text = std::string(module) + "." + std::string(name);
  }

  /// OrderedDict([[key, value], ...]), as Python 2 wrote it; later ones call it with nothing and add items.
  std::vector<PickleValue*> pairs_of(const PickleValue& arguments) const {
    std::vector<PickleValue*> flat;
    if (arguments.items.empty()) return flat;
    for (const PickleValue* pair : arguments.items[0]->items) {
      if (pair->kind != Kind::sequence || pair->items.size() != 2) fail("a dictionary has a key without a value");
      flat.insert(flat.end(), pair->items.begin(), pair->items.end());
    }
    return flat;
  }

  void call() {
    PickleValue* arguments = pop();
    PickleValue* callable = pop();
    const bool global = callable->kind == Kind::global;
    if (global && callable->text == "collections.OrderedDict") {
      push_items(Kind::dictionary, pairs_of(*arguments));
    } else if (global && callable->text == "collections.defaultdict") {
      push(Kind::dictionary);
    } else {
      push(Kind::object)->items = {callable, arguments};
    }
  }

  /// ("module", class, file, source text) stands for the class in files before PyTorch 1.6; others name storages.
  void push_persistent(PickleValue* id) {
    const auto& parts = id->items;
    if (id->kind == Kind::sequence && parts.size() > 1 && parts[0]->kind == Kind::text && parts[0]->text == "module") {
      stack_.push_back(parts[1]);
    } else {
      push(Kind::persistent)->items = {id};
    }
  }

  void set_state() {
    PickleValue* state = pop();
    top()->state = state;
  }

  void remember(uint64_t key) { memory_[key] = top(); }

  void recall(uint64_t key) {
    const auto found = memory_.find(key);
    if (found == memory_.end()) fail("it recalls a value that it never stored");
    stack_.push_back(found->second);
  }

  Pickle& pickle_;
  std::string_view bytes_;
  const std::string& source_;
  size_t position_ = 0;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleValue*> memory_;
};

void PickleReader::add_literals(std::map<uint8_t, Operation>& all) {
  using R = PickleReader;
  all[0x80] = [](R& r) { r.take(1); };                                               // PROTO
  all[0x95] = [](R& r) { r.take(8); };                                               // FRAME
  all['N'] = [](R& r) { r.push(Kind::none); };                                       // NONE
  all[0x88] = [](R& r) { r.push_integer(1, Kind::boolean); };                        // NEWTRUE
  all[0x89] = [](R& r) { r.push_integer(0, Kind::boolean); };                        // NEWFALSE
  all['J'] = [](R& r) { r.push_integer(int32_t(r.number(4))); };                     // BININT
  all['K'] = [](R& r) { r.push_integer(int64_t(r.number(1))); };                     // BININT1
  all['M'] = [](R& r) { r.push_integer(int64_t(r.number(2))); };                     // BININT2
  all[0x8a] = [](R& r) { r.push_long(r.number(1)); };                                // LONG1
  all[0x8b] = [](R& r) { r.push_long(r.number(4)); };                                // LONG4
  all['G'] = [](R& r) { r.push_real(); };                                            // BINFLOAT
  all['X'] = all['T'] = all['B'] = [](R& r) { r.push_text(r.take(r.number(4))); };   // BINUNICODE, BINSTRING, BINBYTES
  all[0x8c] = all['U'] = all['C'] = [](R& r) { r.push_text(r.take(r.number(1))); };  // their short forms
  all[0x8d] = all[0x8e] = [](R& r) { r.push_text(r.take(r.number(8))); };            // BINUNICODE8, BINBYTES8
}

void PickleReader::add_containers(std::map<uint8_t, Operation>& all) {
  using R = PickleReader;
  all['('] = [](R& r) { r.marks_.push_back(r.stack_.size()); };            // MARK
  all['}'] = [](R& r) { r.push(Kind::dictionary); };                       // EMPTY_DICT
  all[']'] = all[')'] = all[0x8f] = [](R& r) { r.push(Kind::sequence); };  // EMPTY_LIST, _TUPLE, _SET
  all['t'] = all['l'] =
      all[0x91] = [](R& r) { r.push_items(Kind::sequence, r.pop_to_mark()); };     // TUPLE, LIST, FROZENSET
  all['d'] = [](R& r) { r.push_items(Kind::dictionary, r.pop_to_mark()); };        // DICT
  all[0x85] = [](R& r) { r.push_tuple(1); };                                       // TUPLE1
  all[0x86] = [](R& r) { r.push_tuple(2); };                                       // TUPLE2
  all[0x87] = [](R& r) { r.push_tuple(3); };                                       // TUPLE3
  all['a'] = [](R& r) { r.extend(Kind::sequence, {r.pop()}); };                    // APPEND
  all['e'] = all[0x90] = [](R& r) { r.extend(Kind::sequence, r.pop_to_mark()); };  // APPENDS, ADDITEMS
  all['s'] = [](R& r) {                                                            // SETITEM
    PickleValue* value = r.pop();
    PickleValue* key = r.pop();
    r.extend(Kind::dictionary, {key, value});
  };
  all['u'] = [](R& r) { r.extend(Kind::dictionary, r.pop_to_mark()); };  // SETITEMS
}

void PickleReader::add_memory(std::map<uint8_t, Operation>& all) {
  using R = PickleReader;
  all['0'] = [](R& r) { r.pop(); };                        // POP
  all['1'] = [](R& r) { r.pop_to_mark(); };                // POP_MARK
  all['2'] = [](R& r) { r.stack_.push_back(r.top()); };    // DUP
  all['q'] = [](R& r) { r.remember(r.number(1)); };        // BINPUT
  all['r'] = [](R& r) { r.remember(r.number(4)); };        // LONG_BINPUT
  all[0x94] = [](R& r) { r.remember(r.memory_.size()); };  // MEMOIZE
  all['h'] = [](R& r) { r.recall(r.number(1)); };          // BINGET
  all['j'] = [](R& r) { r.recall(r.number(4)); };          // LONG_BINGET
}

void PickleReader::add_objects(std::map<uint8_t, Operation>& all) {
  using R = PickleReader;
  all['c'] = [](R& r) {  // GLOBAL
    const std::string_view module = r.line();
    r.push_global(module, r.line());
  };
  all[0x93] = [](R& r) {  // STACK_GLOBAL
    const PickleValue* name = r.pop();
    const PickleValue* module = r.pop();
    if (module->kind != Kind::text || name->kind != Kind::text) r.fail("a class is named by something else than text");
    r.push_global(module->text, name->text);
  };
  all['R'] = all[0x81] = [](R& r) { r.call(); };  // REDUCE, NEWOBJ
  all[0x92] = [](R& r) {                          // NEWOBJ_EX, its keyword arguments passed over
    r.pop();
    r.call();
  };
  all['b'] = [](R& r) { r.set_state(); };               // BUILD
  all['Q'] = [](R& r) { r.push_persistent(r.pop()); };  // BINPERSID
}

const std::map<uint8_t, PickleReader::Operation>& PickleReader::operations() {
  static const std::map<uint8_t, Operation> all = [] {
    std::map<uint8_t, Operation> table;
    add_literals(table);
    add_containers(table);
    add_memory(table);
    add_objects(table);
    return table;
  }();
  return all;
}

Pickle::Pickle(std::string_view bytes, const std::string& source) { root_ = PickleReader(*this, bytes, source).read(); }

}  // namespace hepatica::nn
