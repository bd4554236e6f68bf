#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "base/error.h"
#include "train/workers.h"

namespace hepatica::train {
namespace {

/// Names under which a launcher tells a process its place.
struct Launcher {
  const char *rank, *size, *local_rank;
  bool needs_address;  ///< its variables are set for processes that do not belong together, too
};

constexpr Launcher kLaunchers[] = {
    {"RANK", "WORLD_SIZE", "LOCAL_RANK", false},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", false},
    {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", false},
    {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", true}};

int number_of(const char* name, const char* text, int low, int high) {
  int value = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, code] = std::from_chars(text, end, value);
  if (code != std::errc() || stop != end || value < low || value > high)
    throw Error(
        ErrorCode::usage,
        fmt::format(
            "the environment variable {} is '{}'; it must be a whole number from {} to {}", name, text, low, high));
  return value;
}

}  // namespace

std::optional<WorkerPlace> worker_place(const Environment& variable) {
  const char* address = variable("MASTER_ADDR");
  for (const Launcher& launcher : kLaunchers) {
    const char *rank = variable(launcher.rank), *size = variable(launcher.size);
    if (!rank || !size || (launcher.needs_address && !address)) continue;
    WorkerPlace place;
    place.size = number_of(launcher.size, size, 1, 65536);
    place.rank = number_of(launcher.rank, rank, 0, place.size - 1);
    if (place.size == 1) return std::nullopt;
    const char* local = variable(launcher.local_rank);
    place.local_rank = local ? number_of(launcher.local_rank, local, 0, 65535) : place.rank;
    place.address = address ? address : "127.0.0.1";
    if (const char* port = variable("MASTER_PORT")) place.port = number_of("MASTER_PORT", port, 1, 65535);
    const char* served = variable("TORCHELASTIC_USE_AGENT_STORE");
    place.store_is_served = served && std::string(served) == "True";
    return place;
  }
  return std::nullopt;
}

}  // namespace hepatica::train
