#include "train/workers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "base/error.h"

namespace hepatica::train {
namespace {

using Gloo = c10d::ProcessGroupGloo;

bool is_loopback(const std::string& address) { return address == "localhost" || address.rfind("127.", 0) == 0; }

/// The network card that GLOO_SOCKET_IFNAME names, as for PyTorch; else loopback where rank 0 is there, else Gloo's
/// choice, the card of this machine's host name.
std::shared_ptr<::gloo::transport::Device> device_for(const std::string& address) {
  if (const char* card = std::getenv("GLOO_SOCKET_IFNAME")) return Gloo::createDeviceForInterface(card);
  return is_loopback(address) ? Gloo::createDeviceForHostname("127.0.0.1") : Gloo::createDefaultDevice();
}

/// Tensors one after the other in one vector on the processor, and back.
torch::Tensor joined(const std::vector<torch::Tensor>& values) {
  std::vector<torch::Tensor> flat;
  for (const torch::Tensor& value : values)
    flat.push_back(value.detach().to(torch::kCPU, torch::kFloat).contiguous().flatten());
  return torch::cat(flat);
}

void part(const torch::Tensor& all, const std::vector<torch::Tensor>& values) {
  const torch::NoGradGuard no_grad;
  int64_t start = 0;
  for (torch::Tensor value : values) {
    value.copy_(all.narrow(0, start, value.numel()).view(value.sizes()));
    start += value.numel();
  }
}

struct DifferentiableSum : torch::autograd::Function<DifferentiableSum> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const torch::Tensor& values,
                               const Workers* workers,
                               bool idle) {
    context->saved_data["workers"] = reinterpret_cast<int64_t>(workers);
    context->saved_data["idle"] = idle;
    torch::Tensor sum = idle ? torch::zeros_like(values) : values.clone();
    workers->sum(sum);
    return sum;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto* workers = reinterpret_cast<const Workers*>(context->saved_data["workers"].toInt());
    torch::Tensor sum = gradients[0].clone();
    workers->sum(sum);
    if (context->saved_data["idle"].toBool()) sum.zero_();
    return {sum, torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace

struct Workers::Group {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<Gloo> gloo;
};

Workers::Workers() = default;
Workers::~Workers() = default;

namespace {

constexpr double kSignsS = 5;  // how long signs of life, and the verdict over them, are waited for
constexpr const char* kVerdict = "lost";

std::string sign_of(int rank) { return fmt::format("alive/{}", rank); }

using SteadyTime = std::chrono::steady_clock::time_point;

/// Waits until all keys are set, or the time is over.
bool wait_for(c10d::Store& store, const std::vector<std::string>& keys, SteadyTime end) {
  while (!store.check(keys)) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

/// Of the leader: the ranks that give no sign, told to those that do.
std::string judge_signs(c10d::Store& store, int size, SteadyTime end) {
  std::vector<std::string> lost;
  std::vector<std::string> heard;
  for (int rank = 1; rank < size; ++rank) {
    if (wait_for(store, {sign_of(rank)}, end))
      heard.push_back(fmt::format("heard/{}", rank));
    else
      lost.push_back(std::to_string(rank));
  }
  const std::string text = fmt::format("{}", fmt::join(lost, ", "));
  store.set(kVerdict, std::vector<uint8_t>(text.begin(), text.end()));
  // The store may end with this process.
  wait_for(store, heard, std::chrono::steady_clock::now() + std::chrono::seconds(2));
  return text;
}

/// Of the others: what the leader says; the leader itself where it says nothing.
std::string hear_verdict(c10d::Store& store, int rank, SteadyTime end) {
  if (!wait_for(store, {kVerdict}, end)) return "0";
  const std::vector<uint8_t> text = store.get(kVerdict);
  store.set(fmt::format("heard/{}", rank), std::vector<uint8_t>{1});
  return {text.begin(), text.end()};
}

}  // namespace

/// The ranks of the workers that are lost, after an exchange that failed; empty where all give a sign of life (one of
/// them then ended with an error of its own, or the network between them failed).
std::string Workers::lost_workers() const try {
  if (!group_ || !group_->store) return "0";
  c10d::Store& store = *group_->store;
  store.set(sign_of(place_.rank), std::vector<uint8_t>{1});
  group_->gloo.reset();  // ends what the others may still wait for from here
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(kSignsS);
  const auto later = end + std::chrono::duration<double>(kSignsS);
  const auto whole = [](auto time) { return std::chrono::time_point_cast<SteadyTime::duration>(time); };
  return leads() ? judge_signs(store, place_.size, whole(end)) : hear_verdict(store, place_.rank, whole(later));
} catch (const std::exception&) {
  return "0";  // the store is served by worker 0, or by a launcher beside it
}

template <class Call>
void Workers::guarded(Call call) const {
  if (alone()) return;
  try {
    call();
  } catch (const std::exception& error) {
    const std::string reason = error.what();
    const std::string lost = lost_workers();
    throw Error(ErrorCode::worker_lost,
                fmt::format("worker {} of {} lost {}, or waited longer than {:g} s ({}); look at the last messages of "
                            "that worker, then start all of them again with --resume: the run goes on after its last "
                            "whole epoch",
                            place_.rank,
                            place_.size,
                            lost.empty() ? "the connection to the others" : fmt::format("worker {}", lost),
                            limit_s_,
                            reason.substr(0, reason.find('\n'))));
  }
}

Workers::Workers(const WorkerPlace& place, double limit_s) : place_(place), limit_s_(limit_s) {
  const auto limit = std::chrono::milliseconds(int64_t(limit_s * 1000));
  guarded([&] {
    group_ = std::make_unique<Group>();
    c10d::TCPStoreOptions store;
    store.port = uint16_t(place.port);
    store.isServer = place.rank == 0 && !place.store_is_served;
    store.numWorkers = place.size;
    store.waitWorkers = false;  // the group waits
    store.timeout = limit;
    const auto tcp = c10::make_intrusive<c10d::TCPStore>(place.address, store);
    group_->store = c10::make_intrusive<c10d::PrefixStore>("hepatica", tcp);
    const auto options = Gloo::Options::create(limit);
    options->devices.push_back(device_for(place.address));
    options->threads = 1;
    group_->gloo = c10::make_intrusive<Gloo>(group_->store, place.rank, place.size, options);
  });
  meet();
}

void Workers::sum(torch::Tensor& values) const { sum(std::vector<torch::Tensor>{values}); }

void Workers::sum(const std::vector<torch::Tensor>& values) const {
  if (alone() || values.empty()) return;
  std::vector<torch::Tensor> all{joined(values)};
  guarded([&] { group_->gloo->allreduce(all)->wait(); });
  part(all[0], values);
}

torch::Tensor Workers::differentiable_sum(const torch::Tensor& values, bool idle) const {
  return alone() ? values : DifferentiableSum::apply(values, this, idle);
}

void Workers::share(const std::vector<torch::Tensor>& values) const {
  if (alone() || values.empty()) return;
  std::vector<torch::Tensor> all{joined(values)};
  guarded([&] { group_->gloo->broadcast(all)->wait(); });
  part(all[0], values);
}

std::string Workers::share(const std::string& bytes) const {
  if (alone()) return bytes;
  std::vector<torch::Tensor> size{torch::tensor(int64_t(bytes.size()))};
  guarded([&] { group_->gloo->broadcast(size)->wait(); });
  std::string all = bytes;
  all.resize(size_t(size[0].item<int64_t>()));
  std::vector<torch::Tensor> content{torch::from_blob(all.data(), {int64_t(all.size())}, torch::kByte)};
  if (!all.empty()) guarded([&] { group_->gloo->broadcast(content)->wait(); });
  return all;
}

void Workers::meet() const {
  torch::Tensor one = torch::zeros({1});
  sum(one);
}

}  // namespace hepatica::train
