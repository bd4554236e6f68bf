#!/usr/bin/env python3
"""Oracle for src/nn: the networks written a second time, in PyTorch's Python interface, from their published layer tables.

usage: torch_parity.py FOLDER [wide]

For each network writes FOLDER/<name>.safetensors (random weights, biases and running statistics, with the key names of
the published weights) and FOLDER/<name>.expected.safetensors ("input" and every output); for some also what torch.save makes
of the weights, in the zip format and in that before PyTorch 1.6. FOLDER/cases.json lists the names: what every test of
parity goes through. With "wide" the published depths and scales, all of them, instead.
Needs Debian's python3-torch only.
"""
import json
import struct
import sys
import warnings
from pathlib import Path

import torch

from parity_classifiers import ConvNeXt, DenseNet, EfficientNet, old_style
from parity_lilnet import LiLNet, ResNet, pth_tar
from parity_unet import DynUNet, ResidualUNet
from parity_yolo import DetectionModel, as_ultralytics, best_pt, decode


def write_safetensors(path, tensors, metadata=None):
    header, blobs, offset = {}, [], 0
    if metadata is not None:
        header["__metadata__"] = {"hepatica": json.dumps(metadata)}
    names = {torch.float32: "F32", torch.int64: "I64"}
    for key, tensor in tensors.items():
        blob = tensor.detach().contiguous().numpy().tobytes()
        header[key] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def randomise(model):
    """Values as after training: no parameter or statistic keeps a default that would hide a mistake."""
    for key, value in model.state_dict().items():
        if key.endswith("num_batches_tracked"):
            value.fill_(7)
        elif key.endswith("dfl.conv.weight"):
            value.copy_(torch.arange(16.).view(1, 16, 1, 1))
        elif key.endswith("running_var") or (value.dim() == 1 and key.endswith("weight")):
            value.uniform_(.5, 1.5)
        elif value.dim() == 1:
            value.normal_(0, .1)
        else:
            value.normal_(0, (1 / value[0].numel()) ** .5)


def wide_cases():
    """Every depth and scale that is published, on sides that no stride divides where the network takes them."""
    cases = {}
    for depth, classes, shape in ((18, 2, (1, 3, 75, 101)), (34, 3, (1, 3, 101, 75)), (50, 6, (2, 3, 97, 64)), (101, 2, (1, 3, 65, 70))):
        cases[f"resnet{depth}"] = (ResNet(depth, classes), shape, "resnet", {"depth": depth, "classes": classes})
    for depth in (18, 34, 50, 101):
        for classes in (2, 3):
            side = 224 if depth == 50 else 90 + depth
            cases[f"lilnet{depth}_{classes}"] = (LiLNet(depth, classes), (1, 3, side, side + 7 * (depth != 50)), "lilnet",
                                                 {"depth": depth, "classes": classes})
    for scale, classes in zip("nsmlx", (1, 2, 80, 3, 1)):
        cases[f"yolov8{scale}"] = (DetectionModel(classes, scale), (1, 3, 96, 64), "yolov8", {"scale": scale, "classes": classes})
    return cases


def main(folder, wide):
    torch.manual_seed(20)
    warnings.filterwarnings("ignore", "Couldn't retrieve source code")  # of the classes under borrowed names
    unet = {"in_channels": 1, "deep_supervision": 1}
    cases = {
        "resnet18": (ResNet(18, 4), (2, 3, 64, 96), "resnet", {"depth": 18, "classes": 4}),
        "resnet50": (ResNet(50, 2), (1, 3, 64, 64), "resnet", {"depth": 50, "classes": 2}),
        "lilnet18": (LiLNet(18, 2), (2, 3, 224, 224), "lilnet", {"depth": 18, "classes": 2}),
        "lilnet50": (LiLNet(50, 3), (2, 3, 112, 112), "lilnet", {"depth": 50, "classes": 3}),
        "densenet121": (DenseNet(4, 3, 32, 16), (2, 4, 64, 96), "densenet", {"classes": 3, "width": .5, "in_channels": 4}),
        "efficientnet_b0": (EfficientNet(3, 5, 32, (16, 24, 40, 80, 112, 192, 320), 1280), (2, 3, 96, 64), "efficientnet", {"classes": 5}),
        "convnext_tiny": (ConvNeXt(3, 2, (24, 48, 96, 192)), (2, 3, 64, 96), "convnext", {"classes": 2, "width": .25}),
        "yolov8n": (DetectionModel(3), (2, 3, 96, 128), "yolov8", {"scale": "n", "classes": 3}),
        "dynunet2d": (DynUNet(2, (8, 16, 24, 40), "instance", 2), (2, 1, 48, 64), "dynunet",
                      {**unet, "dims": 2, "filters": [8, 16, 24, 40], "out_channels": 2}),
        "dynunet3d": (DynUNet(3, (8, 16, 24), "instance", 1), (2, 1, 16, 24, 32), "dynunet",
                      {**unet, "dims": 3, "filters": [8, 16, 24], "out_channels": 1}),
        "dynunet_batch": (DynUNet(2, (8, 16, 24), "batch", 1, 2, True), (2, 1, 64, 32), "dynunet",
                          {**unet, "dims": 2, "filters": [8, 16, 24], "norm": "batch", "upsample_logits": True,
                           "strides": [[2, 2], [2, 2], [2, 2]]}),
        "residual_unet": (ResidualUNet(2, 3, 8, (1, 2, 2), (1, 2, 1)), (2, 2, 16, 24, 8), "residual_unet",
                          {"in_channels": 2, "out_channels": 3, "base_width": 8, "encoder_blocks": [1, 2, 2],
                           "decoder_blocks": [1, 2, 1]}),
    }
    if wide:
        cases = wide_cases()
    (folder / "cases.json").write_text(json.dumps(list(cases)))
    as_ultralytics()
    for name, (model, shape, family, arguments) in cases.items():
        model.eval()
        with torch.no_grad():
            randomise(model)
            x = torch.randn(shape)
            outputs = model(x)
        write_safetensors(folder / f"{name}.safetensors", model.state_dict(), {"network": {"family": family, "arguments": arguments}})
        if name == "lilnet18":
            torch.save(pth_tar(model, 3), folder / "lilnet18.pth.tar")
            torch.save(pth_tar(model, 4), folder / "lilnet18.legacy.pth.tar", _use_new_zipfile_serialization=False)
        if name == "yolov8n":
            torch.save(best_pt(model, ("lesion", "cyst", "other")), folder / "yolov8n.pt")
            torch.save(best_pt(model, ("lesion", "cyst", "other")), folder / "yolov8n.legacy.pt", _use_new_zipfile_serialization=False)
        if name == "dynunet2d":  # as MONAI's DynUNet has it: some tensors named twice
            state = model.state_dict()
            state.update({"skip_layers.downsample." + key[12:]: value for key, value in state.items() if key.startswith("input_block.")})
            torch.save(state, folder / "dynunet2d.pt")
        if name == "densenet121":
            torch.save(old_style(model.state_dict()), folder / "densenet121.pth")
        if name in ("efficientnet_b0", "convnext_tiny"):
            torch.save(model.state_dict(), folder / f"{name}.pth")
        if name == "resnet18":
            torch.save(model.state_dict(), folder / "resnet18.pth")
        write_safetensors(folder / f"{name}.expected.safetensors", {"input": x, **outputs})
        if family == "yolov8":
            write_safetensors(folder / f"{name}.decoded.safetensors", {"decoded": decode(outputs, shape[2])})


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["wide"]):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), len(sys.argv) == 3)
