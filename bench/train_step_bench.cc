// Training steps of LiLNet (by its depth) or YOLOv8 (by its scale: n, s, ...) at the asking of a peer's script, so that
// both are timed in turn on the same machine (bench/peers/torch_train_step.py). Reads a number of steps a line; answers
// with their wall and processor seconds and the last loss.
#include <ctime>
#include <iostream>
#include <string>

#include "nn/losses.h"
#include "nn/network.h"
#include "nn/yolo_loss.h"
#include "train/optimizer.h"
#include "train/precision.h"

namespace {

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

constexpr int kClasses = 3;

bool is_depth(const std::string& network) { return network.find_first_not_of("0123456789") == std::string::npos; }

hepatica::nn::Graph graph_of(const std::string& network) {
  return is_depth(network) ? hepatica::nn::lilnet(std::stoi(network), kClasses) : hepatica::nn::yolov8(network, 1);
}

/// What one step of `hepatica train` does behind the data loader.
class Steps {
 public:
  Steps(const std::string& network, int batch, int side, bool half)
      : lilnet_(is_depth(network)),
        network_(graph_of(network), 1),
        optimizer_((network_.use_channels_last(), network_.named_trainable()), {.name = "sgd", .weight_decay = 1e-4}),
        input_(torch::rand({batch, 3, side, side})),
        labels_(torch::arange(batch) % kClasses),
        half_(half) {
    for (int n = 0; n < batch; ++n)  // one box in the middle of each image: image, class, corners
      boxes_.push_back(torch::tensor(
          {float(n), 0.f, .25f * float(side), .25f * float(side), .75f * float(side), .75f * float(side)}));
  }

  void run() {
    optimizer_.zero_gradients();
    const torch::Tensor loss = lilnet_ ? lilnet_loss() : yolo_loss();
    loss.backward();
    optimizer_.step({1e-3});
    last_loss_ = loss.item<double>();
  }
  double last_loss() const { return last_loss_; }

 private:
  hepatica::nn::TensorMap outputs(const std::set<std::string>& wanted) {
    return hepatica::train::forward(network_, input_, true, wanted, half_);
  }

  torch::Tensor lilnet_loss() {
    const auto out = outputs({"out3", "out4", "sd"});
    return hepatica::nn::lilnet_loss(out.at("out4"), out.at("out3"), out.at("sd"), labels_);
  }

  torch::Tensor yolo_loss() {
    const auto out = outputs({"p3", "p4", "p5"});
    const auto loss = hepatica::nn::yolo_loss(out.at("p3"), out.at("p4"), out.at("p5"), torch::stack(boxes_));
    return loss.total;
  }

  bool lilnet_;
  hepatica::nn::Network network_;
  hepatica::train::Optimizer optimizer_;
  torch::Tensor input_, labels_;
  std::vector<torch::Tensor> boxes_;
  bool half_;
  double last_loss_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) {
    std::cerr << "usage: train_step_bench DEPTH|SCALE BATCH SIDE f32|bf16 THREADS\n";
    return 2;
  }
  at::set_num_threads(std::stoi(arguments[5]));
  torch::manual_seed(1);
  Steps steps(arguments[1], std::stoi(arguments[2]), std::stoi(arguments[3]), std::string(arguments[4]) == "bf16");
  int wanted = 0;
  while (std::cin >> wanted) {
    const double wall = seconds_of(CLOCK_MONOTONIC), processor = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    for (int n = 0; n < wanted; ++n) steps.run();
    std::cout << seconds_of(CLOCK_MONOTONIC) - wall << " " << seconds_of(CLOCK_PROCESS_CPUTIME_ID) - processor << " "
              << steps.last_loss() << std::endl;
  }
  return 0;
}
