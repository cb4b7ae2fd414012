// Prints what @actions/glob makes of each list of patterns in the JSON on stdin,
// below the working directory, as JSON: a hash, or null for an error.
import { readFileSync } from "node:fs";
import { hashFiles } from "@actions/glob";

const answers = [];
for (const { patterns, follow } of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    answers.push(await hashFiles(patterns.join("\n"), process.cwd(), { followSymbolicLinks: follow }));
  } catch {
    answers.push(null);
  }
}
// A line of its own: the package prints debug commands to stdout.
process.stdout.write("\n" + JSON.stringify(answers));
