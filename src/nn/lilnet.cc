// LiLNet's classifier (Nat Commun 2024; github.com/yangmeiyi/Liver, resnet50_our.py): a ResNet whose last two stages
// are averaged five times, without mask and with one quadrant at a time set to zero.
#include "base/error.h"
#include "nn/graph_builder.h"

namespace hepatica::nn {

Graph lilnet(int depth, int classes, double width) {
  if (classes < 2) throw Error(ErrorCode::bad_recipe, "LiLNet needs at least two classes.");
  GraphBuilder b("lilnet", {{"depth", depth}, {"classes", classes}, {"width", width}});
  const ResnetTrunk trunk = add_resnet_trunk(b, depth, width, 3);
  const int joint = 5 * classes;
  const auto masked3 = b.simple("quadrant_means", "means3", {trunk.layer3});
  b.output("out3", b.linear("fc3", masked3, trunk.channels3, joint));
  const auto pooled4 = b.simple("global_avg_pool", "avgpool", {trunk.layer4});
  b.output("sd", b.linear("fc_SD", pooled4, trunk.channels4, classes));
  const auto masked4 = b.simple("quadrant_means", "means4", {trunk.layer4});
  const auto narrowed = b.linear("fc_ens", masked4, trunk.channels4, trunk.channels3);
  b.output("out4", b.linear("fc", narrowed, trunk.channels3, joint));
  b.output("features4", trunk.layer4);
  return b.take();
}

}  // namespace hepatica::nn
