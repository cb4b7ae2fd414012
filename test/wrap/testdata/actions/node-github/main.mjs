import * as core from "@actions/core";
import * as github from "@actions/github";
import { record } from "../observe.mjs";

const c = github.context;
const token = core.getInput("token");
const octokit = github.getOctokit(token || "made-up");
delete process.env.INPUT_TOKEN; // what it is differs from runner to runner
record("main", {
  event: c.eventName, number: c.payload.pull_request?.number, title: c.payload.pull_request?.title, head: c.payload.pull_request?.head?.ref,
  repo: c.repo, issue: c.issue, sender: c.payload.sender?.login, ref: c.ref, job: c.job, workflow: c.workflow, actor: c.actor,
  server: c.serverUrl, api: octokit.request.endpoint.DEFAULTS.baseUrl, graphql: c.graphqlUrl,
  token: token !== "",
});
core.setOutput("number", c.issue.number);
