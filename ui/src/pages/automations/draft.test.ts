import { expect, test } from "vitest";
import { draftOf, unusedSla } from "./draft";

const KNOWN = {
  flows: new Map([["g1", "etl"]]),
  slas: new Map([
    ["s1", { kind: "SCHEDULED_NOT_STARTED", duration_seconds: 60, flow_groups: [{ flow_group_id: "g1" }] }],
  ]),
};
const draft = (event_type: string, event_tags: unknown) =>
  draftOf({ event_type, event_tags, action_id: "a1" }, KNOWN);

test("an automation becomes the draft that would make it", () => {
  expect(draft("FlowRunStateChangedEvent", { state: ["Failed"], flow_group_id: ["g1"] })).toMatchObject({
    event: "state",
    states: ["Failed"],
    flows: [{ flow_group_id: "g1", name: "etl" }],
    action: "a1",
  });
  expect(draft("FlowSLAFailedEvent", { flow_sla_config_id: ["s1"] })).toMatchObject({
    event: "not_started",
    seconds: "60",
    flows: [{ flow_group_id: "g1" }],
  });
  expect(draft("AgentSLAFailedEvent", { agent_config_id: ["c1"] })).toMatchObject({
    event: "agent",
    config: "c1",
  });
});

test("what the wizard cannot say is not offered", () => {
  expect(draft("FlowSLAFailedEvent", { flow_sla_config_id: ["s1", "s2"] })).toBeUndefined();
  expect(draft("FlowSLAFailedEvent", { flow_sla_config_id: ["gone"] })).toBeUndefined();
  expect(draft("SomethingNew", {})).toBeUndefined();
});

test("an SLA is used again if nobody waits for it and it holds for no other flow", () => {
  const sla = (id: string, ...groups: string[]) => ({
    id,
    flow_groups: groups.map((flow_group_id) => ({ flow_group_id })),
  });
  const slas = [sla("waited-for", "g1"), sla("others", "g1", "g2"), sla("left", "g1")];
  const hooks = [{ event_tags: { flow_sla_config_id: ["waited-for"] } }];
  expect(unusedSla(slas, hooks, ["g1"])).toBe("left");
  expect(unusedSla(slas, hooks, ["g3"])).toBeUndefined();
});
