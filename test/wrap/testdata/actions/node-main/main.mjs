import * as core from "@actions/core";
import { recordNode } from "../observe.mjs";

recordNode("main", {
  get: Object.fromEntries(["name", "my-hyphen", "My.Dotted", "with blank", "number", "empty", "nothing", "context", "choice"].map((n) => [n, core.getInput(n)])),
  untrimmed: core.getInput("with blank", { trimWhitespace: false }),
  yes: core.getBooleanInput("yes"),
  lines: core.getMultilineInput("lines"),
});
core.setOutput("single", "a=b<<c");
core.setOutput("lines", "one\n\nthree = 3\n");
core.setOutput("object", { z: 1, a: ["<&>", null] });
core.setOutput("empty", "");
core.setOutput("undefined", undefined);
core.setOutput("cr", "a\rb\r\nc");
core.setOutput("unicode", "ünï 🦊 %0A ::notice::no");
core.setOutput("my-out.put", "kept");
core.setOutput("twice", "first");
core.setOutput("twice", "second");
