"""Writes distributions.json: SciPy's answers that src/math/distributions.test.ts is checked with.

Run: python3 test/oracles/distributions.py > test/oracles/distributions.json
"""
import json
import scipy
from scipy import special, stats

rows = []


def add(name, value, *args):
    rows.append([name, list(args), float(value)])


for x in [-37.0, -20.0, -8.0, -3.2, -1.0, -1e-8, 0.0, 0.3, 1.0, 1.96, 4.0, 8.0]:
    add("normalCdf", stats.norm.cdf(x), x)
    add("normalSf", stats.norm.sf(x), x)
for p in [1e-300, 1e-30, 1e-10, 0.001, 0.025, 0.3, 0.5, 0.8, 0.975, 0.999999]:
    add("normalQuantile", stats.norm.ppf(p), p)
for df in [0.5, 1.0, 3.0, 10.0, 100.0, 1e5]:
    for t in [-40.0, -5.0, -1.0, 0.0, 0.2, 2.0, 6.0]:
        add("studentTCdf", stats.t.cdf(t, df), t, df)
        add("studentTSf", stats.t.sf(t, df), t, df)
    for p in [1e-6, 0.025, 0.4, 0.9, 0.9995]:
        # SciPy 1.10's t.ppf is off by up to 2e-9; two Newton steps on its own cdf mend that.
        q = stats.t.ppf(p, df)
        for _ in range(2):
            q -= (stats.t.cdf(q, df) - p) / stats.t.pdf(q, df)
        add("studentTQuantile", q, p, df)
for df in [0.5, 1.0, 2.0, 5.0, 40.0, 1000.0]:
    for q in [0.01, 0.5, 1.0, 1.7]:
        add("chiSquareCdf", stats.chi2.cdf(q * df, df), q * df, df)
        add("chiSquareSf", stats.chi2.sf(q * df, df), q * df, df)
    for p in [1e-6, 0.05, 0.5, 0.95, 0.9999]:
        add("chiSquareQuantile", stats.chi2.ppf(p, df), p, df)
for a, b in [(0.5, 0.5), (1.0, 1.0), (2.0, 5.0), (30.0, 3.0), (400.0, 600.0), (12345.0, 67890.0)]:
    m = a / (a + b)
    s = (m * (1 - m) / (a + b + 1)) ** 0.5
    for z in [-2.0, -0.5, 0.0, 1.5]:
        x = min(0.999, max(0.001, m + z * s))
        add("betaCdf", stats.beta.cdf(x, a, b), x, a, b)
    for p in [1e-6, 0.025, 0.5, 0.9, 0.9999]:
        add("betaQuantile", stats.beta.ppf(p, a, b), p, a, b)
for x in [0.2, 0.5, 0.8, 0.999, 1.0, 1.36, 2.0, 4.0]:
    add("kolmogorovSf", special.kolmogorov(x), x)
for x in [1e-5, 0.1, 0.5, 1.0, 2.5, 10.0, 170.0, 1e6]:
    add("logGamma", special.gammaln(x), x)
print(json.dumps({"made_with": f"scipy {scipy.__version__}", "rows": rows}))
