#!/usr/bin/env python3
"""Rules, fixes, configuration, formats, completion: as a person or a program calls them.

usage: lint_test.py LCR [unittest's arguments]
"""
import json
import os
import pty
import re
import select
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as xml

import yaml

import case
from case import ROOT, Case

RECIPE = """language 1

## What it is for.
recipe "r"

use std.schemes.{FP8_DYNAMIC, W4A16}

default keep
keep optional re`model.norm`

quantize type(linear) except role(head) as FP8_DYNAMIC with rtn

export compressed_tensors { dir = "out" }
"""
TREE = os.path.join(ROOT, "tests", "golden", "trees", "llama.json")


def codes(done):
    return re.findall(r"\[(L\d+)\]", done.stdout + done.stderr)


class Check(Case):
    def test_fail_level(self):
        self.write("r.lcr", RECIPE)
        self.assertEqual(codes(self.lcr("check", "r.lcr")), ["L9002", "L9101"])
        self.lcr("check", "r.lcr", "--fail-level", "warning", code=1)
        self.lcr("check", "r.lcr", "--fail-level", "note", code=1)
        self.write("wrong.lcr", RECIPE.replace("with rtn", "with rtm"))
        self.lcr("check", "wrong.lcr", code=1)
        self.lcr("check", "wrong.lcr", "--fail-level", "never")
        self.lcr("check", "missing.lcr", "--fail-level", "never", code=2)
        self.lcr("check", "r.lcr", "--fail-level", "fatal", code=2)

    def test_select_and_ignore(self):
        self.write("r.lcr", RECIPE)
        self.assertEqual(codes(self.lcr("check", "r.lcr", "--select", "L91")), ["L9101"])
        self.assertEqual(codes(self.lcr("check", "r.lcr", "--ignore", "unused-name,L9101")), [])
        self.assertIn("did you mean `unused-name`", self.lcr("check", "r.lcr", "--ignore", "unused-nam", code=2).stderr)
        self.write("other.lcr", RECIPE.replace("recipe \"r\"", "recipe \"x\""))
        self.assertNotIn("L9008", codes(self.lcr("check", "other.lcr")))
        self.assertIn("L9008", codes(self.lcr("check", "other.lcr", "--preview")))

    def test_folders_and_order(self):
        os.mkdir(self.path("some"))
        for name in ("b", "a", "c"):
            self.write(f"some/{name}.lcr", RECIPE)
        done = self.lcr("check", "some", "--format", "concise")
        self.assertEqual(re.findall(r"^some/(\w)", done.stdout, re.M), ["a", "a", "b", "b", "c", "c"])

    def test_a_model(self):
        self.write("r.lcr", RECIPE.replace("keep optional re`model.norm`", "keep `lm_head`"))
        self.assertEqual(codes(self.lcr("check", "r.lcr", "--tree", TREE)), ["L9002", "L9106"])

    def test_machine(self):
        self.write("r.lcr", RECIPE)
        self.write("m.lcr", "language 1\n\nmachine m\n\nschedule {\n  checkpoint = every(5h)\n}\n")
        self.assertIn("L9402", codes(self.lcr("check", "r.lcr", "--machine", "m.lcr")))

    def test_a_thousand_recipes(self):
        os.mkdir(self.path("many"))
        for number in range(1000):
            self.write(f"many/r{number:03}.lcr", RECIPE)
        done = self.lcr("check", "many", "--format", "concise")
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 2000)
        self.assertEqual(lines, sorted(lines, key=lambda line: line.split(":")[0]))


