import { expect, test } from "vitest";
import { actionTitle, eventTitle } from "./kinds";

const KNOWN = {
  flows: new Map([["g1", "etl"]]),
  slas: new Map([
    ["s1", { kind: "STARTED_NOT_FINISHED", duration_seconds: 60, flow_groups: [{ flow_group_id: "g1" }] }],
  ]),
  configs: new Map([["c1", "gpu"]]),
};

test("events are told in words, with the names of what they are about", () => {
  const say = (event_type: string, event_tags: unknown) => eventTitle({ event_type, event_tags }, KNOWN);
  expect(say("FlowRunStateChangedEvent", { state: ["Failed", "TimedOut"], flow_group_id: ["g1"] })).toBe(
    "A run of etl becomes Failed, TimedOut",
  );
  expect(say("FlowRunStateChangedEvent", { state: ["Failed"] })).toBe("A run of any flow becomes Failed");
  expect(say("FlowSLAFailedEvent", { flow_sla_config_id: ["s1"] })).toBe(
    "A run of etl does not finish within 60 s",
  );
  expect(say("FlowSLAFailedEvent", { flow_sla_config_id: ["s2"] })).toBe("An SLA that is gone");
  expect(say("AgentSLAFailedEvent", { agent_config_id: ["c1"] })).toBe("Too few agents of gpu are healthy");
});

test("actions are told in words", () => {
  expect(actionTitle({ name: "ops", config: { webhook: { url: "http://x" } } })).toBe("Call a webhook: ops");
  expect(actionTitle({ name: null, config: { cancel_flow_run: {} } })).toBe("Cancel the flow run");
  expect(actionTitle(undefined)).toBe("an action that is gone");
});
