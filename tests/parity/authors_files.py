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

from parity_lilnet import LiLNet, pth_tar
from parity_yolo import DetectionModel, as_ultralytics, best_pt
from torch_parity import randomise


def main(folder):
    torch.manual_seed(7)
    as_ultralytics()
    detector = DetectionModel(1).eval()
    with torch.no_grad():
        randomise(detector)
        for head in detector.model[-1].cv3:
            head[2].bias.fill_(-4.)
    torch.save(best_pt(detector, ("lesion",)), folder / "best.pt")
    for name, classes in (("Time_BM", 2), ("Time_B", 3), ("Time_M", 3)):
        model = LiLNet(50, classes)
        with torch.no_grad():
            randomise(model)
        torch.save(pth_tar(model, 49), folder / f"{name}.pth.tar")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
