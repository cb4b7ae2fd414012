import * as core from "@actions/core";
import { recordNode } from "../observe.mjs";

recordNode("post", { reached: core.getState("reached") });
core.notice("cleaned up");
