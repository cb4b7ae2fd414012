// Prints, for each workflow named on the command line, the references that
// GitHub's own parser finds, with their ranges, and its errors, as JSON.
import { readFileSync } from "node:fs";
import { register } from "node:module";

register("./json.mjs", import.meta.url);
const { parseWorkflow, NoOperationTraceWriter } = await import("@actions/workflow-parser");

// Types of tokens: TokenType in the package.
const STRING = 0, SEQUENCE = 1, MAPPING = 2, EXPRESSION = 3;

function entries(token) {
  if (!token || token.templateTokenType !== MAPPING) return [];
  return [...token].map((pair) => [pair.key.toString(), pair.value]);
}

function collect(root) {
  const uses = [];
  const add = (place, token) => {
    if (!token) return;
    const type = token.templateTokenType;
    if (type === SEQUENCE || type === MAPPING) return;
    const r = token.range;
    uses.push({
      place,
      value: type === STRING ? token.value : token.toString(),
      expression: type === EXPRESSION,
      line: r?.start.line, col: r?.start.column, endLine: r?.end.line, endCol: r?.end.column,
    });
  };
  const steps = (token) => {
    if (!token || token.templateTokenType !== SEQUENCE) return;
    for (const step of token) {
      for (const [key, value] of entries(step)) {
        if (key === "uses") add("step", value);
        if (key === "parallel") steps(value);
      }
    }
  };
  const container = (token) => {
    if (!token) return;
    if (token.templateTokenType !== MAPPING) return add("container", token);
    for (const [key, value] of entries(token)) if (key === "image") add("container", value);
  };
  for (const [name, jobs] of entries(root)) {
    if (name !== "jobs") continue;
    for (const [, job] of entries(jobs)) {
      for (const [key, value] of entries(job)) {
        if (key === "uses") add("job", value);
        if (key === "steps") steps(value);
        if (key === "container") container(value);
        if (key === "services") {
          if (value.templateTokenType === MAPPING) for (const [, service] of entries(value)) container(service);
          else add("container", value);
        }
      }
    }
  }
  return uses;
}

const answers = process.argv.slice(2).map((file) => {
  try {
    const result = parseWorkflow({ name: file, content: readFileSync(file, "utf8") }, new NoOperationTraceWriter());
    const errors = result.context.errors.getErrors().map((e) => ({ message: e.message ?? String(e), line: e.range?.start?.line ?? 0 }));
    return { file, read: result.value !== undefined, uses: collect(result.value), errors };
  } catch (e) {
    return { file, read: false, uses: [], errors: [{ message: String(e), line: 0 }] };
  }
});
process.stdout.write(JSON.stringify(answers));
