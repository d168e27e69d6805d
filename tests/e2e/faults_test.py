#!/usr/bin/env python3
"""What happens when a run is killed, interrupted, out of space, or fed with files that lie.

usage: faults_test.py LCR [unittest's arguments]
"""
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time

import case
import checkpoints
from case import PARITY, RECIPE, Case

# A second or so of work for one core, in files of some megabytes: slow enough to be caught in the middle.
SLOW = RECIPE.replace("with rtn", "with rtn(range = mse)")


class Killed(Case):
    """Kills, resumes, and compares with a run that nobody disturbed."""

    prepared = None

    def setUp(self):
        """The model, its plan and the undisturbed run are made once; each test has a copy of them."""
        super().setUp()
        if Killed.prepared:
            folder, self.seconds, self.whole, self.source = Killed.prepared
            shutil.copytree(folder, self.folder, dirs_exist_ok=True)
            return
        checkpoints.make_random(self.path("model"))
        self.write("r.lcr", SLOW)
        self.lcr("plan", "r.lcr", "--model", "model", "-o", "plan.yaml")
        self.source = self.hashes("model", own=True)
        begin = time.monotonic()
        self.lcr("run", "plan.yaml", "--out", "whole")
        self.seconds = time.monotonic() - begin
        self.whole = self.hashes("whole")
        folder = tempfile.mkdtemp(prefix="lcr-e2e-")
        self.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        Killed.prepared = (folder, self.seconds, self.whole, self.source)

    def tearDown(self):
        self.assertEqual(self.hashes("model", own=True), self.source, "the source was touched")

    def assert_incomplete(self, out):
        """No reader takes the folder for a checkpoint, and what has a final name is whole."""
        files = os.listdir(self.path(out)) if os.path.exists(self.path(out)) else []
        finished = [file for file in files if file.endswith(".safetensors")]
        for file in finished:
            checkpoints.read_header(self.path(out, file))
            self.assertEqual(self.hashes(out)[file], self.whole[file], file)
        if len(finished) < sum(file.endswith(".safetensors") for file in self.whole):
            self.assertNotIn("config.json", files)
            self.assertNotIn("model.safetensors.index.json", files)
        return len(finished)

    def interrupt(self, with_signal, after, *arguments):
        """Exit code of a run that gets a signal some seconds after its start."""
        process = self.start("run", "plan.yaml", "-q", *arguments)
        time.sleep(after)
        process.send_signal(with_signal)
        _, self.errors = process.communicate(timeout=60)
        return process.returncode

    def start_and_wait_for_work(self, *arguments):
        """A run of which some file is finished."""
        process = self.start("run", "plan.yaml", "--events", "-", *arguments)
        for line in process.stdout:
            if json.loads(line)["type"] == "shard":
                return process
        self.fail("the run ended early: " + process.stderr.read())

    def test_kill_at_random_moments(self):
        generator = random.Random()
        kills = 0
        for attempt in range(5):
            out = f"out{attempt}"
            resume = ()
            while not os.path.exists(self.path(out, ".lcr/complete")):
                code = self.interrupt(signal.SIGKILL, generator.uniform(0, 1.2 * self.seconds), "--out", out, *resume)
                self.assertIn(code, (0, -signal.SIGKILL), self.errors)
                kills += code != 0
                self.assert_incomplete(out)
                # Killed before it put its mark there, a run leaves nothing that could be resumed.
                resume = ("--resume",)
            self.assertEqual(self.hashes(out), self.whole)
            shutil.rmtree(self.path(out))
        self.assertGreater(kills, 0)

    def test_kill_then_every_refusal(self):
        process = self.start_and_wait_for_work("--out", "out")
        process.send_signal(signal.SIGSTOP)
        busy = self.lcr("run", "plan.yaml", "--out", "out", "--resume", code=1)
        self.assertIn("L6023", busy.stderr)
        process.kill()
        process.communicate()
        self.assertGreater(self.assert_incomplete("out"), 0)
        plain = self.lcr("run", "plan.yaml", "--out", "out", code=1)
        self.assertIn("L6021", plain.stderr)
        self.assertIn("--resume", plain.stderr)
        self.write("other.lcr", SLOW.replace("group(64)", "group(32)"))
        other = self.lcr("run", "other.lcr", "--model", "model", "--out", "out", "--resume", code=1)
        self.assertIn("L6022", other.stderr)
        events = self.lcr("run", "plan.yaml", "--out", "out", "--resume", "--events", "-").stdout.splitlines()
        resumed = [json.loads(line) for line in events if '"type":"resume"' in line]
        self.assertEqual(len(resumed), 1)
        self.assertGreater(resumed[0]["shards"], 0)
        self.assertEqual(self.hashes("out"), self.whole)
        for resume in [(), ("--resume",)]:
            self.assertIn("L6024", self.lcr("run", "plan.yaml", "--out", "out", *resume, code=1).stderr)
        self.assertEqual(self.hashes("out"), self.whole)

    def test_interrupt_and_the_printed_command(self):
        process = self.start_and_wait_for_work("--out", "out")
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("L6040", errors)
        last = json.loads(rest.splitlines()[-1])
        self.assertEqual((last["type"], last["status"]), ("end", "interrupted"))
        self.assert_incomplete("out")
        command = errors.split("go on with: lcr ")[1].splitlines()[0].strip().split()
        self.assertEqual((command[0], command[-1]), ("run", "--resume"))
        self.lcr(*command)
        self.assertEqual(self.hashes("out"), self.whole)

    def test_resume_of_several_exports(self):
        self.write("r.lcr", SLOW + 'export dense { dir = "dense" }\n')
        self.lcr("plan", "r.lcr", "--model", "model", "-o", "plan.yaml")
        process = self.start("run", "plan.yaml", "--events", "-", "--out", "both")
        ends = 0
        for line in process.stdout:
            event = json.loads(line)
            ends += event["type"] == "end"
            if ends == 1 and event["type"] == "shard":
                break
        process.kill()
        process.communicate()
        self.assertEqual(self.hashes("both/out"), self.whole)
        self.assertFalse(os.path.exists(self.path("both/dense/config.json")))
        self.lcr("run", "plan.yaml", "--out", "both", "--resume")
        self.lcr("run", "plan.yaml", "--out", "again")
        self.assertEqual(self.hashes("both"), self.hashes("again"))
        self.assertIn("L6024", self.lcr("run", "plan.yaml", "--out", "both", "--resume", code=1).stderr)

    def test_resume_under_another_schedule(self):
        process = self.start_and_wait_for_work("--out", "out")
        process.kill()
        process.communicate()
        self.write("one.lcr", "language 1\n\nmachine one\n\nschedule {\n  host { memory <= 1GiB }\n  workers = 1\n}\n")
        self.lcr("run", "r.lcr", "--model", "model", "--machine", "one.lcr", "--out", "out", "--resume")
        self.assertEqual(self.hashes("out"), self.whole)


