#!/usr/bin/env python3
"""Oracle for `hepatica classify` and `hepatica detect --raw`: the authors' preprocessing and networks in Pillow and PyTorch.

usage: command_parity.py FOLDER

Writes picture files of odd sizes, grey and colour, in PNG, BMP and JPEG; weights under the names and in the forms in which
LiLNet's authors released theirs (best.pt, Time_BM.pth.tar, Time_B.pth.tar, Time_M.pth.tar, here with random values and small
networks), and expected.json: logits of every picture, decoded boxes of every picture.
Needs Debian's python3-torch and python3-pil.
"""
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy
import torch
from PIL import Image

from parity_lilnet import LiLNet, aggregate, pth_tar
from parity_yolo import DetectionModel, as_ultralytics, best_pt, decode
from torch_parity import randomise


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


def draw_deep_pictures(folder):
    """16 bits a channel. Pillow has no such colour and cuts grey off at 255; here they are scaled to 8 bits by rounding."""
    files = []
    generator = numpy.random.default_rng(6)
    for name, (height, width) in (("deep.png", (190, 251)), ("deep_small.png", (60, 75))):
        y, x = numpy.mgrid[:height, :width]
        values = 32000 + 25000 * numpy.sin(x / 17) * numpy.cos(y / 11) + generator.normal(0, 900, (height, width))
        pixels = numpy.clip(values, 0, 65535).astype(numpy.uint16)
        write_deep_png(folder / name, pixels)
        Image.fromarray((pixels / 257. + .5).astype(numpy.uint8)).save(folder / name.replace("deep", "shallow"))
        files.append(name)
    return files


def write_deep_png(path, pixels):
    """Grey, 16 bits, not interlaced (PNG specification, section 11)."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 16, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def square(path, side):
    """RGB, bilinear resize, 0..1, as [3, side, side] (torchvision's Resize and ToTensor on a Pillow picture)."""
    picture = Image.open(path).convert("RGB").resize((side, side), Image.BILINEAR)
    return torch.from_numpy(numpy.asarray(picture).copy()).permute(2, 0, 1).float() / 255


def main(folder):
    torch.manual_seed(31)
    as_ultralytics()
    files = draw_pictures(folder)
    files += draw_deep_pictures(folder)
    expected = {"files": files, "classify": {}, "detect": {}}
    read_as = [name.replace("deep", "shallow") for name in files]
    crops = torch.stack([(square(folder / name, 224) - .5) / .5 for name in read_as])
    for name, depth, classes in (("Time_BM", 50, 2), ("Time_B", 18, 3), ("Time_M", 34, 3)):
        model = LiLNet(depth, classes).eval()
        with torch.no_grad():
            randomise(model)
        torch.save(pth_tar(model, 7), folder / f"{name}.pth.tar")
        with torch.no_grad():
            logits = aggregate(model(crops), classes)
        expected["classify"][f"{name}.pth.tar"] = logits.tolist()
    for file, scale, count in (("best.pt", "n", len(files)), ("best_x.pt", "x", 1)):
        model = DetectionModel(1, scale).eval()
        with torch.no_grad():
            randomise(model)
            model.half().float()  # what best.pt keeps
        torch.save(best_pt(model, ("lesion",), scale), folder / file)
        with torch.no_grad():
            pictures = torch.stack([square(folder / name, 512) for name in read_as[:count]])
            expected["detect"][file] = decode(model(pictures), 512).tolist()
    (folder / "expected.json").write_text(json.dumps(expected))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
