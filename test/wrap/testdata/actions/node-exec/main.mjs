import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as core from "@actions/core";
import * as exec from "@actions/exec";
import { recordNode } from "../observe.mjs";

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
const child = (source, options) => exec.getExecOutput(process.execPath, ["-e", source], options);

async function run() {
  const mixed = await child("for (let i = 0; i < 200; i++) { console.log('out ' + i); console.error('err ' + i) }", { silent: true });
  const chunks = [];
  await exec.exec(process.execPath, ["-e", "process.stdout.write(Buffer.from([...Array(256).keys()]))"], {
    silent: true, listeners: { stdout: (data) => chunks.push(data) },
  });
  const failed = await child("process.exit(7)", { ignoreReturnCode: true, silent: true });
  let refused = "";
  await exec.exec("no-such-program-of-the-fixture").catch((e) => { refused = e.message.split(".")[0]; });
  const fed = await child("process.stdin.pipe(process.stdout)", { input: Buffer.from("fed to it"), silent: true });
  // What a child prints is read for commands as the action's own output is.
  await exec.exec(process.execPath, ["-e", "console.log('::notice title=child::from a child'); console.error('::warning::on its standard error')"]);
  await exec.exec(process.execPath, ["-e", "process.stdout.write(Buffer.from([...Array(256).keys()])); console.log()"]);
  await exec.exec("sh", ["-c", "echo \"$1\" > \"$2\"", "sh", "a b\"c", "made by a child.txt"], { cwd: process.env.GITHUB_WORKSPACE });

  recordNode("main", {
    stdin: process.env.ACT ? "" : readFileSync(0, "utf8"), // act has a terminal there, which never ends
    out: digest(mixed.stdout), err: digest(mixed.stderr), binary: digest(Buffer.concat(chunks)),
    code: failed.exitCode, refused, fed: fed.stdout,
  });
  for (let i = 0; i < 1000; i++) core.setOutput("n" + i, i % 7 ? String(i) : "line\n" + i);
}

run();
