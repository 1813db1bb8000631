"""Times scikit-learn and XGBoost beside ours. Reads commands (JSON, one a line), answers JSON.

Commands: {"load": FILE, "rows": N, "columns": C, "train": N0} reads float32 features, row after
row, then float32 labels; {"run": "hgb" | "xgb" | "forest", ...} trains on the first N0 rows and
predicts the rest.
"""
import json
import sys
import time

import numpy as np


def auc(y, p):
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(y, p))


def timed(f):
    wall, cpu = time.perf_counter(), time.process_time()
    out = f()
    return out, time.perf_counter() - wall, time.process_time() - cpu


def hgb(x, y, c):
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=c["trees"], max_depth=6, max_leaf_nodes=64, learning_rate=0.1, max_bins=255,
        early_stopping=False, random_state=0,
    ).fit(x, y)


def xgb(x, y, c):
    import xgboost

    data = xgboost.DMatrix(x, y, nthread=1)
    options = {
        "objective": "binary:logistic", "tree_method": "hist", "max_depth": 6, "eta": 0.1,
        "max_bin": 255, "nthread": 1, "seed": 0,
    }
    return xgboost.train(options, data, num_boost_round=c["trees"])


def forest(x, y, c):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(
        n_estimators=c["trees"], max_depth=c["depth"], n_jobs=1, random_state=0
    ).fit(x, y)


def probabilities(kind, model, x):
    if kind == "xgb":
        return model.inplace_predict(x)
    return model.predict_proba(x)[:, 1]


def median_ms(f, times):
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        f()
        spent.append((time.perf_counter() - start) * 1000)
    return float(np.median(spent))


def run(data, c):
    x, y, n = data
    kind = c["run"]
    rows = c.get("train", n)
    model, wall, cpu = timed(lambda: globals()[kind](x[:rows], y[:rows], c))
    held = np.ascontiguousarray(x[n:])
    answer = {"wall_s": wall, "cpu_s": cpu, "auc": auc(y[n:], probabilities(kind, model, held))}
    if c.get("predict"):
        one, many = held[:1], held[:10000]
        answer["one_row_ms"] = median_ms(lambda: probabilities(kind, model, one), 200)
        answer["rows_ms"] = median_ms(lambda: probabilities(kind, model, many), 7)
    return answer


def main():
    data = None
    for line in sys.stdin:
        c = json.loads(line)
        if "load" in c:
            raw = np.fromfile(c["load"], dtype=np.float32)
            cells = c["rows"] * c["columns"]
            data = (raw[:cells].reshape(c["rows"], c["columns"]), raw[cells:], c["train"])
            answer = {"loaded": c["rows"]}
        else:
            answer = run(data, c)
        print(json.dumps(answer), flush=True)


main()
