import * as core from "@actions/core";
import { recordNode } from "../observe.mjs";

const name = core.getInput("name");
recordNode("main " + name, { made: core.getState("made") });
core.saveState("id", "42-" + name);
core.saveState("made", core.getState("made") + ", then main");
core.saveState("with-hyphen", { a: 1 });
core.setOutput("greeting", "hello, " + name);
if (core.getBooleanInput("fail")) core.setFailed("main was told to fail");
