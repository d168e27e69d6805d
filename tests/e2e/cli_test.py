#!/usr/bin/env python3
"""Every command of the program, as a person calls it: exit codes, streams, files.

usage: cli_test.py LCR [unittest's arguments]
"""
import json
import os
import re
import shutil

import case
from case import EXAMPLES, PARITY, RECIPE, Case


def copy(test, recipe):
    shutil.copy(os.path.join(EXAMPLES, recipe), test.folder)
    return recipe


class Version(Case):
    def test_version_and_help(self):
        text = self.lcr("--version").stdout
        self.assertRegex(text, r"^lcr \d+\.\d+\.\d+\nlanguage 1\nbackend: ")
        self.assertIn("torch", text)
        self.assertIn("check", self.lcr("--help").stdout)

    def test_wrong_usage(self):
        for arguments in [(), ("--nonsense",), ("nonsense",), ("check",), ("check", "a.lcr", "--nonsense"),
                          ("plan", "a.lcr"), ("plan", "a.lcr", "--model", "m", "--tree", "t"), ("tree",),
                          ("check", "a.lcr", "--format", "yaml"), ("run", "a.lcr"),
                          ("run", "a.lcr", "--model", "m", "--device", "tpu")]:
            done = self.lcr(*arguments, code=2)
            self.assertEqual(done.stdout, "", arguments)
            self.assertNotEqual(done.stderr, "", arguments)


class Check(Case):
    WRONG = RECIPE.replace("type(linear)", "type(liner)")

    def test_good(self):
        self.model()
        for recipe in ["w4a16.lcr", "fp8_dynamic.lcr", "mixed.lcr"]:
            copy(self, recipe)
        done = self.lcr("check", "w4a16.lcr", "fp8_dynamic.lcr", "mixed.lcr", "--model", "model")
        self.assertIn("w4a16.lcr: no problems against", done.stdout)
        self.assertEqual(self.lcr("check", "w4a16.lcr").returncode, 0)
        self.assertEqual(self.lcr("check", "-q", "w4a16.lcr", "--model", "model").stdout, "")

    def test_standard_input(self):
        self.lcr("check", "-", stdin=RECIPE)
        done = self.lcr("check", "-", "--format", "concise", stdin=self.WRONG, code=1)
        self.assertRegex(done.stdout, r"^<stdin>:14:\d+: error\[L3009\]: ")

    def test_formats(self):
        self.write("wrong.lcr", self.WRONG)
        full = self.lcr("check", "wrong.lcr", code=1)
        self.assertEqual(full.stdout, "")
        self.assertIn("--> wrong.lcr:14:", full.stderr)
        concise = self.lcr("check", "wrong.lcr", "--format", "concise", code=1)
        self.assertEqual(concise.stderr, "")
        self.assertRegex(concise.stdout, r"^wrong.lcr:14:\d+: error\[L3009\]: [^\n]+\n$")
        found = json.loads(self.lcr("check", "wrong.lcr", "--format", "json", code=1).stdout)
        self.assertEqual([(item["code"], item["severity"]) for item in found], [("L3009", "error")])
        label = found[0]["labels"][0]
        self.assertEqual((label["file"], label["line"]), ("wrong.lcr", 14))
        self.assertIn("liner", self.WRONG.encode()[label["begin"]:label["end"]].decode())
        self.assertIn("linear", json.dumps(found))
        self.write("good.lcr", RECIPE)
        self.assertEqual(json.loads(self.lcr("check", "good.lcr", "--format", "json").stdout), [])

    def test_several_recipes(self):
        self.write("good.lcr", RECIPE)
        self.write("wrong.lcr", self.WRONG)
        self.write("broken.lcr", RECIPE.replace("keep head", "keep (head"))
        done = self.lcr("check", "good.lcr", "wrong.lcr", "broken.lcr", "--format", "concise", code=1)
        self.assertEqual(set(re.findall(r"^(\w+)\.lcr:", done.stdout, re.M)), {"wrong", "broken"})

    def test_other_kinds(self):
        self.write("team.lcr", "language 1\nlibrary team\nscheme A { weights = int4(per = group(64), symmetric = true) }\n")
        self.write("wrong.lcr", "language 1\nlibrary wrong\nuse std.roles.{haed}\n")
        self.write("server.lcr", 'language 1\nserving mine since "1"\naccept all on type(linaer) { weights = any }\n')
        self.write("box.lcr", "language 1\nmachine box\nschedule { host { memory <= 64GiB } }\n")
        self.assertEqual(self.lcr("check", "team.lcr", "box.lcr").stderr, "")
        self.assertIn("did you mean `head`", self.lcr("check", "wrong.lcr", code=1).stderr)
        self.assertIn("L4068", self.lcr("check", "server.lcr", code=1).stderr)

    def test_unreadable(self):
        self.assertIn("L0001", self.lcr("check", "missing.lcr", code=2).stderr)
        self.write("good.lcr", RECIPE)
        self.lcr("check", "good.lcr", "--model", "missing", code=2)
        self.lcr("check", "good.lcr", "--tree", "missing.json", code=2)

    def test_set(self):
        self.write("r.lcr", RECIPE.replace("scheme W4", "param size : count = 64\n\nscheme W4")
                   .replace("group(64)", "group(size)"))
        if self.lcr("check", "r.lcr", "--format", "concise").stdout:
            self.fail("the recipe is not what this test takes it for")
        self.lcr("check", "r.lcr", "--set", "size=32")
        self.assertIn("L2040", self.lcr("check", "r.lcr", "--set", "sise=32", code=1).stderr)
        self.assertIn("L0002", self.lcr("check", "r.lcr", "--set", "size", code=2).stderr)
        self.lcr("check", "r.lcr", "--set", "size=word", code=1)


