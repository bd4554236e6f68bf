#!/usr/bin/env python3
"""Files under the names and in the forms in which LiLNet's authors released theirs, with random values.

usage: authors_files.py FOLDER

best.pt: a whole YOLOv8n in half precision, pickled as Ultralytics' 8.0 release does, one class; its class bias is such that
few cells of an image are called lesions. Time_BM, Time_B and Time_M.pth.tar: LiLNet on ResNet-50 as DataParallel saves it
within a training checkpoint. Needs Debian's python3-torch.
"""
import sys
from pathlib import Path

import torch

import torch_parity as networks


def main(folder):
    torch.manual_seed(7)
    networks.as_ultralytics()
    detector = networks.DetectionModel(1).eval()
    with torch.no_grad():
        networks.randomise(detector)
        for head in detector.model[-1].cv3:
            head[2].bias.fill_(-4.)
    torch.save(networks.best_pt(detector, ("lesion",)), folder / "best.pt")
    for name, classes in (("Time_BM", 2), ("Time_B", 3), ("Time_M", 3)):
        model = networks.LiLNet(50, classes)
        with torch.no_grad():
            networks.randomise(model)
        torch.save(networks.pth_tar(model, 49), folder / f"{name}.pth.tar")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
