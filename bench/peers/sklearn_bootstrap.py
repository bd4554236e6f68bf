#!/usr/bin/python3
"""A patient bootstrap of the usual metrics with scikit-learn: the usual script, to set beside bench/evaluate_bench.

usage: sklearn_bootstrap.py [resamples]
1,308 patients, 3 classes; accuracy, macro and weighted precision, recall and F1, one-vs-rest AUC, average precision, Brier
score and log loss. Prints seconds of processor time for the resamples done and scaled to 10,000.
"""
import sys
import time

import numpy
import sklearn
from sklearn import metrics


def cohort(rng, patients=1308, classes=3):
    truth = rng.integers(0, classes, patients)
    scores = rng.gamma(numpy.where(numpy.arange(classes) == truth[:, None], 2.0, 1.0))
    return truth, scores / scores.sum(axis=1, keepdims=True)


def all_metrics(truth, probability):
    predicted = probability.argmax(axis=1)
    hot = numpy.eye(probability.shape[1])[truth]
    values = [metrics.accuracy_score(truth, predicted)]
    for average in ("macro", "weighted"):
        values += metrics.precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)[:3]
        values.append(metrics.roc_auc_score(truth, probability, average=average, multi_class="ovr"))
    values.append(metrics.average_precision_score(hot, probability, average="macro"))
    values.append(((probability - hot) ** 2).sum(axis=1).mean())
    values.append(metrics.log_loss(truth, probability))
    return values


def main():
    resamples = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    rng = numpy.random.default_rng(7)
    truth, probability = cohort(rng)
    start = time.process_time()
    values = []
    for _ in range(resamples):
        drawn = rng.integers(0, len(truth), len(truth))
        values.append(all_metrics(truth[drawn], probability[drawn]))
    seconds = time.process_time() - start
    numpy.quantile(values, [0.025, 0.975], axis=0)
    print(f"scikit-learn {sklearn.__version__}: {resamples} resamples in {seconds:.2f} s of processor time, "
          f"{seconds / resamples * 10000:.0f} s for 10,000")


main()
