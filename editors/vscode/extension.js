"use strict";

// Starts `lcr lsp` and gives its commands a face.
const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

function options() {
  const settings = vscode.workspace.getConfiguration("lcr");
  return { model: settings.get("model") || undefined, tree: settings.get("tree") || undefined };
}

async function start() {
  const command = vscode.workspace.getConfiguration("lcr").get("path") || "lcr";
  const starting = new LanguageClient(
    "lcr",
    "lcr",
    { command, args: ["lsp"], transport: TransportKind.stdio },
    {
      documentSelector: [{ language: "lcr" }],
      initializationOptions: options(),
      synchronize: {
        configurationSection: "lcr",
        fileEvents: vscode.workspace.createFileSystemWatcher("**/{*.lcr,lcr.yaml,config.json}"),
      },
      middleware: { executeCommand: show },
    },
  );
  try {
    await starting.start();
    client = starting;
  } catch (error) {
    vscode.window.showErrorMessage(`lcr: \`${command} lsp\` could not be started (${error.message}). The setting lcr.path names the program.`);
  }
}

// What a code lens lists is shown as a text of its own.
async function show(command, args, next) {
  const result = await next(command, args);
  if (command === "lcr.matches" && result) {
    const content = [`# ${result.title}${result.sizes ? `, ${result.sizes}` : ""}`, "", ...result.modules].join("\n");
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content }), { preview: true });
  }
  return result;
}

async function send(command, ...args) {
  if (!client) throw new Error("the language server is not running");
  return client.sendRequest("workspace/executeCommand", { command, arguments: args });
}

async function choose(key, folders) {
  const picked = await vscode.window.showOpenDialog({ canSelectFolders: folders, canSelectFiles: !folders, canSelectMany: false, openLabel: "Check against this" });
  if (!picked || picked.length === 0) return;
  try {
    const model = await send("lcr.setModel", { [key]: picked[0].fsPath });
    vscode.window.setStatusBarMessage(`lcr: ${model.architecture}, ${model.modules} modules`, 5000);
  } catch (error) {
    vscode.window.showErrorMessage(`lcr: ${error.message}`);
  }
}

async function why() {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return;
  const path = await vscode.window.showInputBox({ prompt: "Path of a module", placeHolder: "model.layers.0.mlp.up_proj" });
  if (!path) return;
  try {
    const result = await send("lcr.why", editor.document.uri.toString(), path);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: result.text }), { preview: true });
  } catch (error) {
    vscode.window.showErrorMessage(`lcr: ${error.message}`);
  }
}

async function activate(context) {
  const command = (name, run) => context.subscriptions.push(vscode.commands.registerCommand(name, run));
  command("lcr.chooseModel", () => choose("model", true));
  command("lcr.chooseTree", () => choose("tree", false));
  command("lcr.reload", () => send("lcr.reloadModel"));
  command("lcr.whyModule", why);
  command("lcr.restart", async () => {
    await deactivate();
    await start();
  });
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("lcr.path")) vscode.commands.executeCommand("lcr.restart");
    }),
  );
  await start();
}

async function deactivate() {
  const running = client;
  client = undefined;
  if (running) await running.stop();
}

module.exports = { activate, deactivate };
