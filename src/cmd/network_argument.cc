#include "cmd/network_argument.h"

#include <fmt/format.h>

#include "base/error.h"

namespace hepatica::cmd {

void require_argument(const Predictor& predictor,
                      const std::string& file,
                      const std::string& name,
                      const nlohmann::json& wanted) {
  if (wanted == "" || wanted == 0) return;
  const nlohmann::json& network = predictor.metadata().at("network");
  const nlohmann::json arguments = network.value("arguments", nlohmann::json::object());
  const nlohmann::json& holder = name == "family" ? network : arguments;
  const nlohmann::json has = holder.contains(name) ? holder.at(name) : nlohmann::json();
  if (has == wanted) return;
  throw Error(ErrorCode::wrong_checkpoint,
              fmt::format("{}: the network's {} is {}, not {} as the command line says; the file holds {} {}",
                          file,
                          name,
                          has.dump(),
                          wanted.dump(),
                          network.at("family").get<std::string>(),
                          arguments.dump()));
}

}  // namespace hepatica::cmd
