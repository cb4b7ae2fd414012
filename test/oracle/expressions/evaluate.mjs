// Reads {contexts, expressions} from stdin and prints what GitHub's own evaluator
// makes of each expression, as JSON: {kind, text, json}, with json for arrays and
// objects alone, or {error} with the phase in which it failed.
import { readFileSync } from "node:fs";
import { data, Evaluator, Lexer, Parser, wellKnownFunctions } from "@actions/expressions";

const { contexts, expressions } = JSON.parse(readFileSync(0, "utf8"));
const names = Object.keys(contexts);
const world = new data.Dictionary(...names.map((key) => ({ key, value: JSON.parse(contexts[key], data.reviver) })));
const kinds = { [data.Kind.String]: "string", [data.Kind.Array]: "array", [data.Kind.Dictionary]: "object",
  [data.Kind.Boolean]: "boolean", [data.Kind.Number]: "number", [data.Kind.Null]: "null" };

function evaluate(text) {
  let tree;
  try {
    tree = new Parser(new Lexer(text).lex().tokens, names, []).parse();
    if (tree === undefined) return { error: "parse" };
  } catch {
    return { error: "parse" };
  }
  try {
    const value = new Evaluator(tree, world).evaluate();
    return { kind: kinds[value.kind], text: value.coerceString(), json: value.primitive ? "" : wellKnownFunctions.tojson.call(value).value };
  } catch {
    return { error: "evaluate" };
  }
}

process.stdout.write(JSON.stringify(expressions.map(evaluate)));
