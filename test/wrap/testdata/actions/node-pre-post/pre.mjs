import * as core from "@actions/core";
import { recordNode } from "../observe.mjs";

recordNode("pre " + core.getInput("name"));
core.saveState("made", "by pre");
core.saveState("lines", "one\ntwo\n");
core.exportVariable("FX_PRE", "set for " + core.getInput("name"));
if (core.getInput("fail-pre") === "true") core.setFailed("pre was told to fail");
