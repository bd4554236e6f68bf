#!/usr/bin/env python3
"""Oracle for `hepatica classify` and `hepatica detect --raw`: the authors' preprocessing and networks in Pillow and PyTorch.

usage: command_parity.py FOLDER

Writes picture files of odd sizes, grey and colour, in PNG, BMP and JPEG; weights under the names and in the forms in which
LiLNet's authors released theirs (best.pt, Time_BM.pth.tar, Time_B.pth.tar, Time_M.pth.tar, here with random values and small
networks), and expected.json: logits of every picture, decoded boxes of every picture.
Needs Debian's python3-torch and python3-pil.
"""
import json
import sys
from pathlib import Path

import numpy
import torch
from PIL import Image

import torch_parity as networks


def draw_pictures(folder):
    """Smooth blobs and noise; the sizes make every axis shrink in one picture and grow in another."""
    generator = numpy.random.default_rng(5)
    files = []
    for name, (width, height), channels in (("grey.png", (224, 224), 1), ("wide.png", (317, 181), 3), ("small.bmp", (97, 143), 1),
                                            ("colour.bmp", (233, 511), 3), ("large.jpg", (701, 523), 1), ("colour.jpg", (225, 223), 3),
                                            ("palette.png", (301, 300), 3)):
        y, x = numpy.mgrid[:height, :width]
        planes = [127 + 90 * numpy.sin(x / (9 + 5 * c)) * numpy.cos(y / (13 - 2 * c)) + generator.normal(0, 20, (height, width))
                  for c in range(channels)]
        pixels = numpy.clip(numpy.stack(planes, -1), 0, 255).astype(numpy.uint8)
        picture = Image.fromarray(pixels.squeeze())
        if name.startswith("palette"):
            picture = picture.quantize(64)
        picture.save(folder / name, **({"quality": 90} if name.endswith("jpg") else {}))
        files.append(name)
    return files


def square(path, side):
    """RGB, bilinear resize, 0..1, as [3, side, side] (torchvision's Resize and ToTensor on a Pillow picture)."""
    picture = Image.open(path).convert("RGB").resize((side, side), Image.BILINEAR)
    return torch.from_numpy(numpy.asarray(picture).copy()).permute(2, 0, 1).float() / 255


def main(folder):
    torch.manual_seed(31)
    networks.as_ultralytics()
    files = draw_pictures(folder)
    expected = {"files": files, "classify": {}, "detect": {}}
    crops = torch.stack([(square(folder / name, 224) - .5) / .5 for name in files])
    for name, depth, classes in (("Time_BM", 50, 2), ("Time_B", 18, 3), ("Time_M", 34, 3)):
        model = networks.LiLNet(depth, classes).eval()
        with torch.no_grad():
            networks.randomise(model)
        torch.save(networks.pth_tar(model, 7), folder / f"{name}.pth.tar")
        with torch.no_grad():
            logits = networks.aggregate(model(crops), classes)
        expected["classify"][f"{name}.pth.tar"] = logits.tolist()
    model = networks.DetectionModel(1).eval()
    with torch.no_grad():
        networks.randomise(model)
        model.half().float()  # what best.pt keeps
    torch.save(networks.best_pt(model, ("lesion",)), folder / "best.pt")
    with torch.no_grad():
        pictures = torch.stack([square(folder / name, 512) for name in files])
        expected["detect"]["best.pt"] = networks.decode(model(pictures), 512).tolist()
    (folder / "expected.json").write_text(json.dumps(expected))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
