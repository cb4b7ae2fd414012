import { recordNode } from "../observe.mjs";

recordNode("post");