class Baseline(Case):
    def test_known_findings_are_left_out(self):
        os.mkdir(self.path("some"))
        self.write("some/r.lcr", RECIPE)
        self.write("some/twice.lcr", RECIPE.replace("keep optional re`model.norm`", "keep optional re`model.norm`\n" * 2))
        done = self.lcr("check", "some", "--write-baseline", "known.yaml")
        self.assertEqual(codes(done), [])
        written = self.read("known.yaml")
        self.assertIn('    - {code: L9101, line: "keep optional re`model.norm`", count: 2}\n', written)
        self.assertEqual(codes(self.lcr("check", "some", "--baseline", "known.yaml", "--fail-level", "note")), [])
        # Lines may move and files be named otherwise; what is new is shown.
        self.write("some/r.lcr", RECIPE.replace("default keep", "default keep\n\nkeep optional re`model.layers.1.*`"))
        found = self.lcr("check", "some", "--baseline", "known.yaml", "--format", "concise").stdout
        self.assertEqual(re.findall(r"^some/r.lcr:10:.*\[(L\d+)\]", found, re.M), re.findall(r"\[(L\d+)\]", found))
        self.assertIn("[L9101]", found)
        again = self.lcr("check", self.path("some"), "--baseline", "known.yaml", "--format", "concise").stdout
        self.assertEqual(again, found.replace("some/", self.path("some/")))

    def test_entries_that_are_gone_are_named(self):
        self.write("r.lcr", RECIPE)
        self.lcr("check", "r.lcr", "--write-baseline", "known.yaml")
        self.write("r.lcr", RECIPE.replace("keep optional re`model.norm`\n", ""))
        self.assertIn("1 findings of known.yaml are gone", self.lcr("check", "r.lcr", "--baseline", "known.yaml").stderr)

    def test_errors_are_never_known(self):
        self.write("wrong.lcr", RECIPE.replace("with rtn", "with rtm"))
        self.assertEqual(codes(self.lcr("check", "wrong.lcr", "--write-baseline", "known.yaml", code=1)), ["L4021"])
        self.assertEqual(codes(self.lcr("check", "wrong.lcr", "--baseline", "known.yaml", code=1)), ["L4021"])

    def test_the_configuration_names_one(self):
        self.write("r.lcr", RECIPE)
        self.lcr("check", "r.lcr", "--write-baseline", "known.yaml")
        self.write("lcr.yaml", "baseline: known.yaml\n")
        self.assertEqual(codes(self.lcr("check", "r.lcr")), [])
        self.assertIn("known.yaml", self.lcr("check", "r.lcr", "--show-config").stdout)

    def test_what_is_no_baseline(self):
        self.write("r.lcr", RECIPE)
        for text in ("baseline: 2\nfindings: {}\n", "findings: {}\n", "[\n", "baseline: 1\nfindings: {r.lcr: [{code: L9101}]}\n"):
            self.write("known.yaml", text)
            self.assertIn("L0008", self.lcr("check", "r.lcr", "--baseline", "known.yaml", code=2).stderr, text)
        self.lcr("check", "r.lcr", "--baseline", "none.yaml", code=2)
        self.lcr("check", "r.lcr", "--baseline", "known.yaml", "--write-baseline", "known.yaml", code=2)


class Config(Case):
    def test_nearest_folder(self):
        os.makedirs(self.path("a", "b"))
        self.write("lcr.yaml", "rules: {ignore: [L9101]}\n")
        self.write("a/r.lcr", RECIPE)
        self.write("a/b/r.lcr", RECIPE)
        self.write("a/b/lcr.yaml", "rules: {ignore: [unused-name]}\nfail-level: warning\n")
        self.assertEqual(codes(self.lcr("check", "a/r.lcr")), ["L9002"])
        self.assertEqual(codes(self.lcr("check", "a/b/r.lcr", code=1)), ["L9101"])
        self.assertEqual(len(codes(self.lcr("check", "a/b/r.lcr", "--no-config"))), 2)
        self.assertEqual(codes(self.lcr("check", "a/b/r.lcr", "--config", "lcr.yaml")), ["L9002"])

    def test_wrong_keys(self):
        self.write("r.lcr", RECIPE)
        for text, what in [("rules: {ingore: [L9101]}\n", "did you mean `ignore`"), ("rulse: {}\n", "did you mean `rules`"),
                           ("rules: {ignore: [L8888]}\n", "names no rule"), ("rules: [\n", "no YAML"), ("fail-level: fatal\n", "possible: error"),
                           ("extend: nowhere.yaml\n", "there is no"), ("rules: {severity: {L9101: bad}}\n", "no severity")]:
            self.write("lcr.yaml", text)
            done = self.lcr("check", "r.lcr", code=2)
            self.assertIn("L0007", done.stderr, text)
            self.assertIn("lcr.yaml:", done.stderr, text)
            self.assertIn(what, done.stderr, text)

    def test_extend_severity_and_per_file(self):
        os.mkdir(self.path("drafts"))
        self.write("base.yaml", "rules: {severity: {unescaped-dot: error}}\nformat: concise\n")
        self.write("lcr.yaml", "extend: base.yaml\nper-file: {'drafts/*': [all]}\n")
        self.write("r.lcr", RECIPE)
        self.write("drafts/r.lcr", RECIPE)
        self.assertIn("error[L9101]", self.lcr("check", "r.lcr", code=1).stdout)
        self.assertEqual(self.lcr("check", "drafts/r.lcr").stdout, "")
        shown = self.lcr("check", "r.lcr", "--show-config").stdout
        self.assertIn("base.yaml:1", shown)
        self.assertIn("concise", shown)
        self.assertIn("default", shown)

    def test_trees(self):
        shutil.copy(TREE, self.path("llama.json"))
        self.write("lcr.yaml", "trees: {'*.lcr': llama.json}\n")
        self.write("r.lcr", RECIPE.replace("keep optional re`model.norm`", "keep `lm_head`"))
        self.assertEqual(codes(self.lcr("check", "r.lcr")), ["L9002", "L9106"])