class Schedules(Case):
    """Where and how the work is done never changes a byte."""

    def test_equal_bytes(self):
        checkpoints.make_random(self.path("model"), layers=2, hidden=256, inner=704, heads=4, vocab=512)
        self.write("r.lcr", RECIPE)
        self.write("one.lcr", "language 1\n\nmachine one\n\nschedule {\n  host { memory <= 400MiB }\n  workers = 1\n}\n")
        self.write("many.lcr", "language 1\n\nmachine many\n\nschedule {\n  host { memory <= 4GiB }\n  workers = 7\n}\n")
        self.lcr("run", "r.lcr", "--model", "model", "--out", "out")
        expected = self.hashes("out")
        for name in ["one", "many"]:
            self.lcr("run", "r.lcr", "--model", "model", "--machine", name + ".lcr", "--out", name)
            self.assertEqual(self.hashes(name), expected, name)
        for kernels in ["baseline", "avx2"]:
            self.lcr("run", "r.lcr", "--model", "model", "--out", kernels, env={"LCR_KERNELS": kernels})
            self.assertEqual(self.hashes(kernels), expected, kernels)


class Output(Case):
    """Folders that must not be written to, and disks that cannot be."""

    def setUp(self):
        super().setUp()
        checkpoints.make_random(self.path("model"), layers=2, hidden=256, inner=704, heads=4, vocab=512)
        self.write("r.lcr", RECIPE)
        self.source = self.hashes("model", own=True)

    def tearDown(self):
        self.assertEqual(self.hashes("model", own=True), self.source, "the source was touched")

    def run_recipe(self, out, code, **more):
        return self.lcr("run", "r.lcr", "--model", "model", "--out", out, code=code, **more).stderr

    def test_foreign_folder(self):
        os.makedirs(self.path("out"))
        self.run_recipe("out", 0)
        os.makedirs(self.path("foreign"))
        self.write("foreign/notes.txt", "mine")
        self.assertIn("L6020", self.run_recipe("foreign", 1))
        self.assertEqual(os.listdir(self.path("foreign")), ["notes.txt"])
        self.write("file", "mine")
        self.assertIn("L6020", self.run_recipe("file", 1))
        self.assertEqual(self.read("file"), "mine")

    def test_every_folder_is_looked_at_first(self):
        self.write("r.lcr", RECIPE + 'export dense { dir = "dense" }\n')
        os.makedirs(self.path("parent/dense"))
        self.write("parent/dense/notes.txt", "mine")
        errors = self.run_recipe("parent", 1)
        self.assertIn("L6020", errors)
        self.assertIn("parent/dense", errors)
        self.assertEqual(os.listdir(self.path("parent")), ["dense"])

    def test_output_in_the_source(self):
        os.symlink("model", self.path("link"))
        for out in ["model", "model/out", "./model/../model/x", "link/out"]:
            errors = self.run_recipe(out, 1)
            self.assertRegex(errors, "L6020|L5005")

    def test_file_size_limit(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        errors = self.run_recipe("out", 2, preexec_fn=limit)
        self.assertIn("L6010", errors)
        self.assertIn("File too large", errors)
        self.assertEqual([file for file in os.listdir(self.path("out")) if file != ".lcr"], [])
        self.lcr("run", "r.lcr", "--model", "model", "--out", "out", "--resume")

    def test_full_disk(self):
        os.makedirs(self.path("disk"))
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", self.path("disk")], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("only root can mount a small disk")
        self.addCleanup(subprocess.run, ["umount", self.path("disk")])
        errors = self.run_recipe("disk/out", 2)
        self.assertEqual(errors.count("L6010"), 1, errors)
        self.assertIn("No space left on device", errors)
        self.assertIn("--resume", errors)
        self.assertNotIn("config.json", os.listdir(self.path("disk/out")))
        subprocess.run(["mount", "-o", "remount,size=64m", self.path("disk")], check=True)
        self.lcr("run", "r.lcr", "--model", "model", "--out", "disk/out", "--resume")
        self.lcr("run", "r.lcr", "--model", "model", "--out", "out")
        self.assertEqual(self.hashes("disk/out"), self.hashes("out"))


class Weights(Case):
    """Values that no grid holds."""

    NAN = (0x7FC0).to_bytes(2, "little")
    INFINITY = (0xFF80).to_bytes(2, "little")

    def setUp(self):
        super().setUp()
        checkpoints.make_random(self.path("model"), layers=2, hidden=256, inner=704, heads=4, vocab=512)
        self.shard = self.path("model/model-00002-of-00004.safetensors")

    def test_not_finite(self):
        schemes = {"W4": RECIPE, "NVFP4": RECIPE.replace("as W4", "as NVFP4A16"), "FP8": RECIPE.replace("as W4", "as FP8_DYNAMIC")}
        for number, value in enumerate([self.NAN, self.INFINITY]):
            checkpoints.patch(self.shard, "model.layers.0.mlp.up_proj.weight", value, offset=2 * (256 * 500 + 17))
            for name, recipe in schemes.items():
                recipe = recipe.replace("use std.roles.{head}", "use std.roles.{head}\nuse std.schemes.{FP8_DYNAMIC, NVFP4A16}")
                self.write("r.lcr", recipe)
                out = f"{name}{number}"
                errors = self.lcr("run", "r.lcr", "--model", "model", "--out", out, code=1).stderr
                self.assertIn("L6003", errors)
                self.assertIn("`model.layers.0.mlp.up_proj`", errors)
                self.assertIn("row 500, column 17", errors)
                self.assertNotIn("config.json", os.listdir(self.path(out)))
        self.write("r.lcr", RECIPE.replace("keep head", "keep head\nkeep `model.layers.0.mlp.up_proj`"))
        self.lcr("run", "r.lcr", "--model", "model", "--out", "kept")
        header, begin = checkpoints.read_header(self.path("kept/model-00002-of-00004.safetensors"))
        self.assertEqual(header["model.layers.0.mlp.up_proj.weight"]["dtype"], "BF16")

    def test_tied_copy(self):
        self.write("r.lcr", RECIPE)
        config = json.loads(self.read("model/config.json"))
        config["tie_word_embeddings"] = True
        self.write("model/config.json", json.dumps(config))
        errors = self.lcr("run", "r.lcr", "--model", "model", "--out", "out", code=1).stderr
        self.assertIn("L6004", errors)
        self.assertIn("`lm_head` differs from that of `model.embed_tokens`", errors)
        self.assertFalse(os.path.exists(self.path("out")))
        weights = {}
        for file in os.listdir(self.path("model")):
            if not file.endswith(".safetensors"):
                continue
            header, begin = checkpoints.read_header(self.path("model", file))
            for name in {"lm_head.weight", "model.embed_tokens.weight"} & set(header):
                weights[name] = (self.path("model", file), header[name]["data_offsets"], begin)
        path, (first, last), begin = weights["model.embed_tokens.weight"]
        with open(path, "rb") as file:
            file.seek(begin + first)
            data = file.read(last - first)
        checkpoints.patch(weights["lm_head.weight"][0], "lm_head.weight", data)
        self.lcr("run", "r.lcr", "--model", "model", "--out", "out")


class Headers(Case):
    """Shards that cannot be read, and headers that lie."""

    def setUp(self):
        super().setUp()
        self.model(os.path.join(PARITY, "llama"))
        self.write("r.lcr", RECIPE)
        self.shard = self.path("model/model.safetensors")
        self.header, self.begin = checkpoints.read_header(self.shard)
        with open(self.shard, "rb") as file:
            self.data = file.read()[self.begin:]

    def refused(self, *parts):
        """Whether every command refuses the model, with the file's name."""
        before = self.hashes("model", own=True)
        for command in [("check", "r.lcr", "--model", "model"), ("tree", "model"),
                        ("run", "r.lcr", "--model", "model", "--out", "out")]:
            errors = self.lcr(*command, code=1).stderr
            self.assertRegex(errors, "L700[1-8]", command)
            for part in parts:
                self.assertIn(part, errors)
            self.assertLess(len(errors), 4000)
        self.assertEqual(self.hashes("model", own=True), before)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_good_one_runs(self):
        checkpoints.write_raw(self.shard, json.dumps(self.header), self.data)
        self.lcr("run", "r.lcr", "--model", "model", "--out", "out")

    def test_truncated(self):
        os.truncate(self.shard, os.path.getsize(self.shard) - 5)
        self.refused("model.safetensors")
        for size in [self.begin - 3, 100, 7, 0]:
            os.truncate(self.shard, size)
            self.refused("model.safetensors")

    def test_lies(self):
        names = [name for name in self.header if name != "__metadata__"]
        first, second = sorted(names, key=lambda name: self.header[name]["data_offsets"])[:2]
        size = len(self.data)
        lies = {
            "overlap": {first: {"data_offsets": self.header[second]["data_offsets"]}},
            "out of range": {second: {"data_offsets": [size, size + 64]}},
            "backward": {second: {"data_offsets": self.header[second]["data_offsets"][::-1]}},
            "huge offset": {second: {"data_offsets": [2 ** 64 - 8, 2 ** 64 + 8]}},
            "negative offset": {second: {"data_offsets": [-8, 8]}},
            "wrong size": {second: {"shape": self.header[second]["shape"] + [2]}},
            "huge shape": {second: {"shape": [2 ** 40, 2 ** 40]}},
            "negative shape": {second: {"shape": [-1, -1]}},
            "wrong dtype": {second: {"dtype": "F64"}},
            "unknown dtype": {second: {"dtype": "Q7"}},
        }
        for name, changes in lies.items():
            with self.subTest(name):
                header = {key: {**entry, **changes.get(key, {})} for key, entry in self.header.items()}
                checkpoints.write_raw(self.shard, json.dumps(header), self.data)
                self.refused("model.safetensors")

    def test_malformed(self):
        text = json.dumps(self.header)
        second = '{' + text[1:-1] + ', ' + text[1:]
        for name, header, length in [("twice", second, None), ("no JSON", "[" + text, None), ("no object", "[]", None),
                                     ("empty", "", None), ("longer than the file", text, 1 << 30),
                                     ("absurd", text, 1 << 62), ("all bits", text, (1 << 64) - 1),
                                     ("deep", "[" * 100_000, None), ("no UTF-8 cut", text[:-20], None)]:
            with self.subTest(name):
                checkpoints.write_raw(self.shard, header, self.data, length)
                self.refused("model.safetensors")

    def test_missing_and_unreadable(self):
        self.lcr("plan", "r.lcr", "--model", "model", "-o", "plan.yaml")
        os.rename(self.shard, self.path("away"))
        self.refused()
        self.lcr("run", "plan.yaml", code=4)
        os.makedirs(self.shard)
        self.refused()
        os.rmdir(self.shard)
        if os.geteuid() != 0:
            os.rename(self.path("away"), self.shard)
            os.chmod(self.shard, 0)
            errors = self.lcr("run", "r.lcr", "--model", "model", code=1).stderr
            self.assertIn("model.safetensors", errors)

    def test_changed_while_it_runs(self):
        """The headers were good when they were read; later the last file ends early, or is not there."""
        checkpoints.make_random(self.path("big"))
        self.write("slow.lcr", SLOW)
        last = "model-00008-of-00008.safetensors"
        for change, code, name in [(lambda path: os.truncate(path, 2000), 1, "L6002"), (os.remove, 2, "L6001")]:
            out = "out-" + name
            process = self.start("run", "slow.lcr", "--model", "big", "--events", "-", "--out", out)
            for line in process.stdout:
                if json.loads(line)["type"] in ("metric", "shard"):
                    break
            shutil.copy(self.path("big", last), self.path("away"))
            change(self.path("big", last))
            _, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, code, errors)
            self.assertIn(name, errors)
            self.assertIn(last, errors)
            self.assertNotIn("config.json", os.listdir(self.path(out)))
            shutil.copy(self.path("away"), self.path("big", last))
            self.lcr("run", "slow.lcr", "--model", "big", "--out", out, "--resume")


if __name__ == "__main__":
    case.main()
