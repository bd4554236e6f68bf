#!/usr/bin/python3
"""A training step of LiLNet in PyTorch's Python interface and in hepatica, in turn on the same machine.

usage: bench/peers/torch_train_step.py TRAIN_STEP_BENCH [--depth 50] [--batch 16] [--side 224] [--precision bf16] [--threads 1]
           [--pairs 6] [--steps 2] [--kind published|lean]

Both: forward, LiLNet's loss, backward, SGD with momentum .9 and weight decay 1e-4, channels-last, bf16 by autocast on the
processor. The PyTorch side is written as the authors' code has it (five masked copies of each feature map, then averages);
"lean" takes the masked averages from sums of quadrants, as hepatica does. Needs Debian's python3-torch.
"""
import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/parity"))
from parity_lilnet import LiLNet, aggregate  # noqa: E402

CLASSES = 3


def quadrant_means(f):
    """The five masked averages [5B, C] from the sums of the quadrants."""
    h, w = f.shape[2] // 2, f.shape[3] // 2
    quadrants = [f[:, :, :h, :w], f[:, :, :h, w:], f[:, :, h:, :w], f[:, :, h:, w:]]
    sums = [q.sum((2, 3), dtype=torch.float32) for q in quadrants]
    total = sum(sums)
    return torch.stack([total] + [total - s for s in sums], 1).flatten(0, 1) / (f.shape[2] * f.shape[3])


class Lean(LiLNet):
    def forward(self, x):
        f3, f4 = self.features(x)
        return {"out3": self.fc3(quadrant_means(f3)), "sd": self.fc_SD(f4.mean((2, 3))),
                "out4": self.fc(self.fc_ens(quadrant_means(f4)))}


def loss_of(outputs, labels):
    """Nat Commun 2024, process.py: joint labels of class and mask, and the aggregate teaches the plain head."""
    out4, out3, sd = (outputs[name].float() for name in ("out4", "out3", "sd"))
    joint = (5 * labels[:, None] + torch.arange(5)).flatten()
    teacher = aggregate({"out4": out4, "out3": out3}, CLASSES).detach()
    distilled = F.kl_div(F.log_softmax(sd / 3, 1), F.softmax(teacher / 3, 1), reduction="batchmean") * 9
    return F.cross_entropy(out4, joint) + F.cross_entropy(out3, joint) + distilled + F.cross_entropy(sd, labels)


class Steps:
    def __init__(self, a):
        torch.manual_seed(1)
        self.model = (Lean if a.kind == "lean" else LiLNet)(a.depth, CLASSES).to(memory_format=torch.channels_last).train()
        self.optimizer = torch.optim.SGD(self.model.parameters(), 1e-3, momentum=.9, weight_decay=1e-4)
        self.x = torch.rand(a.batch, 3, a.side, a.side).contiguous(memory_format=torch.channels_last)
        self.labels = torch.arange(a.batch) % CLASSES
        self.half = a.precision == "bf16"

    def run(self, count):
        wall, processor = time.perf_counter(), time.process_time()
        for _ in range(count):
            self.optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.half):
                outputs = self.model(self.x)
            loss_of(outputs, self.labels).backward()
            self.optimizer.step()
        return time.perf_counter() - wall, time.process_time() - processor


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench")
    for name, value in (("depth", 50), ("batch", 16), ("side", 224), ("threads", 1), ("pairs", 6), ("steps", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--precision", choices=("bf16", "f32"), default="bf16")
    parser.add_argument("--kind", choices=("published", "lean"), default="published")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    mine = subprocess.Popen([a.bench, *map(str, (a.depth, a.batch, a.side, a.precision, a.threads))], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)

    def hepatica(count):
        mine.stdin.write(f"{count}\n")
        mine.stdin.flush()
        return tuple(map(float, mine.stdout.readline().split()[:2]))

    peer = Steps(a)
    peer.run(1)
    hepatica(1)
    ratios = []
    print("pair  PyTorch s/step (processor)  hepatica s/step (processor)  ratio of processor seconds")
    for pair in range(a.pairs):
        sides = {"peer": peer.run, "mine": hepatica}
        taken = {name: sides[name](a.steps) for name in sorted(sides, reverse=pair % 2 == 0)}
        (pw, pc), (hw, hc) = taken["peer"], taken["mine"]
        ratios.append(pc / hc)
        print(f"{pair + 1:4}  {pw / a.steps:8.3f} ({pc / a.steps:.3f})  {hw / a.steps:8.3f} ({hc / a.steps:.3f})  {ratios[-1]:.2f}", flush=True)
    mine.stdin.close()
    print(f"median ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}): above 1 hepatica is faster")


if __name__ == "__main__":
    main()
