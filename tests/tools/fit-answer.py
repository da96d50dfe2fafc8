#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fits the weights of lib/answer/confidence.c.

    crm-kb --limit 3 - <questions >found && fit-answer.py [COVERS] found...

questions: a line each, {"text":…,"want":NAME}, want null or "-" where no article answers.
Logistic regression with a ridge of 1 (all but the constant); the weight of covers is held at
COVERS (1). Every file after the first counts as a third of it. Prints the weights
and, of each file, Brier score, calibration error and how many of the answers given from 0.8 on
are right.
"""
import json
import math
import sys


def load(name):
    rows = []
    for line in open(name, encoding="utf-8"):
        d = json.loads(line)
        found = d["found"]
        if not found["articles"]:
            continue
        best = found["articles"][0]
        x = [1, best["like"], found["margin"], math.log(max(1, best["matched"]))]
        rows.append((x, best["covers"], int(best["name"] == d["want"])))
    return rows


def solve(a, b):
    n = len(b)
    m = [a[i][:] + [b[i]] for i in range(n)]
    for i in range(n):
        p = max(range(i, n), key=lambda r: abs(m[r][i]))
        m[i], m[p] = m[p], m[i]
        for r in range(n):
            if r != i:
                k = m[r][i] / m[i][i]
                m[r] = [u - k * v for u, v in zip(m[r], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


def sure(w, x, offset):
    return 1 / (1 + math.exp(-(offset + sum(a * b for a, b in zip(w, x)))))


def fit(sets, covers):
    w = [0.0] * 4
    for _ in range(50):
        g = [v if i else 0 for i, v in enumerate(w)]
        h = [[float(i == j and i > 0) for j in range(4)] for i in range(4)]
        for rows in sets:
            weight = len(sets[0]) / len(rows) / 3 if rows is not sets[0] else 1
            for x, c, y in rows:
                p = sure(w, x, covers * c)
                for i in range(4):
                    g[i] += weight * (p - y) * x[i]
                    for j in range(4):
                        h[i][j] += weight * p * (1 - p) * x[i] * x[j]
        d = solve(h, g)
        w = [a - b for a, b in zip(w, d)]
        if max(map(abs, d)) < 1e-9:
            break
    return w


def report(name, rows, w, covers):
    told = [(sure(w, x, covers * c), y) for x, c, y in rows]
    n = len(told)
    bins = {}
    for p, y in told:
        b = bins.setdefault(min(9, int(p * 10)), [0.0, 0])
        b[0] += p
        b[1] += y
    high = [y for p, y in told if p >= 0.8]
    print(f"{name}: n {n}, right {sum(y for _, y in told) / n:.3f},"
          f" Brier {sum((p - y) ** 2 for p, y in told) / n:.4f},"
          f" error {sum(abs(p - y) for p, y in bins.values()) / n:.4f},"
          f" from 0.8 on {sum(high)} right of {len(high)}")


args = sys.argv[1:]
COVERS = float(args.pop(0)) if args and args[0].replace(".", "").isdigit() else 1.0
SETS = [load(name) for name in args]
W = fit(SETS, COVERS)
print("one %.3f covers %.3f like %.3f margin %.3f matched %.3f" % (W[0], COVERS, *W[1:]))
for NAME, ROWS in zip(args, SETS):
    report(NAME, ROWS, W, COVERS)
