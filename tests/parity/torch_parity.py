#!/usr/bin/env python3
"""Oracle for src/nn: the networks written a second time, in PyTorch's Python interface, from their published layer tables.

usage: torch_parity.py FOLDER [wide]

For each network writes FOLDER/<name>.safetensors (random weights, biases and running statistics, with the key names of
the published weights) and FOLDER/<name>.expected.safetensors ("input" and every output); for some also what torch.save
makes of the weights, in the zip format and in that before PyTorch 1.6. With "wide" the published depths and scales, all of
them, instead.
Needs Debian's python3-torch only.
"""
import copy
import json
import math
import re
import struct
import sys
import types
import warnings
from pathlib import Path

import numpy
import torch
from torch import nn


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


# ResNet v1.5 (He et al. 2016, torchvision's keys) -------------------------------------------------------------------

class BasicBlock(nn.Module):
    def __init__(self, cin, planes, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.downsample = shortcut(cin, cout, stride)

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    def __init__(self, cin, planes, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, cout, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(cout)
        self.downsample = shortcut(cin, cout, stride)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(torch.relu(self.bn2(self.conv2(y)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


def shortcut(cin, cout, stride):
    if stride == 1 and cin == cout:
        return None
    return nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))


class Trunk(nn.Module):
    def __init__(self, depth):
        super().__init__()
        block, expansion, counts = {18: (BasicBlock, 1, (2, 2, 2, 2)), 34: (BasicBlock, 1, (3, 4, 6, 3)),
                                    50: (Bottleneck, 4, (3, 4, 6, 3)), 101: (Bottleneck, 4, (3, 4, 23, 3))}[depth]
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        cin = 64
        for stage, count in enumerate(counts):
            planes = 64 * 2 ** stage
            blocks = []
            for i in range(count):
                blocks.append(block(cin, planes, planes * expansion, 2 if i == 0 and stage > 0 else 1))
                cin = planes * expansion
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.c3, self.c4 = cin // 2, cin

    def features(self, x):
        x = self.layer2(self.layer1(self.maxpool(torch.relu(self.bn1(self.conv1(x))))))
        f3 = self.layer3(x)
        return f3, self.layer4(f3)


class ResNet(Trunk):
    def __init__(self, depth, classes):
        super().__init__(depth)
        self.fc = nn.Linear(self.c4, classes)

    def forward(self, x):
        return {"logits": self.fc(self.features(x)[1].mean((2, 3)))}


def masked_copies(f):
    """[B, C, H, W] -> [5B, C, H, W]: none, top-left, top-right, bottom-left, bottom-right set to 0, sample by sample."""
    copies = [f.clone() for _ in range(5)]
    h, w = f.shape[2] // 2, f.shape[3] // 2
    copies[1][:, :, :h, :w] = 0
    copies[2][:, :, :h, w:] = 0
    copies[3][:, :, h:, :w] = 0
    copies[4][:, :, h:, w:] = 0
    return torch.cat(copies, 1).reshape(-1, *f.shape[1:])


class LiLNet(Trunk):
    """Nat Commun 2024: heads on the masked averages of layer3 and layer4."""

    def __init__(self, depth, classes):
        super().__init__(depth)
        self.fc3 = nn.Linear(self.c3, 5 * classes)
        self.fc_SD = nn.Linear(self.c4, classes)
        self.fc_ens = nn.Linear(self.c4, self.c3)
        self.fc = nn.Linear(self.c3, 5 * classes)

    def forward(self, x):
        f3, f4 = self.features(x)
        return {"out3": self.fc3(masked_copies(f3).mean((2, 3))),
                "sd": self.fc_SD(f4.mean((2, 3))),
                "out4": self.fc(self.fc_ens(masked_copies(f4).mean((2, 3)))),
                "features4": f4}


# DenseNet, EfficientNet, ConvNeXt (their papers' tables, torchvision's keys) ------------------------------------------

def named(**parts):
    return nn.ModuleDict(parts)


class DenseNet(nn.Module):
    def __init__(self, cin, classes, first, growth):
        super().__init__()
        f, c = nn.ModuleDict(), first
        f["conv0"], f["norm0"] = nn.Conv2d(cin, c, 7, 2, 3, bias=False), nn.BatchNorm2d(c)
        for b, count in enumerate((6, 12, 24, 16), 1):
            block = nn.ModuleDict()
            for l in range(1, count + 1):
                block[f"denselayer{l}"] = named(norm1=nn.BatchNorm2d(c), conv1=nn.Conv2d(c, 4 * growth, 1, bias=False),
                                                norm2=nn.BatchNorm2d(4 * growth), conv2=nn.Conv2d(4 * growth, growth, 3, 1, 1, bias=False))
                c += growth
            f[f"denseblock{b}"] = block
            if b < 4:
                f[f"transition{b}"] = named(norm=nn.BatchNorm2d(c), conv=nn.Conv2d(c, c // 2, 1, bias=False))
                c //= 2
        f["norm5"] = nn.BatchNorm2d(c)
        self.features, self.classifier = f, nn.Linear(c, classes)

    def forward(self, x):
        f = self.features
        x = nn.functional.max_pool2d(f["norm0"](f["conv0"](x)).relu(), 3, 2, 1)
        for b in range(1, 5):
            known = [x]
            for layer in f[f"denseblock{b}"].values():
                y = layer["conv1"](layer["norm1"](torch.cat(known, 1)).relu())
                known.append(layer["conv2"](layer["norm2"](y).relu()))
            x = torch.cat(known, 1)
            if b < 4:
                t = f[f"transition{b}"]
                x = nn.functional.avg_pool2d(t["conv"](t["norm"](x).relu()), 2)
        x = f["norm5"](x).relu()
        return {"features4": x, "logits": self.classifier(x.mean((2, 3)))}


def old_style(state):
    """The keys of the files that torchvision distributes: denselayer1.norm.1.weight."""
    return {re.sub(r"(denselayer\d+\.(?:norm|conv))([12]\.)", r"\1.\2", key): value for key, value in state.items()}


class Gate(nn.Module):
    def __init__(self, c, squeezed):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(c, squeezed, 1), nn.Conv2d(squeezed, c, 1)

    def forward(self, x):
        return x * self.fc2(nn.functional.silu(self.fc1(x.mean((2, 3), keepdim=True)))).sigmoid()


class InvertedBottleneck(nn.Module):
    def __init__(self, cin, out, expansion, k, stride):
        super().__init__()
        wide, parts = cin * expansion, []
        unit = lambda a, b, k, s, groups, *act: nn.Sequential(nn.Conv2d(a, b, k, s, k // 2, groups=groups, bias=False), nn.BatchNorm2d(b), *act)
        if expansion > 1:
            parts.append(unit(cin, wide, 1, 1, 1, nn.SiLU()))
        parts += [unit(wide, wide, k, stride, wide, nn.SiLU()), Gate(wide, max(1, cin // 4)), unit(wide, out, 1, 1, 1)]
        self.block, self.add = nn.Sequential(*parts), stride == 1 and cin == out

    def forward(self, x):
        return x + self.block(x) if self.add else self.block(x)


class EfficientNet(nn.Module):
    def __init__(self, cin, classes, first, channels, last):
        super().__init__()
        unit = lambda a, b, k, s: nn.Sequential(nn.Conv2d(a, b, k, s, k // 2, bias=False), nn.BatchNorm2d(b), nn.SiLU())
        stages, c = [unit(cin, first, 3, 2)], first
        for out, (expansion, k, stride, count) in zip(channels, ((1, 3, 1, 1), (6, 3, 2, 2), (6, 5, 2, 2), (6, 3, 2, 3),
                                                                 (6, 5, 1, 3), (6, 5, 2, 4), (6, 3, 1, 1))):
            stages.append(nn.Sequential(*(InvertedBottleneck(out if i else c, out, expansion, k, 1 if i else stride) for i in range(count))))
            c = out
        self.features = nn.Sequential(*stages, unit(c, last, 1, 1))
        self.classifier = nn.Sequential(nn.Dropout(.2), nn.Linear(last, classes))

    def forward(self, x):
        x = self.features(x)
        return {"features4": x, "logits": self.classifier(x.mean((2, 3)))}


class ChannelNorm(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Permute(nn.Module):
    def __init__(self, *order):
        super().__init__()
        self.order = order

    def forward(self, x):
        return x.permute(self.order)


class ConvNeXtBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(c, c, 7, 1, 3, groups=c), Permute(0, 2, 3, 1), nn.LayerNorm(c, eps=1e-6),
                                   nn.Linear(c, 4 * c), nn.GELU(), nn.Linear(4 * c, c), Permute(0, 3, 1, 2))
        self.layer_scale = nn.Parameter(torch.ones(c, 1, 1))

    def forward(self, x):
        return x + self.layer_scale * self.block(x)


class ConvNeXt(nn.Module):
    def __init__(self, cin, classes, widths):
        super().__init__()
        parts = [nn.Sequential(nn.Conv2d(cin, widths[0], 4, 4), ChannelNorm(widths[0], eps=1e-6))]
        for i, (width, count) in enumerate(zip(widths, (3, 3, 9, 3))):
            if i > 0:
                parts.append(nn.Sequential(ChannelNorm(widths[i - 1], eps=1e-6), nn.Conv2d(widths[i - 1], width, 2, 2)))
            parts.append(nn.Sequential(*(ConvNeXtBlock(width) for _ in range(count))))
        self.features = nn.Sequential(*parts)
        self.classifier = nn.Sequential(ChannelNorm(widths[-1], eps=1e-6), nn.Flatten(1), nn.Linear(widths[-1], classes))

    def forward(self, x):
        x = self.features(x)
        return {"features4": x, "logits": self.classifier(x.mean((2, 3), keepdim=True))}


# YOLOv8 (layer table of the 2023 release) ----------------------------------------------------------------------------

class Conv(nn.Module):
    def __init__(self, cin, cout, k=1, s=1):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k, s, k // 2, bias=False)
        self.bn = nn.BatchNorm2d(cout, eps=1e-3, momentum=.03)

    def forward(self, x):
        return nn.functional.silu(self.bn(self.conv(x)))


class YoloBottleneck(nn.Module):
    def __init__(self, c, add):
        super().__init__()
        self.cv1, self.cv2, self.add = Conv(c, c, 3), Conv(c, c, 3), add

    def forward(self, x):
        y = self.cv2(self.cv1(x))
        return x + y if self.add else y


class C2f(nn.Module):
    def __init__(self, cin, cout, n, add):
        super().__init__()
        c = cout // 2
        self.cv1, self.cv2 = Conv(cin, 2 * c), Conv((2 + n) * c, cout)
        self.m = nn.ModuleList(YoloBottleneck(c, add) for _ in range(n))

    def forward(self, x):
        parts = list(self.cv1(x).chunk(2, 1))
        for m in self.m:
            parts.append(m(parts[-1]))
        return self.cv2(torch.cat(parts, 1))


class SPPF(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.cv1, self.cv2, self.pool = Conv(c, c // 2), Conv(2 * c, c), nn.MaxPool2d(5, 1, 2)

    def forward(self, x):
        parts = [self.cv1(x)]
        for _ in range(3):
            parts.append(self.pool(parts[-1]))
        return self.cv2(torch.cat(parts, 1))


class DFL(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(16, 1, 1, bias=False)


class Detect(nn.Module):
    def __init__(self, classes, channels):
        super().__init__()
        c2, c3 = max(16, channels[0] // 4, 64), max(channels[0], min(classes, 100))
        head = lambda c, middle, out: nn.Sequential(Conv(c, middle, 3), Conv(middle, middle, 3), nn.Conv2d(middle, out, 1))
        self.cv2 = nn.ModuleList(head(c, c2, 64) for c in channels)
        self.cv3 = nn.ModuleList(head(c, c3, classes) for c in channels)
        self.dfl = DFL()

    def forward(self, features):
        return [torch.cat((a(f), b(f)), 1) for a, b, f in zip(self.cv2, self.cv3, features)]


class Concat(nn.Module):
    def __init__(self):
        super().__init__()
        self.d = 1

    def forward(self, x):
        return torch.cat(x, self.d)


SCALES = {"n": (.33, .25, 1024), "s": (.33, .5, 1024), "m": (.67, .75, 768), "l": (1, 1, 512), "x": (1, 1.25, 512)}


class DetectionModel(nn.Module):
    def __init__(self, classes, scale="n"):
        super().__init__()
        depth, width, most = SCALES[scale]
        c64, c128, c256, c512, c1024 = (math.ceil(min(c, most) * width / 8) * 8 for c in (64, 128, 256, 512, 1024))
        few, many = max(round(3 * depth), 1), max(round(6 * depth), 1)
        up = lambda: nn.Upsample(scale_factor=2)
        self.model = nn.ModuleList([
            Conv(3, c64, 3, 2), Conv(c64, c128, 3, 2), C2f(c128, c128, few, True), Conv(c128, c256, 3, 2),
            C2f(c256, c256, many, True), Conv(c256, c512, 3, 2), C2f(c512, c512, many, True), Conv(c512, c1024, 3, 2),
            C2f(c1024, c1024, few, True), SPPF(c1024), up(), Concat(), C2f(c1024 + c512, c512, few, False), up(), Concat(),
            C2f(c512 + c256, c256, few, False), Conv(c256, c256, 3, 2), Concat(), C2f(c256 + c512, c512, few, False),
            Conv(c512, c512, 3, 2), Concat(), C2f(c512 + c1024, c1024, few, False), Detect(classes, (c256, c512, c1024))])

    def forward(self, x):
        m = self.model
        for i in range(5):
            x = m[i](x)
        p3 = x
        p4 = m[6](m[5](p3))
        p5 = m[9](m[8](m[7](p4)))
        top = m[12](m[11]((m[10](p5), p4)))
        small = m[15](m[14]((m[13](top), p3)))
        middle = m[18](m[17]((m[16](small), top)))
        large = m[21](m[20]((m[19](middle), p5)))
        return dict(zip(("p3", "p4", "p5"), m[22]((small, middle, large))))


def decode(outputs, size):
    """Raw levels of a square image -> [B, 4 + classes, cells]: x, y, width, height in pixels, sigmoid scores."""
    boxes, scores = [], []
    for level in outputs.values():
        b, _, h, w = level.shape
        stride = size / h
        sides = (level[:, :64].reshape(b, 4, 16, h * w).softmax(2) * torch.arange(16.).view(1, 1, 16, 1)).sum(2)
        y, x = torch.meshgrid(torch.arange(h) + .5, torch.arange(w) + .5, indexing="ij")
        points = torch.stack((x.flatten(), y.flatten()))
        first, last = points - sides[:, :2], points + sides[:, 2:]
        boxes.append(torch.cat(((first + last) / 2, last - first), 1) * stride)
        scores.append(level[:, 64:].flatten(2).sigmoid())
    return torch.cat((torch.cat(boxes, 2), torch.cat(scores, 2)), 1)


def aggregate(outputs, classes):
    """LiLNet's prediction: mean over masks j and both heads of the logit of class c under mask j (process.py)."""
    both = (outputs["out4"] + outputs["out3"]).reshape(-1, 5, classes, 5)
    return torch.stack([both[:, j, :, j] for j in range(5)]).sum(0) / 10


# The module paths under which Ultralytics' 8.0 release pickles its classes (what a best.pt names).
ULTRALYTICS = {Conv: "ultralytics.nn.modules.conv", Concat: "ultralytics.nn.modules.conv", C2f: "ultralytics.nn.modules.block", SPPF: "ultralytics.nn.modules.block",
               DFL: "ultralytics.nn.modules.block", Detect: "ultralytics.nn.modules.head",
               DetectionModel: "ultralytics.nn.tasks", YoloBottleneck: "ultralytics.nn.modules.block"}


def published_module(path):
    """The module `path`, made up where it is not there."""
    for i in range(1, path.count(".") + 2):
        name = ".".join(path.split(".")[:i])
        sys.modules.setdefault(name, types.ModuleType(name))
    return sys.modules[path]


def as_ultralytics():
    """Gives the YOLOv8 classes above their names and modules there, so that torch.save writes those."""
    for cls, path in ULTRALYTICS.items():
        if cls is YoloBottleneck:
            cls.__name__ = cls.__qualname__ = "Bottleneck"
        cls.__module__ = path
        setattr(published_module(path), cls.__name__, cls)


def published_object(path, name, base=object, **attributes):
    """An instance of a class that pickle calls `path`.`name`."""
    module = published_module(path)
    if not hasattr(module, name):
        setattr(module, name, type(name, (base,), {"__module__": path}))
    made = getattr(module, name)()
    made.__dict__.update(attributes)
    return made


def criterion_of(model):
    """The loss that this release leaves in the saved model."""
    hyp = published_object("ultralytics.utils", "IterableSimpleNamespace", box=7.5, cls=.5, dfl=1.5)
    tal = published_object("ultralytics.utils.tal", "TaskAlignedAssigner", nn.Module, topk=10, alpha=.5, beta=6., eps=1e-9)
    box = published_object("ultralytics.utils.loss", "BboxLoss", nn.Module, reg_max=15, use_dfl=True)
    return published_object("ultralytics.utils.loss", "v8DetectionLoss", bce=nn.BCEWithLogitsLoss(reduction="none"), hyp=hyp,
                            stride=model.stride, nc=len(model.names), assigner=tal, bbox_loss=box, proj=torch.arange(16.),
                            device=torch.device("cpu"))


def best_pt(model, names, scale="n"):
    """The dictionary that Ultralytics saves: the model itself in half precision, and what it was trained with."""
    model = copy.deepcopy(model).half()
    model.names, model.yaml, model.stride = dict(enumerate(names)), {"nc": len(names), "scale": scale}, torch.tensor([8., 16., 32.])
    model.args = published_object("ultralytics.utils", "IterableSimpleNamespace", imgsz=512, mosaic=.1)
    model.criterion = criterion_of(model)
    for i, layer in enumerate(model.model):
        layer.i, layer.f, layer.type = i, -1, type(layer).__module__ + "." + type(layer).__name__
        layer.np = sum(p.numel() for p in layer.parameters())
    return {"epoch": -1, "best_fitness": None, "model": model, "ema": None, "updates": None, "optimizer": None,
            "train_args": {"imgsz": 512, "mosaic": .1, "save_dir": Path("runs/detect")}, "date": "2023-08-01T00:00:00", "version": "8.0.147"}


def pth_tar(model, epoch):
    """The dictionary that LiLNet's training saves: DataParallel's keys, numpy scalars, the optimiser with its buffers."""
    optimizer = torch.optim.SGD(model.parameters(), .1, momentum=.9)
    loss = sum((p ** 2).sum() for p in model.parameters())
    loss.backward()
    before = copy.deepcopy(model.state_dict())
    optimizer.step()
    model.load_state_dict(before)
    return {"epoch": epoch, "state_dict": {"module." + key: value for key, value in model.state_dict().items()},
            "auc": numpy.float64(.975), "acc": .8, "optimizer": optimizer.state_dict()}


# DynUNet (MONAI's keys) ----------------------------------------------------------------------------------------------

class Wrapped(nn.Module):
    """MONAI names a convolution `<name>.conv`."""

    def __init__(self, conv):
        super().__init__()
        self.conv = conv

    def forward(self, x):
        return self.conv(x)


class UnetBlock(nn.Module):
    def __init__(self, dims, norm, cin, cout, stride):
        super().__init__()
        conv = nn.Conv3d if dims == 3 else nn.Conv2d
        norms = {("instance", 2): nn.InstanceNorm2d, ("instance", 3): nn.InstanceNorm3d, ("batch", 2): nn.BatchNorm2d}
        make = lambda: norms[norm, dims](cout, affine=True)
        self.conv1 = Wrapped(conv(cin, cout, 3, stride, 1, bias=False))
        self.conv2 = Wrapped(conv(cout, cout, 3, 1, 1, bias=False))
        self.norm1, self.norm2 = make(), make()

    def forward(self, x):
        x = nn.functional.leaky_relu(self.norm1(self.conv1(x)), .01)
        return nn.functional.leaky_relu(self.norm2(self.conv2(x)), .01)


class UpBlock(nn.Module):
    def __init__(self, dims, norm, cin, cout):
        super().__init__()
        transposed = nn.ConvTranspose3d if dims == 3 else nn.ConvTranspose2d
        self.transp_conv = Wrapped(transposed(cin, cout, 2, 2, bias=False))
        self.conv_block = UnetBlock(dims, norm, 2 * cout, cout, 1)

    def forward(self, x, skip):
        return self.conv_block(torch.cat((self.transp_conv(x), skip), 1))


class DynUNet(nn.Module):
    def __init__(self, dims, filters, norm, out, first_stride=1, upsample=False):
        super().__init__()
        conv = nn.Conv3d if dims == 3 else nn.Conv2d
        head = lambda c: nn.ModuleDict({"conv": Wrapped(conv(c, out, 1))})
        self.input_block = UnetBlock(dims, norm, 1, filters[0], first_stride)
        self.downsamples = nn.ModuleList(UnetBlock(dims, norm, a, b, 2) for a, b in zip(filters[:-2], filters[1:-1]))
        self.bottleneck = UnetBlock(dims, norm, filters[-2], filters[-1], 2)
        self.upsamples = nn.ModuleList(UpBlock(dims, norm, a, b) for a, b in zip(filters[:0:-1], filters[-2::-1]))
        self.output_block = head(filters[0])
        self.deep_supervision_heads = nn.ModuleList([head(filters[1])])
        self.upsample = upsample

    def forward(self, x):
        skips = [self.input_block(x)]
        for down in self.downsamples:
            skips.append(down(skips[-1]))
        x, outputs = self.bottleneck(skips[-1]), {}
        for level, up in zip(range(len(skips) - 1, -1, -1), self.upsamples):
            x = up(x, skips[level])
            if level == 1:
                outputs["deep1"] = self.deep_supervision_heads[0]["conv"](x)
        outputs["logits"] = self.output_block["conv"](x)
        if self.upsample:
            outputs["logits"] = nn.functional.interpolate(outputs["logits"], scale_factor=2, mode="bilinear", align_corners=False)
        return outputs


# 3DUnetCNN's residual U-Net (github.com/ellisdg/3DUnetCNN) ----------------------------------------------------------

class PreActivated(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.norm1 = nn.GroupNorm(8 if cin % 8 == 0 else cin, cin)
        self.conv = nn.Conv3d(cin, cout, 3, 1, 1, bias=False)

    def forward(self, x):
        return self.conv(torch.relu(self.norm1(x)))


class ResidualBlock(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv1, self.conv2 = PreActivated(cin, cout), PreActivated(cout, cout)
        self.sample = nn.Conv3d(cin, cout, 1, bias=False) if cin != cout else None

    def forward(self, x):
        return self.conv2(self.conv1(x)) + (x if self.sample is None else self.sample(x))


class ResidualLayer(nn.Module):
    def __init__(self, count, cin, cout):
        super().__init__()
        self.blocks = nn.ModuleList(ResidualBlock(cin if i == 0 else cout, cout) for i in range(count))

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class ResidualUNet(nn.Module):
    def __init__(self, cin, out, width, down, up):
        super().__init__()
        levels = len(down)
        widths = [width * 2 ** i for i in range(levels)]
        self.encoder, self.decoder = nn.Module(), nn.Module()
        self.encoder.layers = nn.ModuleList(ResidualLayer(n, a, b) for n, a, b in zip(down, [cin] + widths, widths))
        self.encoder.downsampling_convolutions = nn.ModuleList(nn.Conv3d(w, w, 3, 2, 1, bias=False) for w in widths[:-1])
        inner = [widths[-1]] + [2 * w for w in widths[-2::-1]]
        self.decoder.layers = nn.ModuleList(ResidualLayer(n, w, w) for n, w in zip(up[:-1], inner))
        self.decoder.layers.append(ResidualLayer(up[-1], inner[-1], width))
        self.decoder.pre_upsampling_blocks = nn.ModuleList(nn.Conv3d(a, b, 1, bias=False) for a, b in zip(inner, widths[-2::-1]))
        self.final_convolution = nn.Conv3d(width, out, 1, bias=False)

    def forward(self, x):
        skips = []
        for layer, down in zip(self.encoder.layers, self.encoder.downsampling_convolutions):
            skips.append(layer(x))
            x = down(skips[-1])
        x = self.encoder.layers[-1](x)
        for layer, pre, skip in zip(self.decoder.layers, self.decoder.pre_upsampling_blocks, skips[::-1]):
            x = nn.functional.interpolate(pre(layer(x)), scale_factor=2, mode="trilinear", align_corners=False)
            x = torch.cat((x, skip), 1)
        return {"logits": self.final_convolution(self.decoder.layers[-1](x))}


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