class Fix(Case):
    def test_safe_then_unsafe(self):
        self.write("r.lcr", RECIPE)
        diff = self.lcr("fix", "r.lcr", "--diff", code=1)
        self.assertIn("+use std.schemes.{FP8_DYNAMIC}", diff.stdout)
        self.assertEqual(self.read("r.lcr"), RECIPE)
        done = self.lcr("fix", "r.lcr")
        self.assertIn("fixed 1 finding in 1 file", done.stderr)
        self.assertEqual(codes(done), ["L9101"])
        self.assertIn("use std.schemes.{FP8_DYNAMIC}\n", self.read("r.lcr"))
        self.lcr("fix", "r.lcr", "--unsafe")
        # An escaped expression is then as good as a glob.
        self.assertIn("keep optional `model.norm`", self.read("r.lcr"))
        self.lcr("fmt", "--check", "r.lcr")

    def test_missing_imports_are_written(self):
        self.write("r.lcr", """language 1

recipe "r"

use std.roles.{routers}

default keep
keep head | routers
quantize type(linear) as FP8_DYNAMIC with rtn

export dense { dir = "out" }
""")
        self.lcr("fix", "r.lcr", "--ignore", "all")
        self.assertIn("use std.schemes.{FP8_DYNAMIC}\nuse std.roles.{routers, head}\n", self.read("r.lcr"))

    def test_standard_input(self):
        done = self.lcr("fix", "-", stdin=RECIPE)
        self.assertTrue(done.stdout.startswith("language 1\n"))
        self.assertIn("use std.schemes.{FP8_DYNAMIC}\n", done.stdout)

    def test_wrong_files_are_mended_where_they_can_be(self):
        self.write("r.lcr", RECIPE.replace("language 1\n\n", "").replace("with rtn", "with rtm"))
        self.lcr("fix", "r.lcr", code=1)
        self.assertIn("language 1\n\nrecipe", self.read("r.lcr"))
        self.lcr("fix", "r.lcr", "--unsafe")
        self.assertIn("with rtn", self.read("r.lcr"))

    def test_order(self):
        self.write("r.lcr", "language 1\n\n## Doc.\nrecipe \"r\"\n\nkeep role(head)\ndefault keep\nexport dense { dir = \"out\" }\n")
        self.lcr("fix", "r.lcr")
        text = self.read("r.lcr")
        self.assertLess(text.index("default keep"), text.index("keep role(head)"))


