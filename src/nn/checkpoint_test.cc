#include "nn/checkpoint.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "nn/pickle.h"
#include "nn/safetensors.h"

namespace hepatica::nn {
namespace {

using namespace std::string_literals;

std::string file_of(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = char(header.size() >> (8 * i) & 0xff);
  return bytes + header + data;
}

/// Code of the error that reading gives; the text must name the source.
void expect_refused(const std::string& bytes, const std::string& reason) {
  try {
    parse_safetensors(bytes, "file.safetensors");
    ADD_FAILURE() << "accepted: " << reason;
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::bad_format);
    EXPECT_NE(std::string(e.what()).find("file.safetensors"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find(reason), std::string::npos) << e.what();
  }
}

TEST(Checkpoint, ReadsAFileWrittenByHand) {
  const std::string data("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8);  // 1, -2
  const auto checkpoint =
      parse_safetensors(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", data), "x");
  EXPECT_TRUE(torch::equal(checkpoint.tensors.at("a"), torch::tensor({1.f, -2.f})));
  EXPECT_TRUE(checkpoint.metadata.empty());
}

TEST(Checkpoint, RoundTripKeepsValuesAndMetadata) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  Checkpoint checkpoint;
  checkpoint.tensors = {{"w", torch::randn({3, 4})},
                        {"n", torch::tensor(int64_t(5))},
                        {"h", torch::randn({2}).to(torch::kBFloat16)},
                        {"e", torch::empty({0})}};
  checkpoint.metadata = {{"task", "segment"}, {"classes", {"a", "b"}}};
  write_checkpoint(path, checkpoint, false);
  const Checkpoint again = read_checkpoint(path);
  EXPECT_EQ(again.metadata, checkpoint.metadata);
  EXPECT_EQ(again.format, "safetensors");
  ASSERT_EQ(again.tensors.size(), 4u);
  for (const auto& [key, value] : checkpoint.tensors) {
    EXPECT_TRUE(torch::equal(value, again.tensors.at(key))) << key;
    EXPECT_EQ(value.scalar_type(), again.tensors.at(key).scalar_type());
  }
  EXPECT_EQ(format_safetensors(checkpoint, false), read_file(path));
  write_checkpoint(path, checkpoint, true);
  EXPECT_EQ(read_checkpoint(path).tensors.at("w").scalar_type(), torch::kHalf);
  EXPECT_EQ(read_checkpoint(path).tensors.at("n").scalar_type(), torch::kLong);
}

TEST(Checkpoint, RefusesMalformedFiles) {
  const std::string eight(8, '\0');
  expect_refused("abc", "shorter than 8");
  expect_refused(std::string("\xff\xff\xff\xff\xff\xff\xff\xff", 8) + "{}", "header claims");
  expect_refused(file_of("{}", "").substr(0, 9), "ends within its header");
  expect_refused(file_of("[1]", ""), "not a JSON object");
  expect_refused(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", eight.substr(0, 7)),
                 "outside the file");
  expect_refused(file_of(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", eight), "does not fit its shape");
  expect_refused(file_of(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", eight), "negative");
  expect_refused(file_of(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}})", eight),
                 "too large");
  expect_refused(file_of(R"({"a":{"dtype":"Q4","shape":[2],"data_offsets":[0,8]}})", eight), "unknown type");
  expect_refused(file_of(R"({"a":{"dtype":"F32","shape":[2]}})", eight), "lacks");
  expect_refused(
      file_of(
          R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
          eight.substr(0, 6)),
      "overlap");
  expect_refused(file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight), "unused bytes");
  expect_refused(file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", eight), "unused bytes");
}

TEST(Checkpoint, PicklesAreReadAsData) {
  // {"a": [1, -2, 0.5], "b": os.system("x")} by hand in protocol 2; the call stays a value.
  const std::string stream =
      "\x80\x02}(U\x01"
      "a](K\x01J\xfe\xff\xff\xffG\x3f\xe0\0\0\0\0\0\0eU\x01"
      "bcos\nsystem\nU\x01x\x85Ru."s;
  const Pickle pickle(stream, "x");
  const auto& list = *pickle.root().find("a");
  EXPECT_EQ(list.items.at(0)->integer, 1);
  EXPECT_EQ(list.items.at(1)->integer, -2);
  EXPECT_EQ(list.items.at(2)->real, .5);
  EXPECT_TRUE(pickle.root().find("b")->made_by("os.system"));
  for (size_t length = 0; length < stream.size(); ++length)
    EXPECT_THROW(Pickle(stream.substr(0, length), "x"), Error) << length;
  for (const char* bad : {"0.", "t.", "h\x01.", "a.", "(K\x01u.", "}(K\x01u.", "\xff."})
    EXPECT_THROW(Pickle(bad, "x"), Error) << bad;
}

/// Code of the error that parsing gives; ErrorCode::internal where it gives none.
ErrorCode refusal_of(const std::string& bytes) {
  try {
    parse_checkpoint(bytes, "x.pt");
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("x.pt"), std::string::npos);
    return e.code();
  }
  return ErrorCode::internal;
}

TEST(Checkpoint, HostilePicklesAreErrors) {
  // STACK_GLOBAL of a name with itself, again and again, would double it each time.
  std::string doubling =
      "\x80\x04\x8c\x01"
      "a"s;
  for (int i = 0; i < 64; ++i) doubling += "2\x93";
  EXPECT_THROW(Pickle(doubling + ".", "x"), Error);
  // Lengths beyond the data; a memo that was never stored; a class without a name; keyword arguments without a call.
  for (const std::string& bad : {"\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\xff."s,
                                 "\x80\x02X\xff\xff\xff\x7f."s,
                                 "\x80\x02\x8b\xff\xff\xff\xff."s,
                                 "\x80\x02j\x01\0\0\0."s,
                                 "\x80\x04]]\x93."s,
                                 "\x80\x04}\x92."s,
                                 "\x80\x02"
                                 "c" +
                                     std::string(2000, 'a') + "\nb\n."})
    EXPECT_THROW(Pickle(bad, "x"), Error);
  EXPECT_EQ(Pickle("\x80\x02\x8a\x0a" + std::string(10, '\1') + ".", "x").root().kind, PickleValue::Kind::large);
}

/// A file before PyTorch 1.6 around an object's pickle, written by hand: magic, version, system, object, keys.
std::string legacy_file(const std::string& object, const std::string& keys, const std::string& storages) {
  return "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s + "\x80\x02M\xe9\x03."s +
         "\x80\x02}U\x0dlittle_endian\x88s."s + object + keys + storages;
}

// {"w": a tensor [2] of the two floats of storage "7"}.
const std::string kOneTensor =
    "\x80\x02}U\x01wctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x01"
    "7U\x03"
    "cpuK\x02NtQK\x00K\x02\x85K\x01\x85\x89}tRs."s;
const std::string kOneKey =
    "\x80\x02]U\x01"
    "7a."s;
const std::string kOneStorage = "\x02\0\0\0\0\0\0\0\x00\x00\x80\x3f\x00\x00\x00\xc0"s;  // 2 values: 1, -2

TEST(Checkpoint, ReadsFilesBeforePyTorch16) {
  const std::string file = legacy_file(kOneTensor, kOneKey, kOneStorage);
  const Checkpoint checkpoint = parse_checkpoint(file, "x.pt");
  EXPECT_EQ(checkpoint.format, "pytorch-legacy");
  EXPECT_EQ(checkpoint.kind, "state dictionary");
  EXPECT_TRUE(torch::equal(checkpoint.tensors.at("w"), torch::tensor({1.f, -2.f})));
  for (size_t length = 0; length < file.size(); ++length)
    EXPECT_EQ(refusal_of(file.substr(0, length)), ErrorCode::bad_format) << length;
  // A storage that claims more than the file has; one that is not there; one of an unknown key.
  EXPECT_EQ(refusal_of(legacy_file(kOneTensor, kOneKey, std::string(8, '\xff') + kOneStorage)), ErrorCode::bad_format);
  EXPECT_EQ(refusal_of(legacy_file(kOneTensor, "\x80\x02]."s, "")), ErrorCode::bad_format);
  EXPECT_EQ(refusal_of(legacy_file(kOneTensor,
                                   "\x80\x02]U\x01"
                                   "8a."s,
                                   kOneStorage)),
            ErrorCode::bad_format);
  std::string big_endian = file;
  big_endian[big_endian.find('\x88')] = '\x89';
  EXPECT_EQ(refusal_of(big_endian), ErrorCode::unsupported);
}

TEST(Checkpoint, ModulesThatHoldThemselvesAreErrors) {
  // m = object(); m.__dict__ = {"_modules": {"a": m}}, so that walking would never end.
  const std::string cyclic =
      "\x80\x02"
      "cnet\nNet\n)\x81q\x00}U\x08_modules}U\x01"
      "ah\x00ssb."s;
  EXPECT_EQ(refusal_of(legacy_file(cyclic, "\x80\x02]."s, "")), ErrorCode::bad_format);
  // A dictionary that holds itself holds no tensors.
  EXPECT_EQ(refusal_of(legacy_file("\x80\x02}q\x00U\x01"
                                   "ah\x00s."s,
                                   "\x80\x02]."s,
                                   "")),
            ErrorCode::unsupported);
}

TEST(Checkpoint, OtherFilesAreNamedAsSuch) {
  for (const std::string& bytes : {""s, "abc"s, "GIF89a-----"s, "\x80\x02."s, "PK\x03\x04"s, std::string(100, '\xff')})
    EXPECT_EQ(refusal_of(bytes), ErrorCode::bad_format) << bytes;
}

TEST(Checkpoint, RebuildsItsNetwork) {
  const Network network(lilnet(18, 2, .25), 4);
  Checkpoint checkpoint;
  checkpoint.tensors = network.state();
  EXPECT_THROW(network_from_checkpoint(checkpoint, "x"), Error);
  checkpoint.metadata["network"] = {{"family", "lilnet"}, {"arguments", network.graph().arguments}};
  const Network again = network_from_checkpoint(checkpoint, "x");
  for (const auto& [key, value] : again.state()) EXPECT_TRUE(torch::equal(value, network.state().at(key))) << key;
  checkpoint.metadata["network"]["arguments"]["classes"] = 3;
  try {
    network_from_checkpoint(checkpoint, "x");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::wrong_checkpoint);
  }
}

}  // namespace
}  // namespace hepatica::nn
