import { mkdirSync } from "node:fs";
import path from "node:path";
import * as core from "@actions/core";
import { recordNode } from "../observe.mjs";

async function run() {
  recordNode("main");
  core.setSecret(core.getInput("secret"));
  core.info("the secret is " + core.getInput("secret"));
  core.exportVariable("FX_PLAIN", "plain");
  core.exportVariable("FX_LINES", "one\n  two = 2\n\nEOF\n");
  core.exportVariable("FX_OBJECT", { b: [1, true, null] });
  core.exportVariable("FX_EMPTY", "");
  for (const name of ["first", "second"]) {
    const dir = path.join(process.env.GITHUB_WORKSPACE, "bin", name);
    mkdirSync(dir, { recursive: true });
    core.addPath(dir);
  }
  await core.group("a group", async () => core.info("inside"));
  core.notice("a notice", { title: "Title: a, b", file: "src/a.js", startLine: 3, endLine: 4 });
  core.warning("a warning\nof 2 lines, 100%");
  core.error(new Error("an error"));
  core.debug("not to be seen as an annotation");
  await core.summary.addHeading("Fixture", 3).addRaw("first <b>text</b>", true).write();
  await core.summary.addRaw("| a | b |", true).write();
}

run();
