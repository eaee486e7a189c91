"""studio.highlight_ceiling: no sample of a float picture is brighter than the show allows.

A check for Hotplate in Python 3 without any package (docs/plugins.md). One JSON object per line on standard input, one answer per
line on standard output; everything else goes to standard error.

Measure: valueMax, the largest sample. Limit: valueMax. With numpy, np.fromfile(raw["path"], raw["dtype"]).reshape(raw["shape"]) is all
that the reading takes.
"""
import array
import json
import math
import sys

TYPES = {"uint8": "B", "uint16": "H", "float32": "f"}


def samples_of(raw):
    """The decoded samples, row by row: an array of the file's own type."""
    values = array.array(TYPES[raw["dtype"]])
    with open(raw["path"], "rb") as file:
        values.frombytes(file.read())
    if sys.byteorder == "big":
        values.byteswap()
    return values


def look(asked):
    result = asked["result"]
    raw = result["raw"]
    if raw is None:
        return {"verdict": "error", "measures": [], "message": "There are no pixels: %s" % result["problem"]}
    if raw["dtype"] != "float32":
        return {"notApplied": "whole-number codes have a ceiling of their own"}
    samples = samples_of(raw)
    if not math.isfinite(sum(samples)):
        return {"verdict": "error", "measures": [], "message": "The picture holds values that are no numbers."}
    brightest = max(samples)
    limit = asked["limits"]["valueMax"]
    measure = {"name": "valueMax", "value": brightest, "unit": "ratio", "limit": limit, "must": "atMost"}
    numbers = "brightest sample %.3g, limit %.3g" % (brightest, limit)
    if brightest > limit:
        return {
            "verdict": "warn",
            "measures": [measure],
            "message": "Brighter than the show allows: %s." % numbers,
            "hint": "Look for fireflies, or lower the exposure in the recipe.",
        }
    return {"verdict": "pass", "measures": [measure], "message": "Within the show's ceiling: %s." % numbers}


def main():
    for line in sys.stdin:
        try:
            answer = look(json.loads(line))
        except Exception as error:  # an answer for every question: the frame is held, and the reason is told
            answer = {"verdict": "error", "measures": [], "message": "%s: %s" % (type(error).__name__, error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
