// Evaluates expressions with GitHub's own evaluator: one JSON request a line on
// standard input, one answer a line on standard output. Status functions and
// hashFiles, which the package leaves to its caller, are here.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import { truthy } from "@actions/expressions/result";

// value makes of JSON what the evaluator takes.
function value(v) {
  switch (typeof v) {
    case "string": return new data.StringData(v);
    case "number": return new data.NumberData(v);
    case "boolean": return new data.BooleanData(v);
  }
  if (v === null || v === undefined) return new data.Null();
  if (Array.isArray(v)) return new data.Array(...v.map(value));
  return new data.Dictionary(...Object.entries(v).map(([key, item]) => ({ key, value: value(item) })));
}

function* walk(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(dir, entry.name);
    if (entry.isDirectory()) yield* walk(file);
    else if (entry.isFile()) yield file;
  }
}

// hashFiles is the SHA-256 of the SHA-256 of each file (runner: src/Misc/expressionFunc/hashFiles).
// It knows *, ** and no other pattern.
function hashFiles(workspace, patterns) {
  const expressions = patterns.map((p) => new RegExp("^" + p.replace(/[.+^${}()|[\]\\?]/g, "\\$&").replace(/\*\*\/|\*/g, (s) => (s === "*" ? "[^/]*" : "(.*/)?")) + "$"));
  const all = createHash("sha256");
  let found = 0;
  for (const file of walk(workspace)) {
    const name = path.relative(workspace, file).split(path.sep).join("/");
    if (!expressions.some((e) => e.test(name))) continue;
    found++;
    all.update(createHash("sha256").update(readFileSync(file)).digest());
  }
  return found ? all.digest("hex") : "";
}

function evaluate({ expression, contexts, status, workspace }) {
  const yes = (v) => () => new data.BooleanData(v);
  const functions = [
    { name: "always", minArgs: 0, maxArgs: 0, call: yes(true) },
    { name: "success", minArgs: 0, maxArgs: 0, call: yes(status === "success") },
    { name: "failure", minArgs: 0, maxArgs: 0, call: yes(status === "failure") },
    { name: "cancelled", minArgs: 0, maxArgs: 0, call: yes(status === "cancelled") },
    { name: "hashFiles", minArgs: 1, maxArgs: 255, call: (...p) => new data.StringData(hashFiles(workspace, p.map((x) => x.coerceString()))) },
  ];
  const expr = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), functions).parse();
  const result = new Evaluator(expr, value(contexts), new Map(functions.map((f) => [f.name.toLowerCase(), f]))).evaluate();
  return { text: result.coerceString(), true: truthy(result) };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = evaluate(JSON.parse(line));
  } catch (e) {
    answer = { error: String(e.message ?? e) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