class Format(Case):
    UGLY = RECIPE.replace("default keep\n", "default    keep\n").replace('{ dir = "out" }', '{\n dir="out"\n}')

    def test_in_place_and_idempotent(self):
        self.write("a.lcr", self.UGLY)
        os.makedirs(self.path("below"))
        self.write("below/b.lcr", self.UGLY)
        self.assertIn("would change a.lcr", self.lcr("fmt", "--check", "a.lcr", code=1).stdout)
        self.assertEqual(self.read("a.lcr"), self.UGLY)
        diff = self.lcr("fmt", "--diff", "a.lcr", code=1).stdout
        self.assertIn("\n-default    keep\n", diff)
        self.assertIn("\n+default keep\n", diff)
        self.assertEqual(self.read("a.lcr"), self.UGLY)
        self.lcr("fmt", "a.lcr", "below")
        once = self.read("a.lcr")
        self.assertNotEqual(once, self.UGLY)
        self.assertEqual(self.read("below/b.lcr"), once)
        self.lcr("fmt", "--check", ".")
        self.lcr("fmt", "--diff", ".")
        self.lcr("fmt", ".")
        self.assertEqual(self.read("a.lcr"), once)
        self.assertEqual(self.lcr("fmt", "-", stdin=self.UGLY).stdout, once)
        self.assertEqual(self.lcr("fmt", "-", stdin=once).stdout, once)

    def test_broken_file_is_left_alone(self):
        broken = self.UGLY.replace("keep head", "keep (head")
        self.write("a.lcr", broken)
        self.lcr("fmt", "a.lcr", code=1)
        self.assertEqual(self.read("a.lcr"), broken)
        self.assertEqual(self.lcr("fmt", "-", stdin=broken, code=1).stdout, "")

    def test_examples_are_canonical(self):
        self.lcr("fmt", "--check", EXAMPLES)


class Explain(Case):
    def test_explain(self):
        self.assertEqual(self.lcr("explain", "L3001").stdout, self.lcr("explain", "empty-selection").stdout)
        listed = self.lcr("explain", "--list").stdout
        self.assertGreater(len(listed.splitlines()), 100)
        self.assertIn("L6024", listed)
        self.assertIn("L0006", self.lcr("explain", "L0000", code=1).stderr)


