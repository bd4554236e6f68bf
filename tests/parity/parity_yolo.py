"""YOLOv8 from its published layer table, and what Ultralytics saves."""
import copy
import math
import sys
import types
from pathlib import Path

import torch
from torch import nn


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
