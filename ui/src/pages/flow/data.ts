import type { FlowGroupSubscription, FlowVersionQuery } from "./flow.gen";

export type Group = NonNullable<FlowGroupSubscription["flow_group_by_pk"]>;
/** A version as the group lists it. */
export type Version = Group["flows"][number];
/** A version with all that was registered. */
export type Details = NonNullable<FlowVersionQuery["flow_by_pk"]>;

/** What the tabs are given: the group, the version that is looked at, and whether the reader has chosen it. */
export interface Looked {
  group: Group;
  version: Version;
  chosen: boolean;
}

/** Which runs count: those of the chosen version, or of all. */
export function flowsOf({ group, version, chosen }: Looked) {
  return chosen ? { id: { _eq: version.id } } : { flow_group_id: { _eq: group.id } };
}

/** The version that is looked at: the one of that number, else the live one, else the newest. */
export function versionOf(group: Group, number: number): Version | undefined {
  return (
    group.flows.find((flow) => number > 0 && flow.version === number) ??
    group.flows.find((flow) => !flow.archived) ??
    group.flows[0]
  );
}
