#!/usr/bin/env python3
"""Time of `lcr check` on a thousand recipes in one call, without a model: copies of those below tests/golden/recipes.

usage: check_many.py LCR [NUMBER]
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RECIPES = Path(__file__).resolve().parent.parent / "golden" / "recipes"


def main():
    lcr, number = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    texts = [path.read_text() for path in sorted(RECIPES.glob("*.lcr"))]
    with tempfile.TemporaryDirectory() as folder:
        for at in range(number):
            (Path(folder) / f"{at:05}.lcr").write_text(texts[at % len(texts)])
        command = [lcr, "check", folder, "--no-config", "--format", "concise"]
        times = []
        for _ in range(10):
            before, start = os.times(), time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            times.append((time.perf_counter() - start, os.times().children_user + os.times().children_system
                          - before.children_user - before.children_system))
        walls, cpus = zip(*times)
        print(f"{number} recipes: best {min(walls):.2f} s, median {statistics.median(walls):.2f} s, CPU {min(cpus):.2f} s")


if __name__ == "__main__":
    main()
