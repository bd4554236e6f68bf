"""MONAI's DynUNet and 3DUnetCNN's residual U-Net."""
import torch
from torch import nn


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
