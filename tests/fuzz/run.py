#!/usr/bin/env python3
"""Fuzzes what reads texts of others: builds the targets (preset `fuzz`; Debian packages clang-19 libclang-rt-19-dev),
runs each for some time, keeps the smallest inputs that reach as much in corpus/, and prints a table.

usage: tests/fuzz/run.py [--seconds N] [--jobs N] [TARGET ...]

Inputs that break something are left in BUILD/broken/TARGET: mend, then move them to tests/fuzz/found/TARGET, where the
test `fuzz.replay` runs them in every build. A single one is tried with BUILD/tests/fuzz/fuzz_TARGET FILE."""
import argparse
import collections
import concurrent.futures
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from seeds import TARGETS, write_seeds

HERE = Path(__file__).resolve().parent
LIMITS = ["-timeout=25", "-rss_limit_mb=3000", "-detect_leaks=0"]
LONGEST = 6000      # bytes of an input
KEPT_BYTES = 130_000  # of the corpus of one target
MERGE_SECONDS = 600

Row = collections.namedtuple("Row", "target executions coverage features inputs cpu_minutes broken")


def write_dictionary(seeds, path):
    """The words that the seeds use most."""
    words = collections.Counter()
    for seed in seeds.iterdir():
        words.update(set(re.findall(rb"[A-Za-z_][\w.]{2,24}|[^\w\s]{2,3}", seed.read_bytes())))
    lines = []
    for word, _ in words.most_common(400):
        text = "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in word)
        lines.append(f'"{text}"\n')
    path.write_text("".join(lines))


def folder(path):
    path.mkdir(parents=True, exist_ok=True)
    return path


def environment(work):
    return {**os.environ, "LCR_FUZZ_TREES": str(work / "trees"), "UBSAN_OPTIONS": "print_stacktrace=1"}


def fuzz(target, programs, work, seconds, processes):
    seeds, grown, broken = work / "seeds" / target, folder(work / "grown" / target), folder(work / "broken" / target)
    dictionary = work / f"{target}.dict"
    write_dictionary(seeds, dictionary)
    command = [programs / f"fuzz_{target}", *LIMITS, f"-max_len={LONGEST}", f"-dict={dictionary}", f"-fork={processes}",
               "-ignore_crashes=1", "-ignore_timeouts=1", "-ignore_ooms=1", f"-max_total_time={seconds}",
               f"-artifact_prefix={broken}/", grown, *(f for f in (seeds, HERE / "corpus" / target) if f.exists())]
    log = work / f"{target}.log"
    with open(log, "wb") as out:
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=out, env=environment(work), cwd=work)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    found = re.findall(r"#(\d+): cov: (\d+) ft: (\d+) corp: (\d+)", log.read_text(errors="replace"))
    executions, coverage, features, inputs = map(int, found[-1]) if found else (0, 0, 0, 0)
    return Row(target, executions, coverage, features, inputs, (usage.ru_utime + usage.ru_stime) / 60,
               len(list(broken.iterdir())))


def minimize(target, programs, work, to):
    """The smallest inputs that reach what all reach; the largest go until they fit."""
    fresh = work / "merged" / target
    shutil.rmtree(fresh, ignore_errors=True)
    folder(fresh)
    sources = [f for f in (HERE / "corpus" / target, work / "grown" / target, work / "seeds" / target) if f.exists()]
    try:
        subprocess.run([programs / f"fuzz_{target}", *LIMITS, "-merge=1", f"-max_len={LONGEST}", fresh, *sources],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(work), cwd=work,
                       timeout=MERGE_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"{target}: minimizing took too long, the corpus stays as it is")
        return
    kept = sorted(fresh.iterdir(), key=lambda f: f.stat().st_size)
    if not kept:
        return
    shutil.rmtree(to, ignore_errors=True)
    folder(to)
    size = 0
    for file in kept:
        size += file.stat().st_size
        if size <= KEPT_BYTES:
            shutil.copy(file, to / file.name[:16])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", default=TARGETS, metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="of each target")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="targets at a time")
    parser.add_argument("--processes", type=int, default=1, help="for each target")
    parser.add_argument("--build", type=Path, default=HERE.parents[1] / "build/fuzz")
    parser.add_argument("--programs", type=Path, help="built already, in this folder; needs --work")
    parser.add_argument("--work", type=Path, help="seeds, new inputs and logs; BUILD when not said")
    parser.add_argument("--corpus", type=Path, default=HERE / "corpus", help="where the kept inputs go")
    options = parser.parse_args()
    programs = options.programs
    if not programs:
        subprocess.run(["cmake", "--preset", "fuzz", "-B", options.build], cwd=HERE.parents[1], check=True)
        subprocess.run(["cmake", "--build", options.build, "--target", "fuzz"], check=True)
        programs = options.build / "tests/fuzz"
    work = folder(options.work or options.build).resolve()
    if not (work / "seeds").exists():
        write_seeds(work)
    begin = time.time()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        run = lambda target: fuzz(target, programs.resolve(), work, options.seconds, options.processes)
        rows = list(pool.map(run, options.targets))
        list(pool.map(lambda t: minimize(t, programs.resolve(), work, options.corpus / t), options.targets))
    print(f"| target | executions | edges | features | inputs | CPU minutes | broken |\n|---|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {row.target} | {row.executions:,} | {row.coverage:,} | {row.features:,} | {row.inputs:,} "
              f"| {row.cpu_minutes:.1f} | {row.broken} |")
    print(f"{time.time() - begin:.0f} s; broken inputs are in {work / 'broken'}")
    return 1 if any(row.broken for row in rows) else 0


if __name__ == "__main__":
    raise SystemExit(main())
