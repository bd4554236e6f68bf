#!/usr/bin/env python3
"""Thick slices from thin ones: averages a DICOM series and its masks along z, and adds them to a manifest.

    bench/thick_slices.py IRCADB_PATIENT... --out thick --thickness-mm 5
    hepatica validate thick/manifest.csv --out validation_thick

Each patient folder is unpacked as 3D-IRCADb-01 has it: PATIENT_DICOM and MASKS_DICOM/{liver,livertumor*,liverkyst*}. A voxel
of a mask stays where at least half of its slices hold it. Needs numpy, nibabel and pydicom.
"""
import argparse
from pathlib import Path

import nibabel
import numpy as np
import pydicom


def slices_of(folder):
    """Images of a folder from foot to head."""
    images = [pydicom.dcmread(f) for f in folder.iterdir()]
    images = [i for i in images if "ImagePositionPatient" in i]
    return sorted(images, key=lambda i: float(i.ImagePositionPatient[2]))


def averaged(volume, count):
    """[z, y, x] with each `count` slices as one; a rest at the head is left out."""
    whole = len(volume) // count
    return volume[: whole * count].reshape(whole, count, *volume.shape[1:]).mean(1)


def mask_of(folder, count):
    return averaged(np.stack([i.pixel_array > 0 for i in slices_of(folder)]).astype(np.float32), count) >= 0.5


def write(volume, affine, file, kind):
    nibabel.save(nibabel.Nifti1Image(np.transpose(volume, (2, 1, 0)).astype(kind), affine), file)


def convert(patient, out, thickness):
    images = slices_of(patient / "PATIENT_DICOM")
    z = [float(i.ImagePositionPatient[2]) for i in images]
    count = max(1, round(thickness / np.median(np.diff(z))))
    hu = np.stack([i.pixel_array * float(i.RescaleSlope) + float(i.RescaleIntercept) for i in images])
    rows, columns = (float(v) for v in images[0].PixelSpacing)
    affine = np.diag([-columns, -rows, np.median(np.diff(z)) * count, 1.0])
    affine[:3, 3] = [-float(images[0].ImagePositionPatient[0]), -float(images[0].ImagePositionPatient[1]), np.mean(z[:count])]
    folder = out / patient.name
    folder.mkdir(parents=True, exist_ok=True)
    write(np.rint(averaged(hu, count)), affine, folder / "ct.nii.gz", np.int16)
    write(mask_of(patient / "MASKS_DICOM" / "liver", count), affine, folder / "liver.nii.gz", np.uint8)
    names = [f for pattern in ("liverkyst*", "livertumor*") for f in (patient / "MASKS_DICOM").glob(pattern)]
    lesions = np.zeros((len(images) // count, *images[0].pixel_array.shape), np.uint8)
    for label, name in enumerate(sorted(names), start=1):
        lesions[mask_of(name, count)] = label
    write(lesions, affine, folder / "lesions.nii.gz", np.uint8)
    return ",".join([patient.name, "portal_venous"] + [f"{patient.name}/{n}.nii.gz" for n in ("ct", "liver", "lesions")])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("patients", nargs="+", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--thickness-mm", type=float, default=5)
    arguments = parser.parse_args()
    lines = [convert(patient, arguments.out, arguments.thickness_mm) for patient in arguments.patients]
    (arguments.out / "manifest.csv").write_text("\n".join(["patient,phase,path,liver,lesions", *lines, ""]))


if __name__ == "__main__":
    main()
