// What the fixtures share: record appends to the file named in OBSERVED what a
// step sees, as one line of JSON.
import { appendFileSync, statSync } from "node:fs";
import path from "node:path";

const files = ["OUTPUT", "ENV", "PATH", "STATE", "STEP_SUMMARY"];

// What is left in a step's own files by somebody else; it must be nothing.
const leftovers = Object.fromEntries(files.map((name) => {
  try {
    return [name, statSync(process.env["GITHUB_" + name]).size];
  } catch (e) {
    return [name, e.code ?? String(e)];
  }
}).filter(([, size]) => size !== 0));

export function prefixed(prefix) {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith(prefix)).sort());
}

// own are the directories on the PATH that a fixture put there.
export function own() {
  return process.env.PATH.split(path.delimiter).filter((dir) => dir.startsWith(process.env.GITHUB_WORKSPACE + path.sep));
}

export function record(at, more = {}) {
  const seen = { at, cwd: process.cwd(), inputs: prefixed("INPUT_"), state: prefixed("STATE_"), fx: prefixed("FX_"), path: own(), leftovers, ...more };
  appendFileSync(process.env.OBSERVED, JSON.stringify(seen) + "\n");
}

// recordNode adds what is the same for all stages of a node action.
export function recordNode(at, more = {}) {
  const { GITHUB_ACTIONS, CI, GITHUB_ACTION_REPOSITORY, GITHUB_ACTION_REF, GITHUB_REPOSITORY, GITHUB_WORKSPACE, GITHUB_EVENT_NAME } = process.env;
  record(at, {
    script: path.basename(process.argv[1]), args: process.argv.slice(2),
    actionPath: path.basename(process.env.GITHUB_ACTION_PATH ?? ""), // of the composite action around it, if any
    env: { GITHUB_ACTIONS, CI, GITHUB_ACTION_REPOSITORY, GITHUB_ACTION_REF, GITHUB_REPOSITORY, GITHUB_WORKSPACE, GITHUB_EVENT_NAME },
    ...more,
  });
}
