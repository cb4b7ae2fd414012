// The same for steps in a shell: observe.js AT [NAME...] records variables.
import { record } from "./observe.mjs";

const [at, ...names] = process.argv.slice(2);
record(at, {
  env: Object.fromEntries(names.map((name) => [name, process.env[name] ?? null])),
  action: [process.env.GITHUB_ACTION_REPOSITORY ?? "", process.env.GITHUB_ACTION_REF ?? ""],
});
