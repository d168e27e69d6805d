"use strict";

// Stands for the editor and for the client library: as much of them as the extension uses, as strict as they are. Requests
// go to a real `lcr lsp`.
const { spawn } = require("node:child_process");
const fs = require("node:fs");

const declared = (manifest) => manifest.contributes.configuration.properties;

function makeEditor(manifest, settings) {
  const editor = { commands: new Map(), errors: [], shown: [], status: [], answers: {}, listeners: [] };
  const answer = (name) => async () => editor.answers[name];
  editor.vscode = {
    commands: {
      registerCommand(name, run) {
        if (editor.commands.has(name)) throw new Error(`command '${name}' already exists`);
        editor.commands.set(name, run);
        return { dispose: () => editor.commands.delete(name) };
      },
      async executeCommand(name, ...args) {
        if (!editor.commands.has(name)) throw new Error(`command '${name}' not found`);
        return editor.commands.get(name)(...args);
      },
    },
    workspace: {
      getConfiguration: (section) => ({
        get(key) {
          const name = `${section}.${key}`;
          if (!(name in declared(manifest))) throw new Error(`package.json does not declare ${name}`);
          return settings[name] ?? declared(manifest)[name].default;
        },
      }),
      createFileSystemWatcher: () => ({ dispose() {} }),
      onDidChangeConfiguration: (run) => (editor.listeners.push(run), { dispose() {} }),
      openTextDocument: async ({ content }) => ({ content }),
    },
    window: {
      activeTextEditor: undefined,
      showErrorMessage: (text) => editor.errors.push(text),
      setStatusBarMessage: (text) => editor.status.push(text),
      showTextDocument: async (document) => editor.shown.push(document.content),
      showOpenDialog: answer("open"),
      showInputBox: answer("input"),
    },
  };
  editor.library = makeLibrary(editor);
  return editor;
}

function makeLibrary(editor) {
  class LanguageClient {
    constructor(id, name, server, options) {
      Object.assign(this, { server, options, waiting: new Map(), next: 1, buffer: Buffer.alloc(0), registered: [] });
    }

    async start() {
      this.process = spawn(this.server.command, this.server.args, { stdio: ["pipe", "pipe", "inherit"] });
      await new Promise((done, failed) => this.process.once("spawn", done).once("error", failed));
      this.process.stdout.on("data", (data) => this.read(data));
      const { capabilities } = await this.sendRequest("initialize", {
        capabilities: {}, processId: null, rootUri: null, initializationOptions: this.options.initializationOptions,
      });
      this.notify("initialized", {});
      this.provided = capabilities.executeCommandProvider.commands;
      const call = (command, args) => this.sendRequest("workspace/executeCommand", { command, arguments: args });
      for (const name of this.provided)
        this.registered.push(editor.vscode.commands.registerCommand(name, (...args) => this.options.middleware.executeCommand(name, args, call)));
      editor.client = this;
    }

    async stop() {
      if (!this.process?.pid) throw new Error("Client is not running and can't be stopped");
      await this.sendRequest("shutdown");
      this.notify("exit");
      await new Promise((done) => this.process.once("exit", done));
      for (const command of this.registered) command.dispose();
      editor.client = undefined;
    }

    sendRequest(method, params) {
      if (method === "workspace/executeCommand" && !this.provided.includes(params.command))
        throw new Error(`the server has no command ${params.command}`);
      const id = this.next++;
      this.write({ id, method, params });
      return new Promise((done, failed) => this.waiting.set(id, { done, failed }));
    }

    notify(method, params) {
      this.write({ method, params });
    }

    write(message) {
      const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
      this.process.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
      this.process.stdin.write(body);
    }

    read(data) {
      this.buffer = Buffer.concat([this.buffer, data]);
      for (let head; (head = this.buffer.indexOf("\r\n\r\n")) >= 0; ) {
        const length = Number(/Content-Length: (\d+)/.exec(this.buffer.subarray(0, head))[1]);
        if (this.buffer.length < head + 4 + length) return;
        const message = JSON.parse(this.buffer.subarray(head + 4, head + 4 + length));
        this.buffer = this.buffer.subarray(head + 4 + length);
        const waiting = message.method === undefined ? this.waiting.get(message.id) : undefined;
        this.waiting.delete(message.id);
        if (message.error) waiting?.failed(new Error(message.error.message));
        else waiting?.done(message.result);
      }
    }
  }
  return { LanguageClient, TransportKind: { stdio: 0 } };
}

// What the user does: opens a text.
function open(editor, path) {
  const uri = `file://${path}`;
  const text = fs.readFileSync(path, "utf8");
  editor.client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "lcr", version: 1, text } });
  editor.vscode.window.activeTextEditor = { document: { uri: { toString: () => uri } } };
  return uri;
}

module.exports = { makeEditor, open };
