/** What a newcomer finds in the first tab, and to choose from. */
export const EXAMPLES: { title: string; query: string; variables?: string }[] = [
  {
    title: "The latest flow runs",
    query: `# The ten newest flow runs, with the flow of each.
# Ctrl-Enter runs it, Ctrl-Space shows what may stand here.
query LatestRuns {
  flow_run(order_by: {created: desc}, limit: 10) {
    id
    name
    state
    state_message
    start_time
    end_time
    flow { name version }
  }
}
`,
  },
  {
    title: "Runs that have failed since a moment",
    query: `query Failed($since: timestamptz!) {
  flow_run(
    where: {state: {_eq: "Failed"}, end_time: {_gte: $since}}
    order_by: {end_time: desc}
    limit: 20
  ) {
    name
    state_message
    flow { name }
  }
}
`,
    variables: '{\n  "since": "2026-01-01T00:00:00Z"\n}\n',
  },
  {
    title: "How many runs are in each of some states",
    query: `{
  running: flow_run_aggregate(where: {state: {_eq: "Running"}}) { aggregate { count } }
  scheduled: flow_run_aggregate(where: {state: {_eq: "Scheduled"}}) { aggregate { count } }
}
`,
  },
  {
    title: "Start a flow run",
    query: `# This changes something: a run is made.
mutation Start($flow: UUID!, $parameters: JSON) {
  create_flow_run(input: {flow_id: $flow, parameters: $parameters}) {
    id
  }
}
`,
    variables: '{\n  "flow": "the id of a flow",\n  "parameters": {}\n}\n',
  },
  {
    title: "Why is a run not running?",
    query: `query Why($run: UUID!) {
  why_not_running(flow_run_id: $run) {
    summary
    reasons { message remedy until }
  }
}
`,
    variables: '{\n  "run": "the id of a flow run"\n}\n',
  },
];
