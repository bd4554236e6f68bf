#include "train/workers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <sstream>

#include "base/error.h"
#include "base/threads.h"
#include "train/balls_test.h"
#include "train/classify_task.h"
#include "train/detect_task.h"
#include "train/discs_test.h"
#include "train/fit.h"
#include "train/segment_task.h"
#include "train/volume_task.h"
#include "train/watched_test.h"

namespace hepatica::train {
namespace {

using Variables = std::map<std::string, std::string>;

std::optional<WorkerPlace> place_of(const Variables& variables) {
  return worker_place([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(WorkerPlace, OfEachLauncher) {
  EXPECT_FALSE(place_of({}));
  EXPECT_FALSE(place_of({{"RANK", "0"}, {"WORLD_SIZE", "1"}}));
  EXPECT_EQ(place_of({{"RANK", "3"},
                      {"WORLD_SIZE", "4"},
                      {"LOCAL_RANK", "1"},
                      {"MASTER_ADDR", "node0"},
                      {"MASTER_PORT", "4711"},
                      {"TORCHELASTIC_USE_AGENT_STORE", "True"}}),
            (WorkerPlace{3, 4, 1, "node0", 4711, true}));
  EXPECT_EQ(
      place_of({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_LOCAL_RANK", "0"}}),
      (WorkerPlace{1, 2, 0, "127.0.0.1", 29500, false}));
  EXPECT_EQ(place_of({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}), (WorkerPlace{1, 2, 1, "127.0.0.1", 29500, false}));
  // An allocation of Slurm sets these for a single program, too.
  EXPECT_FALSE(place_of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}));
  EXPECT_EQ(place_of({{"SLURM_PROCID", "7"}, {"SLURM_NTASKS", "8"}, {"SLURM_LOCALID", "3"}, {"MASTER_ADDR", "n1"}}),
            (WorkerPlace{7, 8, 3, "n1", 29500, false}));
}

TEST(WorkerPlace, NumbersThatMakeNoSenseAreErrors) {
  for (const char* rank : {"2", "-1", "x", "", "1.5"}) {
    try {
      place_of({{"RANK", rank}, {"WORLD_SIZE", "2"}});
      FAIL() << rank;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage) << rank;
    }
  }
}

std::unique_ptr<Task> small_task(const std::string& name) {
  if (name == "classify") {
    ClassifyTaskOptions options;
    options.role = "benign";
    options.classes = {"fnh", "cyst"};
    options.network = nn::build_graph("lilnet", {{"depth", 18}, {"classes", 2}, {"width", 0.125}});
    options.examples.input.size = 96;
    options.sampling = "all";
    return make_classify_task(discs(96), options);
  }
  if (name == "detect") {
    DetectTaskOptions options;
    options.network = nn::build_graph("yolov8", {{"scale", "n"}, {"classes", 1}});
    options.examples.input.size = 64;
    options.yolo = YoloAugmentOptions{};
    options.yolo->mosaic = 0.5;
    return make_detect_task(discs(64), options);
  }
  if (name == "volume") {
    VolumeTaskOptions options;
    options.network = nn::build_graph("dynunet", {{"dims", 3}, {"filters", {4, 8, 8}}});
    options.input = {2, 0, 200, 4, {16, 16, 16}};
    options.patch.size = {16, 16, 16};
    return make_volume_task(balls(20, 5), options);
  }
  SegmentTaskOptions options;
  options.network = nn::build_graph("dynunet", {{"dims", 2}, {"filters", {4, 8, 8}}, {"norm", "batch"}});
  options.size = 32;
  return make_segment_task(discs(32), options);
}

/// 16 items in batches of 5, 5, 5 and 1: shares of 2 and 3, and a batch that leaves a worker idle.
FitOptions small_fit(const std::string& name) {
  FitOptions options;
  options.epochs = name == "detect" ? 1 : 2;  // its steps take long
  options.steps = 0;
  options.batch = 5;
  options.optimizer = "sgd";
  // Batch norms over the few values of a tiny batch magnify rounding; small steps keep it small.
  options.learning_rate = name == "detect" ? 1e-4 : name == "classify" ? 1e-3 : 1e-2;
  options.warmup_steps = 0;
  options.ema = 0.5;
  options.precision = "f32";
  return options;
}

/// What the tests below start as a process of its own.
TEST(Worker, Runs) {
  const char *folder = std::getenv("HEPATICA_TEST_OUT"), *name = std::getenv("HEPATICA_TEST_TASK");
  if (!folder || !name) GTEST_SKIP() << "a part of the tests of Distributed";
  at::set_num_threads(1);
  const auto place = worker_place([](const char* variable) { return std::getenv(variable); });
  ASSERT_TRUE(place);
  const std::unique_ptr<Task> task = small_task(name);
  const std::string failure = std::getenv("HEPATICA_TEST_FAILURE") ? std::getenv("HEPATICA_TEST_FAILURE") : "";
  // Ends or freezes this process in a step, as a machine that fails.
  int steps = 0;
  const Watched failing(*task, [&](const Batch&) {
    if (++steps == 6) raise(failure == "killed" ? SIGKILL : SIGSTOP);
  });
  const Task& seen = !failure.empty() && place->rank == 1 ? static_cast<const Task&>(failing) : *task;
  try {
    const Workers workers(*place, 5);
    fit(seen, small_fit(name), folder, std::getenv("HEPATICA_TEST_RESUME") != nullptr, {}, {&workers, "cpu", {}});
  } catch (const Error& error) {
    write_file(fs::path(folder) / ("error" + std::to_string(place->rank)), std::string(error.what()));
    EXPECT_EQ(error.code(), ErrorCode::worker_lost);
  }
}

int free_port() {
  const int handle = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  if (bind(handle, reinterpret_cast<sockaddr*>(&address), length) != 0) return 0;
  getsockname(handle, reinterpret_cast<sockaddr*>(&address), &length);
  close(handle);
  return ntohs(address.sin_port);
}

/// Starts this program as a worker.
pid_t start_worker(Variables variables) {
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    variables.emplace(text.substr(0, text.find('=')), text.substr(text.find('=') + 1));
  }
  std::vector<std::string> texts;
  for (const auto& [name, value] : variables) texts.push_back(fmt::format("{}={}", name, value));
  std::vector<char*> environment;
  for (std::string& text : texts) environment.push_back(text.data());
  environment.push_back(nullptr);
  std::string program = fs::read_symlink("/proc/self/exe").string(), filter = "--gtest_filter=Worker.Runs";
  char* arguments[] = {program.data(), filter.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t worker = 0;
  EXPECT_EQ(posix_spawn(&worker, program.c_str(), &actions, nullptr, arguments, environment.data()), 0);
  posix_spawn_file_actions_destroy(&actions);
  return worker;
}

/// Two workers on one task; their exit states, that of a worker which a signal ended as 128 + signal.
std::vector<int> run_two(const std::string& task, const fs::path& out, const Variables& more = {}) {
  fs::create_directories(out);
  const std::string port = std::to_string(free_port());
  std::vector<pid_t> workers;
  for (const char* rank : {"0", "1"}) {
    Variables variables{{"RANK", rank},
                        {"WORLD_SIZE", "2"},
                        {"LOCAL_RANK", rank},
                        {"MASTER_ADDR", "127.0.0.1"},
                        {"MASTER_PORT", port},
                        {"HEPATICA_TEST_OUT", out.string()},
                        {"HEPATICA_TEST_TASK", task}};
    variables.insert(more.begin(), more.end());
    workers.push_back(start_worker(std::move(variables)));
  }
  std::vector<int> states;
  for (const pid_t worker : workers) {
    // The first worker's end is waited for; then a frozen one is woken by its end.
    if (worker != workers.front() && more.count("HEPATICA_TEST_FAILURE")) kill(worker, SIGKILL);
    int state = 0;
    waitpid(worker, &state, 0);
    states.push_back(WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state));
  }
  return states;
}

std::vector<std::vector<double>> numbers_of(const fs::path& csv) {
  std::vector<std::vector<double>> rows;
  std::istringstream text(read_file(csv));
  std::string line;
  std::getline(text, line);
  while (std::getline(text, line)) {
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(std::stod(cell));
  }
  return rows;
}

class Distributed : public testing::TestWithParam<std::string> {};

TEST_P(Distributed, TwoWorkersGiveTheCurveOfOne) {
  TemporaryFolder folder;
  const fs::path two = folder.path() / "two", one = folder.path() / "one";
  ASSERT_EQ(run_two(GetParam(), two), (std::vector<int>{0, 0}));
  ASSERT_FALSE(fs::exists(two / "error0")) << read_file(two / "error0");
  at::set_num_threads(1);
  fit(*small_task(GetParam()), small_fit(GetParam()), one, false, {});
  const auto a = numbers_of(two / "metrics.csv"), b = numbers_of(one / "metrics.csv");
  ASSERT_EQ(a.size(), size_t(small_fit(GetParam()).epochs));
  ASSERT_EQ(a.size(), b.size());
  for (size_t epoch = 0; epoch < a.size(); ++epoch) {
    EXPECT_EQ(a[epoch][1], b[epoch][1]);                                                // learning rate
    EXPECT_NEAR(a[epoch][2], b[epoch][2], 1e-3 * std::abs(b[epoch][2])) << GetParam();  // loss
  }
}

INSTANTIATE_TEST_SUITE_P(Tasks, Distributed, testing::Values("classify", "segment", "detect", "volume"));

TEST(DistributedFailure, AWorkerThatDiesIsAnErrorAndTheRunGoesOn) {
  TemporaryFolder folder;
  const fs::path broken = folder.path() / "broken", whole = folder.path() / "whole";
  const std::vector<int> states = run_two("segment", broken, {{"HEPATICA_TEST_FAILURE", "killed"}});
  EXPECT_EQ(states, (std::vector<int>{0, 128 + SIGKILL}));
  EXPECT_NE(read_file(broken / "error0").find("worker 0 of 2 lost worker 1"), std::string::npos);
  EXPECT_NE(read_file(broken / "error0").find("--resume"), std::string::npos);
  ASSERT_EQ(numbers_of(broken / "metrics.csv").size(), 1u);  // it died in the second epoch
  ASSERT_EQ(run_two("segment", broken, {{"HEPATICA_TEST_RESUME", "1"}}), (std::vector<int>{0, 0}));
  ASSERT_EQ(run_two("segment", whole), (std::vector<int>{0, 0}));
  EXPECT_EQ(read_file(broken / "metrics.csv"), read_file(whole / "metrics.csv"));
  EXPECT_EQ(sha256_of_file(broken / "last.safetensors"), sha256_of_file(whole / "last.safetensors"));
}

TEST(DistributedFailure, AWorkerThatHangsIsAnErrorAfterTheLimit) {
  TemporaryFolder folder;
  const std::vector<int> states = run_two("segment", folder.path(), {{"HEPATICA_TEST_FAILURE", "frozen"}});
  EXPECT_EQ(states[0], 0);
  EXPECT_NE(read_file(folder.path() / "error0").find("worker 0 of 2 lost worker 1"), std::string::npos);
}

TEST(DistributedFailure, AWorkerThatNeverComesIsAnErrorAfterTheLimit) {
  try {
    const Workers workers({0, 2, 0, "127.0.0.1", free_port(), false}, 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::worker_lost);
    EXPECT_NE(std::string(error.what()).find("lost worker 1"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace hepatica::train