class Structure(Case):
    def test_tree_stands_in_for_the_model(self):
        self.write("r.lcr", RECIPE.replace("keep head", "keep head\nkeep optional role(router)")
                   .replace("group(64)", "group(32)"))
        for source in [os.path.join(EXAMPLES, "docs-llama-4m"), os.path.join(PARITY, "qwen3_moe")]:
            name = os.path.basename(source)
            self.model(source, name)
            self.lcr("tree", name, "-o", name + ".json")
            self.assertLess(os.path.getsize(self.path(name + ".json")), 200_000)
            model, tree = ("--model", name), ("--tree", name + ".json")
            self.assertEqual(self.lcr("tree", name).stdout, self.lcr("tree", *tree).stdout)
            json.loads(self.lcr("tree", name, "--format", "json").stdout)
            self.assertEqual(self.lcr("check", "r.lcr", *model, "--format", "json").stdout,
                             self.lcr("check", "r.lcr", *tree, "--format", "json").stdout)
            for command in [("resolve", "r.lcr"), ("resolve", "r.lcr", "--modules"),
                            ("resolve", "r.lcr", "--format", "json"),
                            ("why", "r.lcr", "model.layers.0.self_attn.q_proj")]:
                self.assertEqual(self.lcr(*command, *model).stdout, self.lcr(*command, *tree).stdout)
            for way, options in [("m", model), ("t", tree)]:
                self.lcr("plan", "r.lcr", *options, "-o", way + ".yaml", "--out", "out-" + name)
            plans = [[line for line in self.read(way + ".yaml").splitlines()
                      if not line.startswith("model:") and "kind: model" not in line] for way in "mt"]
            self.assertEqual(*plans)
            self.lcr("run", "t.yaml", "--model", name)

    def test_snapshot_cannot_be_run(self):
        self.model()
        self.write("r.lcr", RECIPE)
        self.lcr("tree", "model", "-o", "tree.json")
        self.assertIn("L0005", self.lcr("run", "r.lcr", "--tree", "tree.json", code=2).stderr)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_resolve_and_why(self):
        self.model()
        copy(self, "mixed.lcr")
        rows = self.lcr("resolve", "mixed.lcr", "--model", "model").stdout
        self.assertIn("NVFP4A16", rows)
        self.assertRegex(rows, r"mixed\.lcr:\d+")
        modules = json.loads(self.lcr("resolve", "mixed.lcr", "--model", "model", "--modules", "--format", "json").stdout)
        self.assertTrue(modules)
        reason = self.lcr("why", "mixed.lcr", "model.layers.0.mlp.up_proj", "--model", "model").stdout
        self.assertIn("FP8_DYNAMIC", reason)
        json.loads(self.lcr("why", "mixed.lcr", "lm_head", "--model", "model", "--format", "json").stdout)
        wrong = self.lcr("why", "mixed.lcr", "model.layers.0.mlp.up_prj", "--model", "model", code=1)
        self.assertIn("up_proj", wrong.stderr)


