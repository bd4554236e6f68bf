#!/usr/bin/python3
"""Reads a DICOM series to HU with pydicom and NumPy: the usual script, to set beside `hepatica ingest`.

usage: pydicom_ingest.py FOLDER [runs]
Prints the median seconds and the sum of all HU (to compare with another reader's).
"""
import pathlib
import statistics
import sys
import time

import numpy
import pydicom


def read(folder):
    slices = []
    for path in pathlib.Path(folder).rglob("*"):
        if not path.is_file():
            continue
        try:
            slices.append(pydicom.dcmread(path))
        except pydicom.errors.InvalidDicomError:
            continue
    normal = numpy.cross(slices[0].ImageOrientationPatient[:3], slices[0].ImageOrientationPatient[3:])
    slices.sort(key=lambda s: numpy.dot(s.ImagePositionPatient, normal))
    volume = numpy.stack([s.pixel_array for s in slices]).astype(numpy.float32)
    slope, intercept = float(slices[0].get("RescaleSlope", 1)), float(slices[0].get("RescaleIntercept", 0))
    return numpy.rint(volume * slope + intercept).astype(numpy.int16)


def main():
    folder, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        hu = read(folder)
        seconds.append(time.perf_counter() - start)
    print(f"pydicom {pydicom.__version__}: {hu.shape[0]} slices in {statistics.median(seconds):.2f} s, sum of HU {int(hu.sum(dtype=numpy.int64))}")


main()
