// Training steps of LiLNet at the asking of a peer's script, so that both are timed in turn on the same machine
// (bench/peers/torch_train_step.py). Reads a number of steps a line; answers with their wall and processor seconds.
#include <ctime>
#include <iostream>
#include <string>

#include "nn/losses.h"
#include "nn/network.h"
#include "train/optimizer.h"
#include "train/precision.h"

namespace {

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

/// What one step of `hepatica train` does behind the data loader.
class Steps {
 public:
  Steps(int depth, int batch, int side, bool half)
      : network_(hepatica::nn::lilnet(depth, kClasses), 1),
        optimizer_((network_.use_channels_last(), network_.named_trainable()), {.name = "sgd", .weight_decay = 1e-4}),
        input_(torch::rand({batch, 3, side, side})),
        labels_(torch::arange(batch) % kClasses),
        half_(half) {}

  void run() {
    optimizer_.zero_gradients();
    const auto outputs = hepatica::train::forward(network_, input_, true, {"out3", "out4", "sd"}, half_);
    const torch::Tensor loss =
        hepatica::nn::lilnet_loss(outputs.at("out4"), outputs.at("out3"), outputs.at("sd"), labels_);
    loss.backward();
    optimizer_.step({1e-3});
    last_loss_ = loss.item<double>();
  }
  double last_loss() const { return last_loss_; }

 private:
  static constexpr int kClasses = 3;
  hepatica::nn::Network network_;
  hepatica::train::Optimizer optimizer_;
  torch::Tensor input_, labels_;
  bool half_;
  double last_loss_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) {
    std::cerr << "usage: train_step_bench DEPTH BATCH SIDE f32|bf16 THREADS\n";
    return 2;
  }
  at::set_num_threads(std::stoi(arguments[5]));
  torch::manual_seed(1);
  Steps steps(
      std::stoi(arguments[1]), std::stoi(arguments[2]), std::stoi(arguments[3]), std::string(arguments[4]) == "bf16");
  int wanted = 0;
  while (std::cin >> wanted) {
    const double wall = seconds_of(CLOCK_MONOTONIC), processor = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    for (int n = 0; n < wanted; ++n) steps.run();
    std::cout << seconds_of(CLOCK_MONOTONIC) - wall << " " << seconds_of(CLOCK_PROCESS_CPUTIME_ID) - processor << " "
              << steps.last_loss() << std::endl;
  }
  return 0;
}