class Formats(Case):
    def findings(self, *more):
        self.write("r.lcr", RECIPE)
        self.write("wrong.lcr", RECIPE.replace("with rtn", "with rtm"))
        return self.lcr("check", "r.lcr", "wrong.lcr", *more, code=1).stdout

    def test_jsonl(self):
        lines = [json.loads(line) for line in self.findings("--format", "jsonl").splitlines()]
        self.assertEqual(lines[0]["type"], "version")
        self.assertEqual(lines[0]["format"], "lcr-diagnostics/1.0")
        self.assertEqual([line["type"] for line in lines[1:-1]], ["diagnostic"] * (len(lines) - 2))
        self.assertEqual((lines[-1]["type"], lines[-1]["errors"], lines[-1]["files"]), ("summary", 1, 2))

    def test_sarif(self):
        from pydantic_sarif import model
        text = self.findings("--format", "sarif")
        log = json.loads(text)
        # The models are generated from the schema of SARIF 2.1.0 and allow nothing else.
        model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate(log)
        run = log["runs"][0]
        rules = run["tool"]["driver"]["rules"]
        for rule in rules:
            self.assertLessEqual(len(rule["name"]), 255)
            for key in ("shortDescription", "fullDescription"):
                self.assertTrue(0 < len(rule[key]["text"]) <= 1024)
            self.assertTrue(rule["help"]["text"] and rule["help"]["markdown"])
            self.assertLessEqual(len(rule["properties"]["tags"]), 20)
        for result in run["results"]:
            self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
            self.assertEqual(len(result["locations"]), 1)
            place = result["locations"][0]["physicalLocation"]
            self.assertRegex(place["artifactLocation"]["uri"], r"^(r|wrong)\.lcr$")
            self.assertGreater(place["region"]["startLine"], 0)
        self.assertIn("error", {result["level"] for result in run["results"]})

    def test_sarif_limits(self):
        os.mkdir(self.path("many"))
        for number in range(60):
            self.write(f"many/{number}.lcr", RECIPE.replace("keep optional re`model.norm`\n", "".join(f"keep optional re`a{i}.b`\n" for i in range(100))))
        log = json.loads(self.lcr("check", "many", "--format", "sarif").stdout)
        self.assertEqual(len(log["runs"][0]["results"]), 5000)
        self.assertIn("toolExecutionNotifications", log["runs"][0]["invocations"][0])

    def fingerprints(self, text):
        self.write("r.lcr", text)
        log = json.loads(self.lcr("check", "r.lcr", "--format", "sarif").stdout)
        return {result["ruleId"]: result["partialFingerprints"]["primaryLocationLineHash"] for result in log["runs"][0]["results"]}

    def test_fingerprints_outlive_moved_lines(self):
        before = self.fingerprints(RECIPE)
        after = self.fingerprints(RECIPE.replace("default keep\n", "default keep\nkeep optional `a`\n\n"))
        self.assertEqual(before, after)
        self.assertNotEqual(before["L9101"], self.fingerprints(RECIPE.replace("re`model.norm`", "re`model.head`"))["L9101"])

    def test_github(self):
        lines = self.findings("--format", "github").splitlines()
        self.assertIn("::warning file=r.lcr,line=9,endLine=9,col=23,endColumn=24,title=L9101 unescaped-dot::", "\n".join(lines))
        self.assertTrue(any(line.startswith("::error file=wrong.lcr,") for line in lines))
        self.write("many.lcr", RECIPE.replace("keep optional re`model.norm`\n", "".join(f"keep optional re`a{i}.b`\n" for i in range(30))))
        lines = self.lcr("check", "many.lcr", "--format", "github").stdout.splitlines()
        self.assertEqual(len([line for line in lines if line.startswith("::warning")]), 10)
        self.assertEqual(len([line for line in lines if line.startswith("many.lcr:")]), 21)

    def test_junit(self):
        self.write("good.lcr", RECIPE.replace(", W4A16", "").replace("model.norm", "model\\.norm"))
        self.write("r.lcr", RECIPE)
        root = xml.fromstring(self.lcr("check", "good.lcr", "r.lcr", "--format", "junit").stdout)
        self.assertEqual((root.tag, root.get("failures")), ("testsuites", "2"))
        suites = {suite.get("name"): suite for suite in root}
        self.assertEqual(suites["r.lcr"].get("failures"), "2")
        self.assertEqual(int(root.get("tests")), len(root.findall(".//testcase")))