class PlanAndRun(Case):
    def setUp(self):
        super().setUp()
        self.model()
        self.write("r.lcr", RECIPE)

    def plan(self, *more):
        return self.lcr("plan", "r.lcr", "--model", "model", "-o", "plan.yaml", *more)

    def test_plan_show_run(self):
        self.plan()
        text = self.lcr("show", "plan.yaml")
        self.assertIn("model.layers.{0..3}", text.stdout)
        self.assertEqual(text.stderr, "")
        self.assertIn("<svg", self.lcr("show", "plan.yaml", "--format", "html").stdout)
        self.assertTrue(self.lcr("show", "plan.yaml", "--format", "dot").stdout.startswith("digraph"))
        shown = json.loads(self.lcr("show", "plan.yaml", "--format", "json").stdout)
        self.assertIn("format_version", shown)
        self.lcr("run", "plan.yaml")
        config = json.loads(self.read("out/config.json"))
        self.assertEqual(config["quantization_config"]["quant_method"], "compressed-tensors")
        for file in ["tokenizer.json", "tokenizer_config.json", "generation_config.json"]:
            self.assertEqual(self.hashes("out")[file], self.hashes("model")[file])
        self.assertEqual(os.listdir(self.path("out/.lcr")).count("parts"), 0)
        self.assertIn("plan", self.lcr("plan", "r.lcr", "--model", "model").stdout)

    def test_run_of_a_recipe_is_run_of_its_plan(self):
        self.plan("--out", "planned")
        self.lcr("run", "plan.yaml")
        self.lcr("run", "r.lcr", "--model", "model", "--out", "direct")
        self.assertEqual(self.hashes("planned"), self.hashes("direct"))
        self.lcr("show", "direct/.lcr/plan.yaml")

    def test_plan_in_another_folder(self):
        os.makedirs(self.path("plans"))
        self.lcr("plan", "r.lcr", "--model", "model", "-o", "plans/plan.yaml", "--out", "there")
        self.lcr("run", "plans/plan.yaml")
        self.assertTrue(os.path.exists(self.path("there/config.json")))

    def test_a_plan_is_run_as_it_is(self):
        self.plan()
        for option in [("--set", "a=1"), ("--tree", "t"), ("--machine", "m.lcr"), ("--profile", "p.yaml"), ("--architecture", "a.lcr")]:
            self.lcr("run", "plan.yaml", *option, code=2)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_events(self):
        self.plan()
        lines = self.lcr("run", "plan.yaml", "--events", "-").stdout.splitlines()
        events = [json.loads(line) for line in lines]
        self.assertEqual((events[0]["type"], events[-1]["type"]), ("version", "end"))
        self.assertEqual(events[0]["schema"], "lcr-events/1")
        self.assertEqual(events[-1]["status"], "done")
        self.assertEqual(len({event["run"] for event in events}), 1)
        self.assertEqual(sum(event["type"] == "metric" for event in events), 28)
        for event in events:
            self.assertLessEqual({"ts", "type", "level", "message", "run"}, set(event))
        self.lcr("run", "plan.yaml", "--out", "again", "--events", "log.jsonl")
        self.assertEqual(len([json.loads(line) for line in self.read("log.jsonl").splitlines() if "metric" in line]), 28)

    def test_quiet(self):
        self.plan()
        done = self.lcr("run", "-q", "plan.yaml")
        self.assertEqual((done.stdout, done.stderr), ("", ""))
        self.assertEqual(self.lcr("plan", "-q", "r.lcr", "--model", "model", "-o", "p.yaml").stderr, "")

    def test_stale(self):
        self.plan()
        self.write("r.lcr", RECIPE.replace("group(64)", "group(32)"))
        changed = self.lcr("run", "plan.yaml", code=4)
        self.assertIn("L5010", changed.stderr)
        self.assertIn("recipe `r.lcr` has changed", changed.stderr)
        self.assertNotIn("model `model`", changed.stderr)
        self.assertIn("L5013", self.lcr("show", "plan.yaml").stderr)
        self.write("r.lcr", RECIPE)
        self.lcr("show", "plan.yaml")
        with open(self.path("model/config.json"), "a") as file:
            file.write("\n")
        changed = self.lcr("run", "plan.yaml", code=4)
        self.assertIn("model `model` has changed", changed.stderr)
        self.assertFalse(os.path.exists(self.path("out")))
        os.rename(self.path("model"), self.path("moved"))
        self.lcr("run", "plan.yaml", code=4)

    def test_several_exports(self):
        self.write("r.lcr", RECIPE + 'export dense { dir = "elsewhere/dense"  dtype = f32 }\n')
        self.plan()
        self.lcr("run", "plan.yaml", "--out", "both")
        self.assertEqual(sorted(os.listdir(self.path("both"))), ["dense", "out"])
        self.assertNotIn("quantization_config", json.loads(self.read("both/dense/config.json")))
        self.lcr("run", "plan.yaml")
        for one in ["out", "elsewhere/dense"]:
            self.assertEqual(self.hashes(one), self.hashes("both/" + os.path.basename(one)))

    def test_machine(self):
        self.write("small.lcr", "language 1\n\nmachine small\n\nschedule {\n  host { memory <= 1MiB }\n}\n")
        self.assertIn("L5002", self.lcr("plan", "r.lcr", "--model", "model", "--machine", "small.lcr", code=1).stderr)
        self.assertIn("L0001", self.lcr("plan", "r.lcr", "--model", "model", "--machine", "none.lcr", code=2).stderr)

    def test_unwritable(self):
        self.assertIn("L0004", self.lcr("plan", "r.lcr", "--model", "model", "-o", "no/such/plan.yaml", code=2).stderr)
        self.write("file", "")
        self.assertIn("L6010", self.lcr("run", "r.lcr", "--model", "model", "--out", "file/out", code=2).stderr)
        self.assertIn("L0003", self.lcr("run", "r.lcr", "--model", "model", code=2, env={"LCR_BACKEND_PATH": "none"}).stderr)


class Demo(Case):
    """The commands of README's demonstration, on fewer windows."""

    def test_demo(self):
        self.model()
        copy(self, "w4a16.lcr")
        copy(self, "evaluation.jsonl")
        self.lcr("check", "w4a16.lcr", "--model", "model")
        self.lcr("plan", "w4a16.lcr", "--model", "model", "--out", "out", "-o", "plan.yaml")
        self.lcr("run", "plan.yaml")
        common = ("--data", "evaluation.jsonl", "--windows", "2", "--length", "64", "--format", "json")
        before = json.loads(self.lcr("eval", "model", *common).stdout)
        after = json.loads(self.lcr("eval", "out", "--reference", "model", *common).stdout)
        self.assertEqual(before["tokens"], 2 * 63)
        self.assertLess(before["perplexity"], after["perplexity"] * 1.1)
        self.assertLess(0, after["kl"])
        self.assertLess(after["kl"], 0.5)
        self.assertIn("perplexity", self.lcr("eval", "model", *common[:-2]).stdout)


if __name__ == "__main__":
    case.main()
