import * as core from "@actions/core";
import { recordNode } from "../observe.mjs";

recordNode("main");
core.saveState("reached", "yes");
core.setOutput("before", "set");
core.exportVariable("FX_BEFORE", "exported");
switch (core.getInput("how")) {
  case "exit":
    process.exitCode = 3;
    break;
  case "throw":
    Promise.reject(new Error("nobody catches this"));
    break;
  case "error": // an error is said and is no failure
    core.error("only said");
    break;
  default:
    core.setFailed("line one\nline two: 100%, done");
}