class Rules(Case):
    def test_list_and_explain(self):
        rules = json.loads(self.lcr("rules", "--format", "json").stdout)
        self.assertGreater(len(rules), 30)
        self.assertEqual(len(self.lcr("rules").stdout.splitlines()), len(rules))
        for rule in rules:
            self.assertTrue(os.path.exists(os.path.join(ROOT, rule["page"])), rule)
        text = self.lcr("explain", "layer-prefix").stdout
        self.assertTrue(text.startswith("L9102 layer-prefix\n"))
        self.assertIn("### Why", text)

    def test_scaffold(self):
        for part in ("compiler/lint", "compiler/diagnostics/codes", "tools"):
            shutil.copytree(os.path.join(ROOT, part), self.path(part), ignore=shutil.ignore_patterns("accuracy"))
        shutil.copy(os.path.join(ROOT, "CMakeLists.txt"), self.folder)
        command = ["python3", "tools/new_rule.py", "L9199", "no-such-thing", "recipe", "note"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        self.assertIn('LCR_CODE(L9199, "no-such-thing", Note, ', self.read("compiler/diagnostics/codes/style.def"))
        table = self.read("compiler/lint/rules.def")
        found = re.findall(r"^LCR_RULE\((L\d+)", table, re.M)
        self.assertEqual(found, sorted(found))
        self.assertIn("LCR_RULE(L9199, no_such_thing, Recipe, Preview,", table)
        self.assertIn("    rules/no_such_thing.cpp\n", self.read("compiler/lint/CMakeLists.txt"))
        self.assertIn("void no_such_thing(const LintRecipe& on, Diagnostics& found)", self.read("compiler/lint/rules/no_such_thing.cpp"))
        self.write("fires.lcr", self.read("tests/lint/no-such-thing/fires.lcr"))
        self.lcr("check", "fires.lcr")
        self.assertNotEqual(subprocess.run(command, cwd=self.folder, capture_output=True).returncode, 0)


class Shells(Case):
    def complete(self, *words):
        script = self.lcr("completion", "bash").stdout + f"""
COMP_WORDS=({' '.join("'" + word + "'" for word in words)}); COMP_CWORD={len(words) - 1}; _lcr; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        return subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True, text=True, check=True).stdout.split()

    def test_bash(self):
        self.assertIn("check", self.complete("lcr", "che"))
        self.assertEqual(self.complete("lcr", "check", "--fo"), ["--format"])
        self.assertEqual(self.complete("lcr", "check", "--format", "s"), ["sarif"])
        self.assertEqual(self.complete("lcr", "--color", "al"), ["always"])
        self.assertEqual(self.complete("lcr", "completion", "z"), ["zsh"])
        self.write("recipe.lcr", RECIPE)
        self.assertEqual(self.complete("lcr", "check", "rec"), ["recipe.lcr"])

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish(self):
        self.write("lcr.fish", self.lcr("completion", "fish").stdout)
        self.write("recipe.lcr", RECIPE)

        def complete(line):
            done = subprocess.run(["fish", "--no-config", "-c", f"source lcr.fish; complete -C '{line}'"], cwd=self.folder,
                                  env=self.environment(HOME=self.folder), capture_output=True, text=True, check=True)
            return [found.split("\t")[0] for found in done.stdout.splitlines()]

        self.assertEqual(complete("lcr che"), ["check"])
        self.assertEqual(complete("lcr check --fo"), ["--format"])
        self.assertEqual(complete("lcr check --format s"), ["sarif"])
        self.assertEqual(complete("lcr completion z"), ["zsh"])
        self.assertIn("recipe.lcr", complete("lcr check rec"))

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh(self):
        os.mkdir(self.path("functions"))
        self.write("functions/_lcr", self.lcr("completion", "zsh").stdout)
        self.write("recipe.lcr", RECIPE)
        master, terminal = pty.openpty()
        self.addCleanup(os.close, master)
        shell = subprocess.Popen(["zsh", "-f", "-i"], stdin=terminal, stdout=terminal, stderr=terminal, cwd=self.folder,
                                 env=self.environment(TERM="xterm", HOME=self.folder), start_new_session=True)
        os.close(terminal)
        self.addCleanup(shell.wait)
        self.addCleanup(shell.kill)

        def send(line):
            """What the terminal shows up to `DONE`, which only the line's execution writes."""
            os.write(master, line.encode())
            shown = b""
            while b"DONE" not in shown and select.select([master], [], [], 30)[0]:
                shown += os.read(master, 4096)
            return shown.decode(errors="replace")

        # The shell's own function prints what was completed.
        send("fpath=(functions $fpath); autoload -Uz compinit; compinit -u -D; "
             "lcr() { print -r -- \"<$*>\"; print DO''NE; }; print DO''NE\n")
        for typed, completed in (("lcr che", "check"), ("lcr check --fo", "check --format"), ("lcr check --format s", "check --format sarif"),
                                 ("lcr completion z", "completion zsh"), ("lcr check rec", "check recipe.lcr")):
            self.assertIn(f"<{completed}>", send(typed + "\t\n"))

    def test_every_command_is_known_to_all(self):
        help_text = self.lcr("--help").stdout
        names = re.findall(r"^  ([a-z]+) {2,}", help_text[help_text.index("Subcommands:"):], re.M)
        self.assertIn("fix", names)
        texts = [self.lcr("completion", shell).stdout for shell in ("bash", "zsh", "fish")] + [self.lcr("manual").stdout]
        for text in texts:
            for name in names:
                self.assertRegex(text, rf"\b{name}\b")
        self.assertNotIn("manual", names)

    def test_scripts_are_sound(self):
        for shell in ("bash", "zsh", "fish"):
            program = shutil.which(shell)
            if program is None:
                continue
            self.write("script", self.lcr("completion", shell).stdout)
            subprocess.run([program, "-n", self.path("script")], check=True)
        self.lcr("completion", "tcsh", code=2)

    def test_manual(self):
        text = self.lcr("manual").stdout
        self.assertTrue(text.startswith(".TH LCR 1"))
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-man", "-ww", "-z"], input=text, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


class Integrations(Case):
    def test_hooks(self):
        with open(os.path.join(ROOT, ".pre-commit-hooks.yaml")) as file:
            hooks = yaml.safe_load(file)
        self.assertEqual([hook["id"] for hook in hooks], ["lcr-check", "lcr-fix", "lcr-fmt"])
        self.write("r.lcr", RECIPE)
        for hook in hooks:
            self.assertTrue(re.search(hook["files"], "recipes/r.lcr"))
            program, *arguments = hook["entry"].split()
            self.assertEqual(program, "lcr")
            self.lcr(*arguments, "r.lcr")

    def test_action(self):
        with open(os.path.join(ROOT, "action.yml")) as file:
            action = yaml.safe_load(file)
        self.assertEqual(action["runs"]["using"], "composite")
        script = action["runs"]["steps"][-1]["run"]
        self.write("r.lcr", RECIPE)
        inputs = {"LCR": case.LCR, "LCR_PATHS": "r.lcr", "LCR_ARGUMENTS": "", "LCR_FORMAT_CHECK": "true", "LCR_SARIF": "out.sarif",
                  "GITHUB_STEP_SUMMARY": self.path("summary.md")}
        for level, status in (("error", 0), ("warning", 1)):
            done = subprocess.run(["bash", "-e", "-c", script], cwd=self.folder, capture_output=True, text=True,
                                  env=self.environment(LCR_FAIL_LEVEL=level, **inputs))
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            self.assertIn("::warning file=r.lcr", done.stdout)
        self.assertEqual(json.loads(self.read("out.sarif"))["version"], "2.1.0")
        self.assertRegex(self.read("summary.md"), r"(?m)^### lcr check\n```\nr\.lcr:\d+:\d+: warning\[L\d+\]")
        used = set(re.findall(r"inputs\.([a-z-]+)", json.dumps(action["runs"])))
        self.assertEqual(used, set(action["inputs"]))


if __name__ == "__main__":
    case.main()
