import * as core from "@actions/core";
import { recordNode } from "../observe.mjs";

recordNode("post " + core.getInput("name"), { id: core.getState("id"), lines: core.getState("lines") });
