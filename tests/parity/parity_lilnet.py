"""torchvision's ResNet, LiLNet on it, and what LiLNet's training saves."""
import copy

import numpy
import torch
from torch import nn


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


def aggregate(outputs, classes):
    """LiLNet's prediction: mean over masks j and both heads of the logit of class c under mask j (process.py)."""
    both = (outputs["out4"] + outputs["out3"]).reshape(-1, 5, classes, 5)
    return torch.stack([both[:, j, :, j] for j in range(5)]).sum(0) / 10


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
