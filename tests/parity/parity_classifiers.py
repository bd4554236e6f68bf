"""DenseNet, EfficientNet and ConvNeXt from their papers' tables, with torchvision's keys."""
import re

import torch
from torch import nn


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
