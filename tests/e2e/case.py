"""What the tests of the command line share: a temporary folder each, and the program."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(ROOT, "examples")
PARITY = os.path.join(ROOT, "tests", "parity")
LCR = ""

RECIPE = """language 1

recipe "e2e"

use std.roles.{head}

scheme W4 {
  weights = int4(per = group(64), symmetric = true)
}

default keep
keep head

quantize type(linear) as W4 with rtn

export compressed_tensors { dir = "out" }
"""


class Case(unittest.TestCase):
    """Runs in an empty folder that goes away afterwards."""

    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lcr-e2e-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return name

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def model(self, source=os.path.join(EXAMPLES, "docs-llama-4m"), name="model"):
        shutil.copytree(source, self.path(name))
        return name

    def environment(self, **more):
        known = {key: value for key, value in os.environ.items() if not key.startswith(("LCR_", "LC_", "LANG"))}
        return {**known, "NO_COLOR": "1", **more}

    def start(self, *arguments, env=None, **more):
        return subprocess.Popen([LCR, *arguments], cwd=self.folder, env=self.environment(**(env or {})),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)

    def lcr(self, *arguments, code=0, stdin="", env=None, **more):
        """Runs the program and checks its exit code. Gives what it wrote to both streams."""
        done = subprocess.run([LCR, *arguments], cwd=self.folder, env=self.environment(**(env or {})), input=stdin,
                              capture_output=True, text=True, timeout=60, **more)
        self.assertEqual(done.returncode, code, f"lcr {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        self.assertNotIn("internal error", done.stderr)
        return done

    def hashes(self, name, own=False):
        """SHA-256 of every file below a folder; without `own`, less what lcr keeps there for itself."""
        found = {}
        for folder, _, files in os.walk(self.path(name)):
            for file in files:
                path = os.path.join(folder, file)
                relative = os.path.relpath(path, self.path(name))
                if not own and ".lcr" in relative.split(os.sep):
                    continue
                with open(path, "rb") as stream:
                    found[relative] = hashlib.sha256(stream.read()).hexdigest()
        return found

    def events(self, name):
        """Of the run that wrote the folder."""
        return [json.loads(line) for line in self.read(os.path.join(name, ".lcr", "events.jsonl")).splitlines()]

    def kill_and_resume(self, recipe, source, whole, unfinished=True):
        """Runs the recipe again, kills that after a layer and goes on: every byte is that of `whole`. `unfinished`: no
        model is so small that it may be through when it is killed."""
        process = self.start("run", recipe, "--model", source, "--out", "out", "--events", "-")
        for line in process.stdout:
            if json.loads(line)["type"] == "layer":
                break
        process.kill()
        process.communicate()
        if unfinished:
            self.assertFalse(os.path.exists(self.path("out", "config.json")))
        self.lcr("run", recipe, "--model", source, "--out", "out", "--resume")
        self.assertEqual(self.hashes("out"), self.hashes(whole))


class ExampleCase(Case):
    """On the example's model, with its calibration text in the folder."""

    def setUp(self):
        super().setUp()
        shutil.copy(os.path.join(EXAMPLES, "calibration.jsonl"), self.path("calibration.jsonl"))
        self.source = os.path.join(EXAMPLES, "docs-llama-4m")

    def perplexity(self, name):
        """On two windows."""
        done = self.lcr("eval", name, "--data", os.path.join(EXAMPLES, "evaluation.jsonl"), "--windows", "2", "--format", "json")
        return json.loads(done.stdout)["perplexity"]


def main():
    """unittest's own, with the program's path as the first argument."""
    global LCR
    LCR = os.path.abspath(sys.argv.pop(1))
    unittest.main(module="__main__", verbosity=1)
