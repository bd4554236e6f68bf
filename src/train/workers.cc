#include "train/workers.h"

#include <fmt/format.h>

#include <cstdlib>
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

template <class Call>
void Workers::guarded(Call call) const {
  if (alone()) return;
  try {
    call();
  } catch (const std::exception& error) {
    const std::string reason = error.what();
    throw Error(
        ErrorCode::interrupted,
        fmt::format("worker {} of {} lost another one, or waited for it longer than {:g} s ({}); look at the other "
                    "workers' messages, then start all of them again with --resume",
                    place_.rank,
                    place_.size,
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
