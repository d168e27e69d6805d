"use strict";

// The code of the VS Code extension against a real language server, and its manifest against both.
// usage: node extension_test.js LCR
const assert = require("node:assert");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { makeEditor, open } = require("./editor.js");

const root = path.resolve(__dirname, "../../..");
const folder = path.join(root, "editors/vscode");
const manifest = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
const model = path.join(root, "examples/docs-llama-4m");
const recipe = path.join(root, "examples/w4a16.lcr");
const lcr = path.resolve(process.argv[2]);

// A fresh extension in an editor of its own.
function load(settings) {
  const editor = makeEditor(manifest, settings);
  const load = Module._load;
  Module._load = (name, ...rest) =>
    name === "vscode" ? editor.vscode : name === "vscode-languageclient/node" ? editor.library : load(name, ...rest);
  const file = path.join(folder, manifest.main);
  delete require.cache[require.resolve(file)];
  const extension = require(file);
  Module._load = load;
  return { editor, extension, context: { subscriptions: [] } };
}

const own = () => manifest.contributes.commands.map((one) => one.command).sort();

const tests = {
  manifest() {
    for (const one of manifest.contributes.menus.commandPalette) assert(own().includes(one.command), one.command);
    for (const language of manifest.contributes.languages) assert(fs.existsSync(path.join(folder, language.configuration)));
    for (const grammar of manifest.contributes.grammars) JSON.parse(fs.readFileSync(path.join(folder, grammar.path), "utf8"));
    for (const name of Object.keys(manifest.contributes.configuration.properties)) assert(name.startsWith("lcr."), name);
  },

  async session() {
    const { editor, extension, context } = load({ "lcr.path": lcr, "lcr.model": model });
    await extension.activate(context);
    assert.deepStrictEqual(editor.errors, []);
    const added = [...editor.commands.keys()].filter((name) => !editor.client.provided.includes(name)).sort();
    assert.deepStrictEqual(added, own());
    const uri = open(editor, recipe);

    editor.answers.input = "model.layers.0.mlp.up_proj";
    await editor.vscode.commands.executeCommand("lcr.whyModule");
    assert.match(editor.shown.pop(), /W4A16/);
    editor.answers.input = "nonsense";
    await editor.vscode.commands.executeCommand("lcr.whyModule");
    assert.match(editor.errors.pop(), /nonsense/);

    const line = fs.readFileSync(recipe, "utf8").split("\n").findIndex((text) => text.startsWith("quantize"));
    await editor.vscode.commands.executeCommand("lcr.matches", uri, { line, character: 10 });
    assert.match(editor.shown.pop(), /29 modules[^]*model\.layers\.3\.mlp\.down_proj/);

    editor.answers.open = [{ fsPath: model }];
    await editor.vscode.commands.executeCommand("lcr.chooseModel");
    assert.match(editor.status.pop(), /llama, \d+ modules/);
    editor.answers.open = [{ fsPath: recipe }];
    await editor.vscode.commands.executeCommand("lcr.chooseTree");
    assert.strictEqual(editor.errors.length, 1, "a recipe is no snapshot");
    editor.answers.open = undefined;
    await editor.vscode.commands.executeCommand("lcr.chooseTree");
    await editor.vscode.commands.executeCommand("lcr.reload");

    const before = editor.client.process.pid;
    editor.listeners[0]({ affectsConfiguration: (name) => name === "lcr.path" });
    while (!editor.client || editor.client.process.pid === before) await new Promise((done) => setTimeout(done, 20));
    await extension.deactivate();
    assert.strictEqual(editor.client, undefined);
  },

  async missingProgram() {
    const { editor, extension, context } = load({ "lcr.path": path.join(folder, "no-such-program") });
    await extension.activate(context);
    assert.match(editor.errors.pop(), /lcr\.path/);
    await assert.rejects(editor.vscode.commands.executeCommand("lcr.reload"), /not running/);
    await extension.deactivate();
  },
};

(async () => {
  for (const [name, run] of Object.entries(tests)) {
    await run();
    console.log(`${name} ok`);
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
