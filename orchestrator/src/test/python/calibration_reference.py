"""Expected calibration error and gold margin with numpy, to hold Ballast's against.

Standard input: {"logs": [[log-likelihood of each choice], ...], "gold": [index, ...]}.
Standard output: {"ece", "margin"}; the bins are (0, 0.1], (0.1, 0.2], ... of the largest softmax probability.
"""

import json
import sys

import numpy as np

question = json.load(sys.stdin)
confidence, right, margin = [], [], []
for logs, gold in zip(question["logs"], question["gold"], strict=True):
    logs = np.array(logs)
    probabilities = np.exp(logs) / np.exp(logs).sum()
    confidence.append(probabilities.max())
    right.append(probabilities.argmax() == gold)
    margin.append(np.log(probabilities[gold]) - np.log(np.delete(probabilities, gold).max()))
confidence, right = np.array(confidence), np.array(right, dtype=float)
edges = np.linspace(0, 1, 11)
error = 0.0
for low, high in zip(edges[:-1], edges[1:], strict=True):
    inside = (confidence > low) & (confidence <= high)
    if inside.any():
        error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
json.dump({"ece": error, "margin": float(np.mean(margin))}, sys.stdout)
