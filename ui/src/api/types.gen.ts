/** Boolean expression to compare columns of type "Boolean". All fields are combined with logical 'AND'. */
export type Boolean_Comparison_Exp = {
  _eq?: boolean | null | undefined;
  _gt?: boolean | null | undefined;
  _gte?: boolean | null | undefined;
  _in?: Array<boolean> | null | undefined;
  _is_null?: boolean | null | undefined;
  _lt?: boolean | null | undefined;
  _lte?: boolean | null | undefined;
  _neq?: boolean | null | undefined;
  _nin?: Array<boolean> | null | undefined;
};

/** Boolean expression to compare columns of type "Int". All fields are combined with logical 'AND'. */
export type Int_Comparison_Exp = {
  _eq?: number | null | undefined;
  _gt?: number | null | undefined;
  _gte?: number | null | undefined;
  _in?: Array<number> | null | undefined;
  _is_null?: boolean | null | undefined;
  _lt?: number | null | undefined;
  _lte?: number | null | undefined;
  _neq?: number | null | undefined;
  _nin?: Array<number> | null | undefined;
};

/** Boolean expression to compare columns of type "String". All fields are combined with logical 'AND'. */
export type String_Array_Comparison_Exp = {
  /** is the array contained in the given array value */
  _contained_in?: Array<string> | null | undefined;
  /** does the array contain the given value */
  _contains?: Array<string> | null | undefined;
  _eq?: Array<string> | null | undefined;
  _gt?: Array<string> | null | undefined;
  _gte?: Array<string> | null | undefined;
  _in?: Array<Array<string>> | null | undefined;
  _is_null?: boolean | null | undefined;
  _lt?: Array<string> | null | undefined;
  _lte?: Array<string> | null | undefined;
  _neq?: Array<string> | null | undefined;
  _nin?: Array<Array<string>> | null | undefined;
};

/** Boolean expression to compare columns of type "String". All fields are combined with logical 'AND'. */
export type String_Comparison_Exp = {
  _eq?: string | null | undefined;
  _gt?: string | null | undefined;
  _gte?: string | null | undefined;
  /** does the column match the given case-insensitive pattern */
  _ilike?: string | null | undefined;
  _in?: Array<string> | null | undefined;
  /** does the column match the given POSIX regular expression, case insensitive */
  _iregex?: string | null | undefined;
  _is_null?: boolean | null | undefined;
  /** does the column match the given pattern */
  _like?: string | null | undefined;
  _lt?: string | null | undefined;
  _lte?: string | null | undefined;
  _neq?: string | null | undefined;
  /** does the column NOT match the given case-insensitive pattern */
  _nilike?: string | null | undefined;
  _nin?: Array<string> | null | undefined;
  /** does the column NOT match the given POSIX regular expression, case insensitive */
  _niregex?: string | null | undefined;
  /** does the column NOT match the given pattern */
  _nlike?: string | null | undefined;
  /** does the column NOT match the given POSIX regular expression, case sensitive */
  _nregex?: string | null | undefined;
  /** does the column NOT match the given SQL regular expression */
  _nsimilar?: string | null | undefined;
  /** does the column match the given POSIX regular expression, case sensitive */
  _regex?: string | null | undefined;
  /** does the column match the given SQL regular expression */
  _similar?: string | null | undefined;
};

/** Boolean expression to filter rows from the table "action". All fields are combined with a logical 'AND'. */
export type Action_Bool_Exp = {
  _and?: Array<Action_Bool_Exp> | null | undefined;
  _not?: Action_Bool_Exp | null | undefined;
  _or?: Array<Action_Bool_Exp> | null | undefined;
  action_type?: String_Comparison_Exp | null | undefined;
  config?: Jsonb_Comparison_Exp | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  hooks?: Hook_Bool_Exp | null | undefined;
  hooks_aggregate?: Hook_Aggregate_Bool_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  signing_secret?: String_Comparison_Exp | null | undefined;
  tenant?: Tenant_Bool_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
};

export type Agent_Aggregate_Bool_Exp = {
  count?: Agent_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Agent_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Agent_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Agent_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "agent" */
export type Agent_Aggregate_Order_By = {
  count?: Order_By | null | undefined;
  max?: Agent_Max_Order_By | null | undefined;
  min?: Agent_Min_Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "agent". All fields are combined with a logical 'AND'. */
export type Agent_Bool_Exp = {
  _and?: Array<Agent_Bool_Exp> | null | undefined;
  _not?: Agent_Bool_Exp | null | undefined;
  _or?: Array<Agent_Bool_Exp> | null | undefined;
  agent_config?: Agent_Config_Bool_Exp | null | undefined;
  agent_config_id?: Uuid_Comparison_Exp | null | undefined;
  core_version?: String_Comparison_Exp | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  flow_runs?: Flow_Run_Bool_Exp | null | undefined;
  flow_runs_aggregate?: Flow_Run_Aggregate_Bool_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  labels?: Jsonb_Comparison_Exp | null | undefined;
  last_queried?: Timestamptz_Comparison_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  type?: String_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
};

/** Boolean expression to filter rows from the table "agent_config". All fields are combined with a logical 'AND'. */
export type Agent_Config_Bool_Exp = {
  _and?: Array<Agent_Config_Bool_Exp> | null | undefined;
  _not?: Agent_Config_Bool_Exp | null | undefined;
  _or?: Array<Agent_Config_Bool_Exp> | null | undefined;
  agents?: Agent_Bool_Exp | null | undefined;
  agents_aggregate?: Agent_Aggregate_Bool_Exp | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  settings?: Jsonb_Comparison_Exp | null | undefined;
  sla_min_healthy?: Int_Comparison_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
};

/** Ordering options when selecting data from "agent_config". */
export type Agent_Config_Order_By = {
  agents_aggregate?: Agent_Aggregate_Order_By | null | undefined;
  created?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  settings?: Order_By | null | undefined;
  sla_min_healthy?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** order by max() on columns of table "agent" */
export type Agent_Max_Order_By = {
  agent_config_id?: Order_By | null | undefined;
  core_version?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  last_queried?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  type?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** order by min() on columns of table "agent" */
export type Agent_Min_Order_By = {
  agent_config_id?: Order_By | null | undefined;
  core_version?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  last_queried?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  type?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** Ordering options when selecting data from "agent". */
export type Agent_Order_By = {
  agent_config?: Agent_Config_Order_By | null | undefined;
  agent_config_id?: Order_By | null | undefined;
  core_version?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  flow_runs_aggregate?: Flow_Run_Aggregate_Order_By | null | undefined;
  id?: Order_By | null | undefined;
  labels?: Order_By | null | undefined;
  last_queried?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  type?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** select columns of table "agent" */
export type Agent_Select_Column =
  /** column name */
  | 'agent_config_id'
  /** column name */
  | 'core_version'
  /** column name */
  | 'created'
  /** column name */
  | 'id'
  /** column name */
  | 'labels'
  /** column name */
  | 'last_queried'
  /** column name */
  | 'name'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'type'
  /** column name */
  | 'updated';

/** Boolean expression to filter rows from the table "auth_role". All fields are combined with a logical 'AND'. */
export type Auth_Role_Bool_Exp = {
  _and?: Array<Auth_Role_Bool_Exp> | null | undefined;
  _not?: Auth_Role_Bool_Exp | null | undefined;
  _or?: Array<Auth_Role_Bool_Exp> | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  permissions?: String_Array_Comparison_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
};

/** Boolean expression to compare columns of type "bigint". All fields are combined with logical 'AND'. */
export type Bigint_Comparison_Exp = {
  _eq?: number | null | undefined;
  _gt?: number | null | undefined;
  _gte?: number | null | undefined;
  _in?: Array<number> | null | undefined;
  _is_null?: boolean | null | undefined;
  _lt?: number | null | undefined;
  _lte?: number | null | undefined;
  _neq?: number | null | undefined;
  _nin?: Array<number> | null | undefined;
};

/** Boolean expression to filter rows from the table "cloud_hook". All fields are combined with a logical 'AND'. */
export type Cloud_Hook_Bool_Exp = {
  _and?: Array<Cloud_Hook_Bool_Exp> | null | undefined;
  _not?: Cloud_Hook_Bool_Exp | null | undefined;
  _or?: Array<Cloud_Hook_Bool_Exp> | null | undefined;
  active?: Boolean_Comparison_Exp | null | undefined;
  config?: Jsonb_Comparison_Exp | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  signing_secret?: String_Comparison_Exp | null | undefined;
  states?: Jsonb_Comparison_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  type?: String_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
  version_group_id?: String_Comparison_Exp | null | undefined;
};

export type Cloud_Hook_Type =
  | 'PAGERDUTY'
  | 'PREFECT_MESSAGE'
  | 'SLACK_WEBHOOK'
  | 'TWILIO'
  | 'WEBHOOK';

export type Create_Flow_Run_Input = {
  context?: unknown;
  flow_id?: string | null | undefined;
  flow_run_name?: string | null | undefined;
  idempotency_key?: string | null | undefined;
  labels?: Array<string> | null | undefined;
  parameters?: unknown;
  run_config?: unknown;
  scheduled_start_time?: string | null | undefined;
  version_group_id?: string | null | undefined;
};

export type Edge_Aggregate_Bool_Exp = {
  bool_and?: Edge_Aggregate_Bool_Exp_Bool_And | null | undefined;
  bool_or?: Edge_Aggregate_Bool_Exp_Bool_Or | null | undefined;
  count?: Edge_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Edge_Aggregate_Bool_Exp_Bool_And = {
  arguments: Edge_Select_Column_Edge_Aggregate_Bool_Exp_Bool_And_Arguments_Columns;
  distinct?: boolean | null | undefined;
  filter?: Edge_Bool_Exp | null | undefined;
  predicate: Boolean_Comparison_Exp;
};

export type Edge_Aggregate_Bool_Exp_Bool_Or = {
  arguments: Edge_Select_Column_Edge_Aggregate_Bool_Exp_Bool_Or_Arguments_Columns;
  distinct?: boolean | null | undefined;
  filter?: Edge_Bool_Exp | null | undefined;
  predicate: Boolean_Comparison_Exp;
};

export type Edge_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Edge_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Edge_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "edge" */
export type Edge_Aggregate_Order_By = {
  count?: Order_By | null | undefined;
  max?: Edge_Max_Order_By | null | undefined;
  min?: Edge_Min_Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "edge". All fields are combined with a logical 'AND'. */
export type Edge_Bool_Exp = {
  _and?: Array<Edge_Bool_Exp> | null | undefined;
  _not?: Edge_Bool_Exp | null | undefined;
  _or?: Array<Edge_Bool_Exp> | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  downstream_task?: Task_Bool_Exp | null | undefined;
  downstream_task_id?: Uuid_Comparison_Exp | null | undefined;
  flow?: Flow_Bool_Exp | null | undefined;
  flow_id?: Uuid_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  key?: String_Comparison_Exp | null | undefined;
  mapped?: Boolean_Comparison_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
  upstream_task?: Task_Bool_Exp | null | undefined;
  upstream_task_id?: Uuid_Comparison_Exp | null | undefined;
};

/** order by max() on columns of table "edge" */
export type Edge_Max_Order_By = {
  created?: Order_By | null | undefined;
  downstream_task_id?: Order_By | null | undefined;
  flow_id?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  key?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  upstream_task_id?: Order_By | null | undefined;
};

/** order by min() on columns of table "edge" */
export type Edge_Min_Order_By = {
  created?: Order_By | null | undefined;
  downstream_task_id?: Order_By | null | undefined;
  flow_id?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  key?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  upstream_task_id?: Order_By | null | undefined;
};

/** select columns of table "edge" */
export type Edge_Select_Column =
  /** column name */
  | 'created'
  /** column name */
  | 'downstream_task_id'
  /** column name */
  | 'flow_id'
  /** column name */
  | 'id'
  /** column name */
  | 'key'
  /** column name */
  | 'mapped'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'updated'
  /** column name */
  | 'upstream_task_id';

/** select "edge_aggregate_bool_exp_bool_and_arguments_columns" columns of table "edge" */
export type Edge_Select_Column_Edge_Aggregate_Bool_Exp_Bool_And_Arguments_Columns =
  /** column name */
  | 'mapped';

/** select "edge_aggregate_bool_exp_bool_or_arguments_columns" columns of table "edge" */
export type Edge_Select_Column_Edge_Aggregate_Bool_Exp_Bool_Or_Arguments_Columns =
  /** column name */
  | 'mapped';

export type Flow_Aggregate_Bool_Exp = {
  bool_and?: Flow_Aggregate_Bool_Exp_Bool_And | null | undefined;
  bool_or?: Flow_Aggregate_Bool_Exp_Bool_Or | null | undefined;
  count?: Flow_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Flow_Aggregate_Bool_Exp_Bool_And = {
  arguments: Flow_Select_Column_Flow_Aggregate_Bool_Exp_Bool_And_Arguments_Columns;
  distinct?: boolean | null | undefined;
  filter?: Flow_Bool_Exp | null | undefined;
  predicate: Boolean_Comparison_Exp;
};

export type Flow_Aggregate_Bool_Exp_Bool_Or = {
  arguments: Flow_Select_Column_Flow_Aggregate_Bool_Exp_Bool_Or_Arguments_Columns;
  distinct?: boolean | null | undefined;
  filter?: Flow_Bool_Exp | null | undefined;
  predicate: Boolean_Comparison_Exp;
};

export type Flow_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Flow_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Flow_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "flow" */
export type Flow_Aggregate_Order_By = {
  avg?: Flow_Avg_Order_By | null | undefined;
  count?: Order_By | null | undefined;
  max?: Flow_Max_Order_By | null | undefined;
  min?: Flow_Min_Order_By | null | undefined;
  stddev?: Flow_Stddev_Order_By | null | undefined;
  stddev_pop?: Flow_Stddev_Pop_Order_By | null | undefined;
  stddev_samp?: Flow_Stddev_Samp_Order_By | null | undefined;
  sum?: Flow_Sum_Order_By | null | undefined;
  var_pop?: Flow_Var_Pop_Order_By | null | undefined;
  var_samp?: Flow_Var_Samp_Order_By | null | undefined;
  variance?: Flow_Variance_Order_By | null | undefined;
};

/** order by avg() on columns of table "flow" */
export type Flow_Avg_Order_By = {
  version?: Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "flow". All fields are combined with a logical 'AND'. */
export type Flow_Bool_Exp = {
  _and?: Array<Flow_Bool_Exp> | null | undefined;
  _not?: Flow_Bool_Exp | null | undefined;
  _or?: Array<Flow_Bool_Exp> | null | undefined;
  archived?: Boolean_Comparison_Exp | null | undefined;
  core_version?: String_Comparison_Exp | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  description?: String_Comparison_Exp | null | undefined;
  edges?: Edge_Bool_Exp | null | undefined;
  edges_aggregate?: Edge_Aggregate_Bool_Exp | null | undefined;
  environment?: Jsonb_Comparison_Exp | null | undefined;
  flow_group?: Flow_Group_Bool_Exp | null | undefined;
  flow_group_id?: Uuid_Comparison_Exp | null | undefined;
  flow_runs?: Flow_Run_Bool_Exp | null | undefined;
  flow_runs_aggregate?: Flow_Run_Aggregate_Bool_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  is_schedule_active?: Boolean_Comparison_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  parameters?: Jsonb_Comparison_Exp | null | undefined;
  project?: Project_Bool_Exp | null | undefined;
  project_id?: Uuid_Comparison_Exp | null | undefined;
  run_config?: Jsonb_Comparison_Exp | null | undefined;
  schedule?: Jsonb_Comparison_Exp | null | undefined;
  schedule_error?: String_Comparison_Exp | null | undefined;
  serialized_flow?: Jsonb_Comparison_Exp | null | undefined;
  settings?: Jsonb_Comparison_Exp | null | undefined;
  storage?: Jsonb_Comparison_Exp | null | undefined;
  tasks?: Task_Bool_Exp | null | undefined;
  tasks_aggregate?: Task_Aggregate_Bool_Exp | null | undefined;
  tenant?: Tenant_Bool_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
  version?: Int_Comparison_Exp | null | undefined;
  version_group_id?: String_Comparison_Exp | null | undefined;
};

export type Flow_Group_Aggregate_Bool_Exp = {
  count?: Flow_Group_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Flow_Group_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Flow_Group_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Flow_Group_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "flow_group" */
export type Flow_Group_Aggregate_Order_By = {
  avg?: Flow_Group_Avg_Order_By | null | undefined;
  count?: Order_By | null | undefined;
  max?: Flow_Group_Max_Order_By | null | undefined;
  min?: Flow_Group_Min_Order_By | null | undefined;
  stddev?: Flow_Group_Stddev_Order_By | null | undefined;
  stddev_pop?: Flow_Group_Stddev_Pop_Order_By | null | undefined;
  stddev_samp?: Flow_Group_Stddev_Samp_Order_By | null | undefined;
  sum?: Flow_Group_Sum_Order_By | null | undefined;
  var_pop?: Flow_Group_Var_Pop_Order_By | null | undefined;
  var_samp?: Flow_Group_Var_Samp_Order_By | null | undefined;
  variance?: Flow_Group_Variance_Order_By | null | undefined;
};

/** order by avg() on columns of table "flow_group" */
export type Flow_Group_Avg_Order_By = {
  /** Seconds after its time at which a scheduled run that still waits counts as late for late_policy. */
  late_after_seconds?: Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "flow_group". All fields are combined with a logical 'AND'. */
export type Flow_Group_Bool_Exp = {
  _and?: Array<Flow_Group_Bool_Exp> | null | undefined;
  _not?: Flow_Group_Bool_Exp | null | undefined;
  _or?: Array<Flow_Group_Bool_Exp> | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  default_parameters?: Jsonb_Comparison_Exp | null | undefined;
  description?: String_Comparison_Exp | null | undefined;
  flows?: Flow_Bool_Exp | null | undefined;
  flows_aggregate?: Flow_Aggregate_Bool_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  labels?: Jsonb_Comparison_Exp | null | undefined;
  late_after_seconds?: Int_Comparison_Exp | null | undefined;
  late_policy?: String_Comparison_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  run_config?: Jsonb_Comparison_Exp | null | undefined;
  schedule?: Jsonb_Comparison_Exp | null | undefined;
  settings?: Jsonb_Comparison_Exp | null | undefined;
  tenant?: Tenant_Bool_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
};

/** order by max() on columns of table "flow_group" */
export type Flow_Group_Max_Order_By = {
  created?: Order_By | null | undefined;
  description?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  /** Seconds after its time at which a scheduled run that still waits counts as late for late_policy. */
  late_after_seconds?: Order_By | null | undefined;
  /** What becomes of scheduled runs that are late: run (all of them), latest (only the newest of each clock), skip (none). */
  late_policy?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** order by min() on columns of table "flow_group" */
export type Flow_Group_Min_Order_By = {
  created?: Order_By | null | undefined;
  description?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  /** Seconds after its time at which a scheduled run that still waits counts as late for late_policy. */
  late_after_seconds?: Order_By | null | undefined;
  /** What becomes of scheduled runs that are late: run (all of them), latest (only the newest of each clock), skip (none). */
  late_policy?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** Ordering options when selecting data from "flow_group". */
export type Flow_Group_Order_By = {
  created?: Order_By | null | undefined;
  default_parameters?: Order_By | null | undefined;
  description?: Order_By | null | undefined;
  flows_aggregate?: Flow_Aggregate_Order_By | null | undefined;
  id?: Order_By | null | undefined;
  labels?: Order_By | null | undefined;
  late_after_seconds?: Order_By | null | undefined;
  late_policy?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  run_config?: Order_By | null | undefined;
  schedule?: Order_By | null | undefined;
  settings?: Order_By | null | undefined;
  tenant?: Tenant_Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** select columns of table "flow_group" */
export type Flow_Group_Select_Column =
  /** column name */
  | 'created'
  /** column name */
  | 'default_parameters'
  /** column name */
  | 'description'
  /** column name */
  | 'id'
  /** column name */
  | 'labels'
  /** column name */
  | 'late_after_seconds'
  /** column name */
  | 'late_policy'
  /** column name */
  | 'name'
  /** column name */
  | 'run_config'
  /** column name */
  | 'schedule'
  /** column name */
  | 'settings'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'updated';

/** order by stddev() on columns of table "flow_group" */
export type Flow_Group_Stddev_Order_By = {
  /** Seconds after its time at which a scheduled run that still waits counts as late for late_policy. */
  late_after_seconds?: Order_By | null | undefined;
};

/** order by stddev_pop() on columns of table "flow_group" */
export type Flow_Group_Stddev_Pop_Order_By = {
  /** Seconds after its time at which a scheduled run that still waits counts as late for late_policy. */
  late_after_seconds?: Order_By | null | undefined;
};

/** order by stddev_samp() on columns of table "flow_group" */
export type Flow_Group_Stddev_Samp_Order_By = {
  /** Seconds after its time at which a scheduled run that still waits counts as late for late_policy. */
  late_after_seconds?: Order_By | null | undefined;
};

/** order by sum() on columns of table "flow_group" */
export type Flow_Group_Sum_Order_By = {
  /** Seconds after its time at which a scheduled run that still waits counts as late for late_policy. */
  late_after_seconds?: Order_By | null | undefined;
};

/** order by var_pop() on columns of table "flow_group" */
export type Flow_Group_Var_Pop_Order_By = {
  /** Seconds after its time at which a scheduled run that still waits counts as late for late_policy. */
  late_after_seconds?: Order_By | null | undefined;
};

/** order by var_samp() on columns of table "flow_group" */
export type Flow_Group_Var_Samp_Order_By = {
  /** Seconds after its time at which a scheduled run that still waits counts as late for late_policy. */
  late_after_seconds?: Order_By | null | undefined;
};

/** order by variance() on columns of table "flow_group" */
export type Flow_Group_Variance_Order_By = {
  /** Seconds after its time at which a scheduled run that still waits counts as late for late_policy. */
  late_after_seconds?: Order_By | null | undefined;
};

/** order by max() on columns of table "flow" */
export type Flow_Max_Order_By = {
  core_version?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  description?: Order_By | null | undefined;
  flow_group_id?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  project_id?: Order_By | null | undefined;
  /** Why the scheduler could make no runs of this flow when it last tried; NULL once it could. */
  schedule_error?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
  version_group_id?: Order_By | null | undefined;
};

/** order by min() on columns of table "flow" */
export type Flow_Min_Order_By = {
  core_version?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  description?: Order_By | null | undefined;
  flow_group_id?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  project_id?: Order_By | null | undefined;
  /** Why the scheduler could make no runs of this flow when it last tried; NULL once it could. */
  schedule_error?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
  version_group_id?: Order_By | null | undefined;
};

/** Ordering options when selecting data from "flow". */
export type Flow_Order_By = {
  archived?: Order_By | null | undefined;
  core_version?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  description?: Order_By | null | undefined;
  edges_aggregate?: Edge_Aggregate_Order_By | null | undefined;
  environment?: Order_By | null | undefined;
  flow_group?: Flow_Group_Order_By | null | undefined;
  flow_group_id?: Order_By | null | undefined;
  flow_runs_aggregate?: Flow_Run_Aggregate_Order_By | null | undefined;
  id?: Order_By | null | undefined;
  is_schedule_active?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  parameters?: Order_By | null | undefined;
  project?: Project_Order_By | null | undefined;
  project_id?: Order_By | null | undefined;
  run_config?: Order_By | null | undefined;
  schedule?: Order_By | null | undefined;
  schedule_error?: Order_By | null | undefined;
  serialized_flow?: Order_By | null | undefined;
  settings?: Order_By | null | undefined;
  storage?: Order_By | null | undefined;
  tasks_aggregate?: Task_Aggregate_Order_By | null | undefined;
  tenant?: Tenant_Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
  version_group_id?: Order_By | null | undefined;
};

export type Flow_Run_Aggregate_Bool_Exp = {
  bool_and?: Flow_Run_Aggregate_Bool_Exp_Bool_And | null | undefined;
  bool_or?: Flow_Run_Aggregate_Bool_Exp_Bool_Or | null | undefined;
  count?: Flow_Run_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Flow_Run_Aggregate_Bool_Exp_Bool_And = {
  arguments: Flow_Run_Select_Column_Flow_Run_Aggregate_Bool_Exp_Bool_And_Arguments_Columns;
  distinct?: boolean | null | undefined;
  filter?: Flow_Run_Bool_Exp | null | undefined;
  predicate: Boolean_Comparison_Exp;
};

export type Flow_Run_Aggregate_Bool_Exp_Bool_Or = {
  arguments: Flow_Run_Select_Column_Flow_Run_Aggregate_Bool_Exp_Bool_Or_Arguments_Columns;
  distinct?: boolean | null | undefined;
  filter?: Flow_Run_Bool_Exp | null | undefined;
  predicate: Boolean_Comparison_Exp;
};

export type Flow_Run_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Flow_Run_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Flow_Run_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "flow_run" */
export type Flow_Run_Aggregate_Order_By = {
  avg?: Flow_Run_Avg_Order_By | null | undefined;
  count?: Order_By | null | undefined;
  max?: Flow_Run_Max_Order_By | null | undefined;
  min?: Flow_Run_Min_Order_By | null | undefined;
  stddev?: Flow_Run_Stddev_Order_By | null | undefined;
  stddev_pop?: Flow_Run_Stddev_Pop_Order_By | null | undefined;
  stddev_samp?: Flow_Run_Stddev_Samp_Order_By | null | undefined;
  sum?: Flow_Run_Sum_Order_By | null | undefined;
  var_pop?: Flow_Run_Var_Pop_Order_By | null | undefined;
  var_samp?: Flow_Run_Var_Samp_Order_By | null | undefined;
  variance?: Flow_Run_Variance_Order_By | null | undefined;
};

/** order by avg() on columns of table "flow_run" */
export type Flow_Run_Avg_Order_By = {
  times_resurrected?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "flow_run". All fields are combined with a logical 'AND'. */
export type Flow_Run_Bool_Exp = {
  _and?: Array<Flow_Run_Bool_Exp> | null | undefined;
  _not?: Flow_Run_Bool_Exp | null | undefined;
  _or?: Array<Flow_Run_Bool_Exp> | null | undefined;
  agent?: Agent_Bool_Exp | null | undefined;
  agent_id?: Uuid_Comparison_Exp | null | undefined;
  auto_scheduled?: Boolean_Comparison_Exp | null | undefined;
  context?: Jsonb_Comparison_Exp | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  end_time?: Timestamptz_Comparison_Exp | null | undefined;
  flow?: Flow_Bool_Exp | null | undefined;
  flow_id?: Uuid_Comparison_Exp | null | undefined;
  heartbeat?: Timestamptz_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  idempotency_key?: String_Comparison_Exp | null | undefined;
  labels?: Jsonb_Comparison_Exp | null | undefined;
  logs?: Log_Bool_Exp | null | undefined;
  logs_aggregate?: Log_Aggregate_Bool_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  parameters?: Jsonb_Comparison_Exp | null | undefined;
  run_config?: Jsonb_Comparison_Exp | null | undefined;
  scheduled_start_time?: Timestamptz_Comparison_Exp | null | undefined;
  serialized_state?: Jsonb_Comparison_Exp | null | undefined;
  start_time?: Timestamptz_Comparison_Exp | null | undefined;
  state?: String_Comparison_Exp | null | undefined;
  state_message?: String_Comparison_Exp | null | undefined;
  state_result?: Jsonb_Comparison_Exp | null | undefined;
  state_start_time?: Timestamptz_Comparison_Exp | null | undefined;
  state_timestamp?: Timestamptz_Comparison_Exp | null | undefined;
  states?: Flow_Run_State_Bool_Exp | null | undefined;
  states_aggregate?: Flow_Run_State_Aggregate_Bool_Exp | null | undefined;
  task_runs?: Task_Run_Bool_Exp | null | undefined;
  task_runs_aggregate?: Task_Run_Aggregate_Bool_Exp | null | undefined;
  tenant?: Tenant_Bool_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  times_resurrected?: Int_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
  version?: Int_Comparison_Exp | null | undefined;
};

/** order by max() on columns of table "flow_run" */
export type Flow_Run_Max_Order_By = {
  agent_id?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  end_time?: Order_By | null | undefined;
  flow_id?: Order_By | null | undefined;
  heartbeat?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  idempotency_key?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  scheduled_start_time?: Order_By | null | undefined;
  start_time?: Order_By | null | undefined;
  state?: Order_By | null | undefined;
  state_message?: Order_By | null | undefined;
  state_start_time?: Order_By | null | undefined;
  state_timestamp?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  times_resurrected?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by min() on columns of table "flow_run" */
export type Flow_Run_Min_Order_By = {
  agent_id?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  end_time?: Order_By | null | undefined;
  flow_id?: Order_By | null | undefined;
  heartbeat?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  idempotency_key?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  scheduled_start_time?: Order_By | null | undefined;
  start_time?: Order_By | null | undefined;
  state?: Order_By | null | undefined;
  state_message?: Order_By | null | undefined;
  state_start_time?: Order_By | null | undefined;
  state_timestamp?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  times_resurrected?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** Ordering options when selecting data from "flow_run". */
export type Flow_Run_Order_By = {
  agent?: Agent_Order_By | null | undefined;
  agent_id?: Order_By | null | undefined;
  auto_scheduled?: Order_By | null | undefined;
  context?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  end_time?: Order_By | null | undefined;
  flow?: Flow_Order_By | null | undefined;
  flow_id?: Order_By | null | undefined;
  heartbeat?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  idempotency_key?: Order_By | null | undefined;
  labels?: Order_By | null | undefined;
  logs_aggregate?: Log_Aggregate_Order_By | null | undefined;
  name?: Order_By | null | undefined;
  parameters?: Order_By | null | undefined;
  run_config?: Order_By | null | undefined;
  scheduled_start_time?: Order_By | null | undefined;
  serialized_state?: Order_By | null | undefined;
  start_time?: Order_By | null | undefined;
  state?: Order_By | null | undefined;
  state_message?: Order_By | null | undefined;
  state_result?: Order_By | null | undefined;
  state_start_time?: Order_By | null | undefined;
  state_timestamp?: Order_By | null | undefined;
  states_aggregate?: Flow_Run_State_Aggregate_Order_By | null | undefined;
  task_runs_aggregate?: Task_Run_Aggregate_Order_By | null | undefined;
  tenant?: Tenant_Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  times_resurrected?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** select columns of table "flow_run" */
export type Flow_Run_Select_Column =
  /** column name */
  | 'agent_id'
  /** column name */
  | 'auto_scheduled'
  /** column name */
  | 'context'
  /** column name */
  | 'created'
  /** column name */
  | 'end_time'
  /** column name */
  | 'flow_id'
  /** column name */
  | 'heartbeat'
  /** column name */
  | 'id'
  /** column name */
  | 'idempotency_key'
  /** column name */
  | 'labels'
  /** column name */
  | 'name'
  /** column name */
  | 'parameters'
  /** column name */
  | 'run_config'
  /** column name */
  | 'scheduled_start_time'
  /** column name */
  | 'serialized_state'
  /** column name */
  | 'start_time'
  /** column name */
  | 'state'
  /** column name */
  | 'state_message'
  /** column name */
  | 'state_result'
  /** column name */
  | 'state_start_time'
  /** column name */
  | 'state_timestamp'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'times_resurrected'
  /** column name */
  | 'updated'
  /** column name */
  | 'version';

/** select "flow_run_aggregate_bool_exp_bool_and_arguments_columns" columns of table "flow_run" */
export type Flow_Run_Select_Column_Flow_Run_Aggregate_Bool_Exp_Bool_And_Arguments_Columns =
  /** column name */
  | 'auto_scheduled';

/** select "flow_run_aggregate_bool_exp_bool_or_arguments_columns" columns of table "flow_run" */
export type Flow_Run_Select_Column_Flow_Run_Aggregate_Bool_Exp_Bool_Or_Arguments_Columns =
  /** column name */
  | 'auto_scheduled';

export type Flow_Run_State_Aggregate_Bool_Exp = {
  count?: Flow_Run_State_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Flow_Run_State_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Flow_Run_State_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Flow_Run_State_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "flow_run_state" */
export type Flow_Run_State_Aggregate_Order_By = {
  avg?: Flow_Run_State_Avg_Order_By | null | undefined;
  count?: Order_By | null | undefined;
  max?: Flow_Run_State_Max_Order_By | null | undefined;
  min?: Flow_Run_State_Min_Order_By | null | undefined;
  stddev?: Flow_Run_State_Stddev_Order_By | null | undefined;
  stddev_pop?: Flow_Run_State_Stddev_Pop_Order_By | null | undefined;
  stddev_samp?: Flow_Run_State_Stddev_Samp_Order_By | null | undefined;
  sum?: Flow_Run_State_Sum_Order_By | null | undefined;
  var_pop?: Flow_Run_State_Var_Pop_Order_By | null | undefined;
  var_samp?: Flow_Run_State_Var_Samp_Order_By | null | undefined;
  variance?: Flow_Run_State_Variance_Order_By | null | undefined;
};

/** order by avg() on columns of table "flow_run_state" */
export type Flow_Run_State_Avg_Order_By = {
  version?: Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "flow_run_state". All fields are combined with a logical 'AND'. */
export type Flow_Run_State_Bool_Exp = {
  _and?: Array<Flow_Run_State_Bool_Exp> | null | undefined;
  _not?: Flow_Run_State_Bool_Exp | null | undefined;
  _or?: Array<Flow_Run_State_Bool_Exp> | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  flow_run?: Flow_Run_Bool_Exp | null | undefined;
  flow_run_id?: Uuid_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  message?: String_Comparison_Exp | null | undefined;
  result?: Jsonb_Comparison_Exp | null | undefined;
  serialized_state?: Jsonb_Comparison_Exp | null | undefined;
  start_time?: Timestamptz_Comparison_Exp | null | undefined;
  state?: String_Comparison_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  timestamp?: Timestamptz_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
  version?: Int_Comparison_Exp | null | undefined;
};

/** order by max() on columns of table "flow_run_state" */
export type Flow_Run_State_Max_Order_By = {
  created?: Order_By | null | undefined;
  flow_run_id?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  message?: Order_By | null | undefined;
  start_time?: Order_By | null | undefined;
  state?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  timestamp?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by min() on columns of table "flow_run_state" */
export type Flow_Run_State_Min_Order_By = {
  created?: Order_By | null | undefined;
  flow_run_id?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  message?: Order_By | null | undefined;
  start_time?: Order_By | null | undefined;
  state?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  timestamp?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** select columns of table "flow_run_state" */
export type Flow_Run_State_Select_Column =
  /** column name */
  | 'created'
  /** column name */
  | 'flow_run_id'
  /** column name */
  | 'id'
  /** column name */
  | 'message'
  /** column name */
  | 'result'
  /** column name */
  | 'serialized_state'
  /** column name */
  | 'start_time'
  /** column name */
  | 'state'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'timestamp'
  /** column name */
  | 'updated'
  /** column name */
  | 'version';

/** order by stddev() on columns of table "flow_run_state" */
export type Flow_Run_State_Stddev_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by stddev_pop() on columns of table "flow_run_state" */
export type Flow_Run_State_Stddev_Pop_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by stddev_samp() on columns of table "flow_run_state" */
export type Flow_Run_State_Stddev_Samp_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by sum() on columns of table "flow_run_state" */
export type Flow_Run_State_Sum_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by var_pop() on columns of table "flow_run_state" */
export type Flow_Run_State_Var_Pop_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by var_samp() on columns of table "flow_run_state" */
export type Flow_Run_State_Var_Samp_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by variance() on columns of table "flow_run_state" */
export type Flow_Run_State_Variance_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by stddev() on columns of table "flow_run" */
export type Flow_Run_Stddev_Order_By = {
  times_resurrected?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by stddev_pop() on columns of table "flow_run" */
export type Flow_Run_Stddev_Pop_Order_By = {
  times_resurrected?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by stddev_samp() on columns of table "flow_run" */
export type Flow_Run_Stddev_Samp_Order_By = {
  times_resurrected?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by sum() on columns of table "flow_run" */
export type Flow_Run_Sum_Order_By = {
  times_resurrected?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by var_pop() on columns of table "flow_run" */
export type Flow_Run_Var_Pop_Order_By = {
  times_resurrected?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by var_samp() on columns of table "flow_run" */
export type Flow_Run_Var_Samp_Order_By = {
  times_resurrected?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by variance() on columns of table "flow_run" */
export type Flow_Run_Variance_Order_By = {
  times_resurrected?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** select columns of table "flow" */
export type Flow_Select_Column =
  /** column name */
  | 'archived'
  /** column name */
  | 'core_version'
  /** column name */
  | 'created'
  /** column name */
  | 'description'
  /** column name */
  | 'environment'
  /** column name */
  | 'flow_group_id'
  /** column name */
  | 'id'
  /** column name */
  | 'is_schedule_active'
  /** column name */
  | 'name'
  /** column name */
  | 'parameters'
  /** column name */
  | 'project_id'
  /** column name */
  | 'run_config'
  /** column name */
  | 'schedule'
  /** column name */
  | 'schedule_error'
  /** column name */
  | 'serialized_flow'
  /** column name */
  | 'settings'
  /** column name */
  | 'storage'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'updated'
  /** column name */
  | 'version'
  /** column name */
  | 'version_group_id';

/** select "flow_aggregate_bool_exp_bool_and_arguments_columns" columns of table "flow" */
export type Flow_Select_Column_Flow_Aggregate_Bool_Exp_Bool_And_Arguments_Columns =
  /** column name */
  | 'archived'
  /** column name */
  | 'is_schedule_active';

/** select "flow_aggregate_bool_exp_bool_or_arguments_columns" columns of table "flow" */
export type Flow_Select_Column_Flow_Aggregate_Bool_Exp_Bool_Or_Arguments_Columns =
  /** column name */
  | 'archived'
  /** column name */
  | 'is_schedule_active';

export type Flow_Sla_Kind =
  | 'SCHEDULED_NOT_STARTED'
  | 'STARTED_NOT_FINISHED';

/** order by stddev() on columns of table "flow" */
export type Flow_Stddev_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by stddev_pop() on columns of table "flow" */
export type Flow_Stddev_Pop_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by stddev_samp() on columns of table "flow" */
export type Flow_Stddev_Samp_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by sum() on columns of table "flow" */
export type Flow_Sum_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by var_pop() on columns of table "flow" */
export type Flow_Var_Pop_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by var_samp() on columns of table "flow" */
export type Flow_Var_Samp_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by variance() on columns of table "flow" */
export type Flow_Variance_Order_By = {
  version?: Order_By | null | undefined;
};

export type Hook_Aggregate_Bool_Exp = {
  count?: Hook_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Hook_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Hook_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Hook_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** Boolean expression to filter rows from the table "hook". All fields are combined with a logical 'AND'. */
export type Hook_Bool_Exp = {
  _and?: Array<Hook_Bool_Exp> | null | undefined;
  _not?: Hook_Bool_Exp | null | undefined;
  _or?: Array<Hook_Bool_Exp> | null | undefined;
  action?: Action_Bool_Exp | null | undefined;
  action_id?: Uuid_Comparison_Exp | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  event_tags?: Jsonb_Comparison_Exp | null | undefined;
  event_type?: String_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  tenant?: Tenant_Bool_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
};

/** Boolean expression to filter rows from the table "hook_delivery". All fields are combined with a logical 'AND'. */
export type Hook_Delivery_Bool_Exp = {
  _and?: Array<Hook_Delivery_Bool_Exp> | null | undefined;
  _not?: Hook_Delivery_Bool_Exp | null | undefined;
  _or?: Array<Hook_Delivery_Bool_Exp> | null | undefined;
  attempts?: Int_Comparison_Exp | null | undefined;
  claimed_until?: Timestamptz_Comparison_Exp | null | undefined;
  cloud_hook?: Cloud_Hook_Bool_Exp | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  event?: Jsonb_Comparison_Exp | null | undefined;
  event_id?: Uuid_Comparison_Exp | null | undefined;
  finished?: Timestamptz_Comparison_Exp | null | undefined;
  flow_run?: Flow_Run_Bool_Exp | null | undefined;
  hook?: Hook_Bool_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  kind?: String_Comparison_Exp | null | undefined;
  last_attempt?: Timestamptz_Comparison_Exp | null | undefined;
  last_error?: String_Comparison_Exp | null | undefined;
  last_status?: Int_Comparison_Exp | null | undefined;
  next_attempt?: Timestamptz_Comparison_Exp | null | undefined;
  parts_sent?: Int_Comparison_Exp | null | undefined;
  sequence?: Bigint_Comparison_Exp | null | undefined;
  status?: String_Comparison_Exp | null | undefined;
  subject_id?: Uuid_Comparison_Exp | null | undefined;
  target_id?: Uuid_Comparison_Exp | null | undefined;
  tenant?: Tenant_Bool_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
};

/** select columns of table "hook" */
export type Hook_Select_Column =
  /** column name */
  | 'action_id'
  /** column name */
  | 'created'
  /** column name */
  | 'event_tags'
  /** column name */
  | 'event_type'
  /** column name */
  | 'id'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'updated';

/** Boolean expression to compare columns of type "interval". All fields are combined with logical 'AND'. */
export type Interval_Comparison_Exp = {
  _eq?: string | null | undefined;
  _gt?: string | null | undefined;
  _gte?: string | null | undefined;
  _in?: Array<string> | null | undefined;
  _is_null?: boolean | null | undefined;
  _lt?: string | null | undefined;
  _lte?: string | null | undefined;
  _neq?: string | null | undefined;
  _nin?: Array<string> | null | undefined;
};

export type Jsonb_Cast_Exp = {
  String?: String_Comparison_Exp | null | undefined;
};

/** Boolean expression to compare columns of type "jsonb". All fields are combined with logical 'AND'. */
export type Jsonb_Comparison_Exp = {
  _cast?: Jsonb_Cast_Exp | null | undefined;
  /** is the column contained in the given json value */
  _contained_in?: unknown;
  /** does the column contain the given json value at the top level */
  _contains?: unknown;
  _eq?: unknown;
  _gt?: unknown;
  _gte?: unknown;
  /** does the string exist as a top-level key in the column */
  _has_key?: string | null | undefined;
  /** do all of these strings exist as top-level keys in the column */
  _has_keys_all?: Array<string> | null | undefined;
  /** do any of these strings exist as top-level keys in the column */
  _has_keys_any?: Array<string> | null | undefined;
  _in?: Array<unknown> | null | undefined;
  _is_null?: boolean | null | undefined;
  _lt?: unknown;
  _lte?: unknown;
  _neq?: unknown;
  _nin?: Array<unknown> | null | undefined;
};

/** Boolean expression to filter rows from the table "key_value". All fields are combined with a logical 'AND'. */
export type Key_Value_Bool_Exp = {
  _and?: Array<Key_Value_Bool_Exp> | null | undefined;
  _not?: Key_Value_Bool_Exp | null | undefined;
  _or?: Array<Key_Value_Bool_Exp> | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  key?: String_Comparison_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
  value?: Jsonb_Comparison_Exp | null | undefined;
};

export type Log_Aggregate_Bool_Exp = {
  bool_and?: Log_Aggregate_Bool_Exp_Bool_And | null | undefined;
  bool_or?: Log_Aggregate_Bool_Exp_Bool_Or | null | undefined;
  count?: Log_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Log_Aggregate_Bool_Exp_Bool_And = {
  arguments: Log_Select_Column_Log_Aggregate_Bool_Exp_Bool_And_Arguments_Columns;
  distinct?: boolean | null | undefined;
  filter?: Log_Bool_Exp | null | undefined;
  predicate: Boolean_Comparison_Exp;
};

export type Log_Aggregate_Bool_Exp_Bool_Or = {
  arguments: Log_Select_Column_Log_Aggregate_Bool_Exp_Bool_Or_Arguments_Columns;
  distinct?: boolean | null | undefined;
  filter?: Log_Bool_Exp | null | undefined;
  predicate: Boolean_Comparison_Exp;
};

export type Log_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Log_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Log_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "log" */
export type Log_Aggregate_Order_By = {
  count?: Order_By | null | undefined;
  max?: Log_Max_Order_By | null | undefined;
  min?: Log_Min_Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "log". All fields are combined with a logical 'AND'. */
export type Log_Bool_Exp = {
  _and?: Array<Log_Bool_Exp> | null | undefined;
  _not?: Log_Bool_Exp | null | undefined;
  _or?: Array<Log_Bool_Exp> | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  flow_run?: Flow_Run_Bool_Exp | null | undefined;
  flow_run_id?: Uuid_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  info?: Jsonb_Comparison_Exp | null | undefined;
  is_loaded_from_archive?: Boolean_Comparison_Exp | null | undefined;
  level?: String_Comparison_Exp | null | undefined;
  message?: String_Comparison_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  task_run?: Task_Run_Bool_Exp | null | undefined;
  task_run_id?: Uuid_Comparison_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  timestamp?: Timestamptz_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
};

export type Log_Level =
  | 'CRITICAL'
  | 'DEBUG'
  | 'ERROR'
  | 'INFO'
  | 'WARNING';

/** order by max() on columns of table "log" */
export type Log_Max_Order_By = {
  created?: Order_By | null | undefined;
  flow_run_id?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  level?: Order_By | null | undefined;
  message?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  task_run_id?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  timestamp?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** order by min() on columns of table "log" */
export type Log_Min_Order_By = {
  created?: Order_By | null | undefined;
  flow_run_id?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  level?: Order_By | null | undefined;
  message?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  task_run_id?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  timestamp?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** Ordering options when selecting data from "log". */
export type Log_Order_By = {
  created?: Order_By | null | undefined;
  flow_run?: Flow_Run_Order_By | null | undefined;
  flow_run_id?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  info?: Order_By | null | undefined;
  is_loaded_from_archive?: Order_By | null | undefined;
  level?: Order_By | null | undefined;
  message?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  task_run?: Task_Run_Order_By | null | undefined;
  task_run_id?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  timestamp?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** select columns of table "log" */
export type Log_Select_Column =
  /** column name */
  | 'created'
  /** column name */
  | 'flow_run_id'
  /** column name */
  | 'id'
  /** column name */
  | 'info'
  /** column name */
  | 'is_loaded_from_archive'
  /** column name */
  | 'level'
  /** column name */
  | 'message'
  /** column name */
  | 'name'
  /** column name */
  | 'task_run_id'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'timestamp'
  /** column name */
  | 'updated';

/** select "log_aggregate_bool_exp_bool_and_arguments_columns" columns of table "log" */
export type Log_Select_Column_Log_Aggregate_Bool_Exp_Bool_And_Arguments_Columns =
  /** column name */
  | 'is_loaded_from_archive';

/** select "log_aggregate_bool_exp_bool_or_arguments_columns" columns of table "log" */
export type Log_Select_Column_Log_Aggregate_Bool_Exp_Bool_Or_Arguments_Columns =
  /** column name */
  | 'is_loaded_from_archive';

export type Membership_Aggregate_Bool_Exp = {
  count?: Membership_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Membership_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Membership_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Membership_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "membership" */
export type Membership_Aggregate_Order_By = {
  count?: Order_By | null | undefined;
  max?: Membership_Max_Order_By | null | undefined;
  min?: Membership_Min_Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "membership". All fields are combined with a logical 'AND'. */
export type Membership_Bool_Exp = {
  _and?: Array<Membership_Bool_Exp> | null | undefined;
  _not?: Membership_Bool_Exp | null | undefined;
  _or?: Array<Membership_Bool_Exp> | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  role_detail?: Auth_Role_Bool_Exp | null | undefined;
  role_id?: Uuid_Comparison_Exp | null | undefined;
  tenant?: Tenant_Bool_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
  user?: User_Bool_Exp | null | undefined;
  user_id?: Uuid_Comparison_Exp | null | undefined;
};

/** order by max() on columns of table "membership" */
export type Membership_Max_Order_By = {
  created?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  /** What the user may do in the tenant. */
  role_id?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  user_id?: Order_By | null | undefined;
};

/** order by min() on columns of table "membership" */
export type Membership_Min_Order_By = {
  created?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  /** What the user may do in the tenant. */
  role_id?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  user_id?: Order_By | null | undefined;
};

/** select columns of table "membership" */
export type Membership_Select_Column =
  /** column name */
  | 'created'
  /** column name */
  | 'id'
  /** column name */
  | 'role_id'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'updated'
  /** column name */
  | 'user_id';

/** Boolean expression to filter rows from the table "message". All fields are combined with a logical 'AND'. */
export type Message_Bool_Exp = {
  _and?: Array<Message_Bool_Exp> | null | undefined;
  _not?: Message_Bool_Exp | null | undefined;
  _or?: Array<Message_Bool_Exp> | null | undefined;
  content?: Jsonb_Comparison_Exp | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  read?: Boolean_Comparison_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  text?: String_Comparison_Exp | null | undefined;
  type?: String_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
};

/** column ordering options */
export type Order_By =
  /** in ascending order, nulls last */
  | 'asc'
  /** in ascending order, nulls first */
  | 'asc_nulls_first'
  /** in ascending order, nulls last */
  | 'asc_nulls_last'
  /** in descending order, nulls first */
  | 'desc'
  /** in descending order, nulls first */
  | 'desc_nulls_first'
  /** in descending order, nulls last */
  | 'desc_nulls_last';

export type Project_Aggregate_Bool_Exp = {
  count?: Project_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Project_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Project_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Project_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "project" */
export type Project_Aggregate_Order_By = {
  count?: Order_By | null | undefined;
  max?: Project_Max_Order_By | null | undefined;
  min?: Project_Min_Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "project". All fields are combined with a logical 'AND'. */
export type Project_Bool_Exp = {
  _and?: Array<Project_Bool_Exp> | null | undefined;
  _not?: Project_Bool_Exp | null | undefined;
  _or?: Array<Project_Bool_Exp> | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  description?: String_Comparison_Exp | null | undefined;
  flows?: Flow_Bool_Exp | null | undefined;
  flows_aggregate?: Flow_Aggregate_Bool_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  tenant?: Tenant_Bool_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
};

/** order by max() on columns of table "project" */
export type Project_Max_Order_By = {
  created?: Order_By | null | undefined;
  description?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** order by min() on columns of table "project" */
export type Project_Min_Order_By = {
  created?: Order_By | null | undefined;
  description?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** Ordering options when selecting data from "project". */
export type Project_Order_By = {
  created?: Order_By | null | undefined;
  description?: Order_By | null | undefined;
  flows_aggregate?: Flow_Aggregate_Order_By | null | undefined;
  id?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  tenant?: Tenant_Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** select columns of table "project" */
export type Project_Select_Column =
  /** column name */
  | 'created'
  /** column name */
  | 'description'
  /** column name */
  | 'id'
  /** column name */
  | 'name'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'updated';

export type Set_Flow_Run_State_Input = {
  flow_run_id: string;
  state: unknown;
  version?: number | null | undefined;
};

export type Set_Task_Run_State_Input = {
  flow_run_version?: number | null | undefined;
  state: unknown;
  task_run_id: string;
  version?: number | null | undefined;
};

export type Task_Aggregate_Bool_Exp = {
  bool_and?: Task_Aggregate_Bool_Exp_Bool_And | null | undefined;
  bool_or?: Task_Aggregate_Bool_Exp_Bool_Or | null | undefined;
  count?: Task_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Task_Aggregate_Bool_Exp_Bool_And = {
  arguments: Task_Select_Column_Task_Aggregate_Bool_Exp_Bool_And_Arguments_Columns;
  distinct?: boolean | null | undefined;
  filter?: Task_Bool_Exp | null | undefined;
  predicate: Boolean_Comparison_Exp;
};

export type Task_Aggregate_Bool_Exp_Bool_Or = {
  arguments: Task_Select_Column_Task_Aggregate_Bool_Exp_Bool_Or_Arguments_Columns;
  distinct?: boolean | null | undefined;
  filter?: Task_Bool_Exp | null | undefined;
  predicate: Boolean_Comparison_Exp;
};

export type Task_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Task_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Task_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "task" */
export type Task_Aggregate_Order_By = {
  avg?: Task_Avg_Order_By | null | undefined;
  count?: Order_By | null | undefined;
  max?: Task_Max_Order_By | null | undefined;
  min?: Task_Min_Order_By | null | undefined;
  stddev?: Task_Stddev_Order_By | null | undefined;
  stddev_pop?: Task_Stddev_Pop_Order_By | null | undefined;
  stddev_samp?: Task_Stddev_Samp_Order_By | null | undefined;
  sum?: Task_Sum_Order_By | null | undefined;
  var_pop?: Task_Var_Pop_Order_By | null | undefined;
  var_samp?: Task_Var_Samp_Order_By | null | undefined;
  variance?: Task_Variance_Order_By | null | undefined;
};

/** order by avg() on columns of table "task" */
export type Task_Avg_Order_By = {
  max_retries?: Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "task". All fields are combined with a logical 'AND'. */
export type Task_Bool_Exp = {
  _and?: Array<Task_Bool_Exp> | null | undefined;
  _not?: Task_Bool_Exp | null | undefined;
  _or?: Array<Task_Bool_Exp> | null | undefined;
  auto_generated?: Boolean_Comparison_Exp | null | undefined;
  cache_key?: String_Comparison_Exp | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  description?: String_Comparison_Exp | null | undefined;
  downstream_edges?: Edge_Bool_Exp | null | undefined;
  downstream_edges_aggregate?: Edge_Aggregate_Bool_Exp | null | undefined;
  flow?: Flow_Bool_Exp | null | undefined;
  flow_id?: Uuid_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  is_reference_task?: Boolean_Comparison_Exp | null | undefined;
  is_root_task?: Boolean_Comparison_Exp | null | undefined;
  is_terminal_task?: Boolean_Comparison_Exp | null | undefined;
  mapped?: Boolean_Comparison_Exp | null | undefined;
  max_retries?: Int_Comparison_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  retry_delay?: Interval_Comparison_Exp | null | undefined;
  slug?: String_Comparison_Exp | null | undefined;
  tags?: Jsonb_Comparison_Exp | null | undefined;
  task_runs?: Task_Run_Bool_Exp | null | undefined;
  task_runs_aggregate?: Task_Run_Aggregate_Bool_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  trigger?: String_Comparison_Exp | null | undefined;
  type?: String_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
  upstream_edges?: Edge_Bool_Exp | null | undefined;
  upstream_edges_aggregate?: Edge_Aggregate_Bool_Exp | null | undefined;
};

/** order by max() on columns of table "task" */
export type Task_Max_Order_By = {
  cache_key?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  description?: Order_By | null | undefined;
  flow_id?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  max_retries?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  slug?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  trigger?: Order_By | null | undefined;
  type?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** order by min() on columns of table "task" */
export type Task_Min_Order_By = {
  cache_key?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  description?: Order_By | null | undefined;
  flow_id?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  max_retries?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  slug?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  trigger?: Order_By | null | undefined;
  type?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** Ordering options when selecting data from "task". */
export type Task_Order_By = {
  auto_generated?: Order_By | null | undefined;
  cache_key?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  description?: Order_By | null | undefined;
  downstream_edges_aggregate?: Edge_Aggregate_Order_By | null | undefined;
  flow?: Flow_Order_By | null | undefined;
  flow_id?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  is_reference_task?: Order_By | null | undefined;
  is_root_task?: Order_By | null | undefined;
  is_terminal_task?: Order_By | null | undefined;
  mapped?: Order_By | null | undefined;
  max_retries?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  retry_delay?: Order_By | null | undefined;
  slug?: Order_By | null | undefined;
  tags?: Order_By | null | undefined;
  task_runs_aggregate?: Task_Run_Aggregate_Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  trigger?: Order_By | null | undefined;
  type?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  upstream_edges_aggregate?: Edge_Aggregate_Order_By | null | undefined;
};

export type Task_Run_Aggregate_Bool_Exp = {
  count?: Task_Run_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Task_Run_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Task_Run_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Task_Run_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "task_run" */
export type Task_Run_Aggregate_Order_By = {
  avg?: Task_Run_Avg_Order_By | null | undefined;
  count?: Order_By | null | undefined;
  max?: Task_Run_Max_Order_By | null | undefined;
  min?: Task_Run_Min_Order_By | null | undefined;
  stddev?: Task_Run_Stddev_Order_By | null | undefined;
  stddev_pop?: Task_Run_Stddev_Pop_Order_By | null | undefined;
  stddev_samp?: Task_Run_Stddev_Samp_Order_By | null | undefined;
  sum?: Task_Run_Sum_Order_By | null | undefined;
  var_pop?: Task_Run_Var_Pop_Order_By | null | undefined;
  var_samp?: Task_Run_Var_Samp_Order_By | null | undefined;
  variance?: Task_Run_Variance_Order_By | null | undefined;
};

export type Task_Run_Artifact_Aggregate_Bool_Exp = {
  count?: Task_Run_Artifact_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Task_Run_Artifact_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Task_Run_Artifact_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Task_Run_Artifact_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "task_run_artifact" */
export type Task_Run_Artifact_Aggregate_Order_By = {
  count?: Order_By | null | undefined;
  max?: Task_Run_Artifact_Max_Order_By | null | undefined;
  min?: Task_Run_Artifact_Min_Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "task_run_artifact". All fields are combined with a logical 'AND'. */
export type Task_Run_Artifact_Bool_Exp = {
  _and?: Array<Task_Run_Artifact_Bool_Exp> | null | undefined;
  _not?: Task_Run_Artifact_Bool_Exp | null | undefined;
  _or?: Array<Task_Run_Artifact_Bool_Exp> | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  data?: Jsonb_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  kind?: String_Comparison_Exp | null | undefined;
  task_run?: Task_Run_Bool_Exp | null | undefined;
  task_run_id?: Uuid_Comparison_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
};

/** order by max() on columns of table "task_run_artifact" */
export type Task_Run_Artifact_Max_Order_By = {
  created?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  kind?: Order_By | null | undefined;
  task_run_id?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** order by min() on columns of table "task_run_artifact" */
export type Task_Run_Artifact_Min_Order_By = {
  created?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  kind?: Order_By | null | undefined;
  task_run_id?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

/** select columns of table "task_run_artifact" */
export type Task_Run_Artifact_Select_Column =
  /** column name */
  | 'created'
  /** column name */
  | 'data'
  /** column name */
  | 'id'
  /** column name */
  | 'kind'
  /** column name */
  | 'task_run_id'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'updated';

/** order by avg() on columns of table "task_run" */
export type Task_Run_Avg_Order_By = {
  /** -1: not a child of a mapped task. */
  map_index?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "task_run". All fields are combined with a logical 'AND'. */
export type Task_Run_Bool_Exp = {
  _and?: Array<Task_Run_Bool_Exp> | null | undefined;
  _not?: Task_Run_Bool_Exp | null | undefined;
  _or?: Array<Task_Run_Bool_Exp> | null | undefined;
  artifacts?: Task_Run_Artifact_Bool_Exp | null | undefined;
  artifacts_aggregate?: Task_Run_Artifact_Aggregate_Bool_Exp | null | undefined;
  cache_key?: String_Comparison_Exp | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  end_time?: Timestamptz_Comparison_Exp | null | undefined;
  flow_run?: Flow_Run_Bool_Exp | null | undefined;
  flow_run_id?: Uuid_Comparison_Exp | null | undefined;
  heartbeat?: Timestamptz_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  logs?: Log_Bool_Exp | null | undefined;
  logs_aggregate?: Log_Aggregate_Bool_Exp | null | undefined;
  map_index?: Int_Comparison_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  serialized_state?: Jsonb_Comparison_Exp | null | undefined;
  start_time?: Timestamptz_Comparison_Exp | null | undefined;
  state?: String_Comparison_Exp | null | undefined;
  state_message?: String_Comparison_Exp | null | undefined;
  state_result?: Jsonb_Comparison_Exp | null | undefined;
  state_start_time?: Timestamptz_Comparison_Exp | null | undefined;
  state_timestamp?: Timestamptz_Comparison_Exp | null | undefined;
  states?: Task_Run_State_Bool_Exp | null | undefined;
  states_aggregate?: Task_Run_State_Aggregate_Bool_Exp | null | undefined;
  task?: Task_Bool_Exp | null | undefined;
  task_id?: Uuid_Comparison_Exp | null | undefined;
  tenant?: Tenant_Bool_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
  version?: Int_Comparison_Exp | null | undefined;
};

/** order by max() on columns of table "task_run" */
export type Task_Run_Max_Order_By = {
  cache_key?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  end_time?: Order_By | null | undefined;
  flow_run_id?: Order_By | null | undefined;
  heartbeat?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  /** -1: not a child of a mapped task. */
  map_index?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  start_time?: Order_By | null | undefined;
  state?: Order_By | null | undefined;
  state_message?: Order_By | null | undefined;
  state_start_time?: Order_By | null | undefined;
  state_timestamp?: Order_By | null | undefined;
  task_id?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by min() on columns of table "task_run" */
export type Task_Run_Min_Order_By = {
  cache_key?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  end_time?: Order_By | null | undefined;
  flow_run_id?: Order_By | null | undefined;
  heartbeat?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  /** -1: not a child of a mapped task. */
  map_index?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  start_time?: Order_By | null | undefined;
  state?: Order_By | null | undefined;
  state_message?: Order_By | null | undefined;
  state_start_time?: Order_By | null | undefined;
  state_timestamp?: Order_By | null | undefined;
  task_id?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** Ordering options when selecting data from "task_run". */
export type Task_Run_Order_By = {
  artifacts_aggregate?: Task_Run_Artifact_Aggregate_Order_By | null | undefined;
  cache_key?: Order_By | null | undefined;
  created?: Order_By | null | undefined;
  end_time?: Order_By | null | undefined;
  flow_run?: Flow_Run_Order_By | null | undefined;
  flow_run_id?: Order_By | null | undefined;
  heartbeat?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  logs_aggregate?: Log_Aggregate_Order_By | null | undefined;
  map_index?: Order_By | null | undefined;
  name?: Order_By | null | undefined;
  serialized_state?: Order_By | null | undefined;
  start_time?: Order_By | null | undefined;
  state?: Order_By | null | undefined;
  state_message?: Order_By | null | undefined;
  state_result?: Order_By | null | undefined;
  state_start_time?: Order_By | null | undefined;
  state_timestamp?: Order_By | null | undefined;
  states_aggregate?: Task_Run_State_Aggregate_Order_By | null | undefined;
  task?: Task_Order_By | null | undefined;
  task_id?: Order_By | null | undefined;
  tenant?: Tenant_Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** select columns of table "task_run" */
export type Task_Run_Select_Column =
  /** column name */
  | 'cache_key'
  /** column name */
  | 'created'
  /** column name */
  | 'end_time'
  /** column name */
  | 'flow_run_id'
  /** column name */
  | 'heartbeat'
  /** column name */
  | 'id'
  /** column name */
  | 'map_index'
  /** column name */
  | 'name'
  /** column name */
  | 'serialized_state'
  /** column name */
  | 'start_time'
  /** column name */
  | 'state'
  /** column name */
  | 'state_message'
  /** column name */
  | 'state_result'
  /** column name */
  | 'state_start_time'
  /** column name */
  | 'state_timestamp'
  /** column name */
  | 'task_id'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'updated'
  /** column name */
  | 'version';

export type Task_Run_State_Aggregate_Bool_Exp = {
  count?: Task_Run_State_Aggregate_Bool_Exp_Count | null | undefined;
};

export type Task_Run_State_Aggregate_Bool_Exp_Count = {
  arguments?: Array<Task_Run_State_Select_Column> | null | undefined;
  distinct?: boolean | null | undefined;
  filter?: Task_Run_State_Bool_Exp | null | undefined;
  predicate: Int_Comparison_Exp;
};

/** order by aggregate values of table "task_run_state" */
export type Task_Run_State_Aggregate_Order_By = {
  avg?: Task_Run_State_Avg_Order_By | null | undefined;
  count?: Order_By | null | undefined;
  max?: Task_Run_State_Max_Order_By | null | undefined;
  min?: Task_Run_State_Min_Order_By | null | undefined;
  stddev?: Task_Run_State_Stddev_Order_By | null | undefined;
  stddev_pop?: Task_Run_State_Stddev_Pop_Order_By | null | undefined;
  stddev_samp?: Task_Run_State_Stddev_Samp_Order_By | null | undefined;
  sum?: Task_Run_State_Sum_Order_By | null | undefined;
  var_pop?: Task_Run_State_Var_Pop_Order_By | null | undefined;
  var_samp?: Task_Run_State_Var_Samp_Order_By | null | undefined;
  variance?: Task_Run_State_Variance_Order_By | null | undefined;
};

/** order by avg() on columns of table "task_run_state" */
export type Task_Run_State_Avg_Order_By = {
  version?: Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "task_run_state". All fields are combined with a logical 'AND'. */
export type Task_Run_State_Bool_Exp = {
  _and?: Array<Task_Run_State_Bool_Exp> | null | undefined;
  _not?: Task_Run_State_Bool_Exp | null | undefined;
  _or?: Array<Task_Run_State_Bool_Exp> | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  message?: String_Comparison_Exp | null | undefined;
  result?: Jsonb_Comparison_Exp | null | undefined;
  serialized_state?: Jsonb_Comparison_Exp | null | undefined;
  start_time?: Timestamptz_Comparison_Exp | null | undefined;
  state?: String_Comparison_Exp | null | undefined;
  task_run?: Task_Run_Bool_Exp | null | undefined;
  task_run_id?: Uuid_Comparison_Exp | null | undefined;
  tenant_id?: Uuid_Comparison_Exp | null | undefined;
  timestamp?: Timestamptz_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
  version?: Int_Comparison_Exp | null | undefined;
};

/** order by max() on columns of table "task_run_state" */
export type Task_Run_State_Max_Order_By = {
  created?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  message?: Order_By | null | undefined;
  start_time?: Order_By | null | undefined;
  state?: Order_By | null | undefined;
  task_run_id?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  timestamp?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by min() on columns of table "task_run_state" */
export type Task_Run_State_Min_Order_By = {
  created?: Order_By | null | undefined;
  id?: Order_By | null | undefined;
  message?: Order_By | null | undefined;
  start_time?: Order_By | null | undefined;
  state?: Order_By | null | undefined;
  task_run_id?: Order_By | null | undefined;
  tenant_id?: Order_By | null | undefined;
  timestamp?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** select columns of table "task_run_state" */
export type Task_Run_State_Select_Column =
  /** column name */
  | 'created'
  /** column name */
  | 'id'
  /** column name */
  | 'message'
  /** column name */
  | 'result'
  /** column name */
  | 'serialized_state'
  /** column name */
  | 'start_time'
  /** column name */
  | 'state'
  /** column name */
  | 'task_run_id'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'timestamp'
  /** column name */
  | 'updated'
  /** column name */
  | 'version';

/** order by stddev() on columns of table "task_run_state" */
export type Task_Run_State_Stddev_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by stddev_pop() on columns of table "task_run_state" */
export type Task_Run_State_Stddev_Pop_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by stddev_samp() on columns of table "task_run_state" */
export type Task_Run_State_Stddev_Samp_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by sum() on columns of table "task_run_state" */
export type Task_Run_State_Sum_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by var_pop() on columns of table "task_run_state" */
export type Task_Run_State_Var_Pop_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by var_samp() on columns of table "task_run_state" */
export type Task_Run_State_Var_Samp_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by variance() on columns of table "task_run_state" */
export type Task_Run_State_Variance_Order_By = {
  version?: Order_By | null | undefined;
};

/** order by stddev() on columns of table "task_run" */
export type Task_Run_Stddev_Order_By = {
  /** -1: not a child of a mapped task. */
  map_index?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by stddev_pop() on columns of table "task_run" */
export type Task_Run_Stddev_Pop_Order_By = {
  /** -1: not a child of a mapped task. */
  map_index?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by stddev_samp() on columns of table "task_run" */
export type Task_Run_Stddev_Samp_Order_By = {
  /** -1: not a child of a mapped task. */
  map_index?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by sum() on columns of table "task_run" */
export type Task_Run_Sum_Order_By = {
  /** -1: not a child of a mapped task. */
  map_index?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by var_pop() on columns of table "task_run" */
export type Task_Run_Var_Pop_Order_By = {
  /** -1: not a child of a mapped task. */
  map_index?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by var_samp() on columns of table "task_run" */
export type Task_Run_Var_Samp_Order_By = {
  /** -1: not a child of a mapped task. */
  map_index?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** order by variance() on columns of table "task_run" */
export type Task_Run_Variance_Order_By = {
  /** -1: not a child of a mapped task. */
  map_index?: Order_By | null | undefined;
  version?: Order_By | null | undefined;
};

/** select columns of table "task" */
export type Task_Select_Column =
  /** column name */
  | 'auto_generated'
  /** column name */
  | 'cache_key'
  /** column name */
  | 'created'
  /** column name */
  | 'description'
  /** column name */
  | 'flow_id'
  /** column name */
  | 'id'
  /** column name */
  | 'is_reference_task'
  /** column name */
  | 'is_root_task'
  /** column name */
  | 'is_terminal_task'
  /** column name */
  | 'mapped'
  /** column name */
  | 'max_retries'
  /** column name */
  | 'name'
  /** column name */
  | 'retry_delay'
  /** column name */
  | 'slug'
  /** column name */
  | 'tags'
  /** column name */
  | 'tenant_id'
  /** column name */
  | 'trigger'
  /** column name */
  | 'type'
  /** column name */
  | 'updated';

/** select "task_aggregate_bool_exp_bool_and_arguments_columns" columns of table "task" */
export type Task_Select_Column_Task_Aggregate_Bool_Exp_Bool_And_Arguments_Columns =
  /** column name */
  | 'auto_generated'
  /** column name */
  | 'is_reference_task'
  /** column name */
  | 'is_root_task'
  /** column name */
  | 'is_terminal_task'
  /** column name */
  | 'mapped';

/** select "task_aggregate_bool_exp_bool_or_arguments_columns" columns of table "task" */
export type Task_Select_Column_Task_Aggregate_Bool_Exp_Bool_Or_Arguments_Columns =
  /** column name */
  | 'auto_generated'
  /** column name */
  | 'is_reference_task'
  /** column name */
  | 'is_root_task'
  /** column name */
  | 'is_terminal_task'
  /** column name */
  | 'mapped';

/** order by stddev() on columns of table "task" */
export type Task_Stddev_Order_By = {
  max_retries?: Order_By | null | undefined;
};

/** order by stddev_pop() on columns of table "task" */
export type Task_Stddev_Pop_Order_By = {
  max_retries?: Order_By | null | undefined;
};

/** order by stddev_samp() on columns of table "task" */
export type Task_Stddev_Samp_Order_By = {
  max_retries?: Order_By | null | undefined;
};

/** order by sum() on columns of table "task" */
export type Task_Sum_Order_By = {
  max_retries?: Order_By | null | undefined;
};

/** order by var_pop() on columns of table "task" */
export type Task_Var_Pop_Order_By = {
  max_retries?: Order_By | null | undefined;
};

/** order by var_samp() on columns of table "task" */
export type Task_Var_Samp_Order_By = {
  max_retries?: Order_By | null | undefined;
};

/** order by variance() on columns of table "task" */
export type Task_Variance_Order_By = {
  max_retries?: Order_By | null | undefined;
};

/** Boolean expression to filter rows from the table "tenant". All fields are combined with a logical 'AND'. */
export type Tenant_Bool_Exp = {
  _and?: Array<Tenant_Bool_Exp> | null | undefined;
  _not?: Tenant_Bool_Exp | null | undefined;
  _or?: Array<Tenant_Bool_Exp> | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  flow_groups?: Flow_Group_Bool_Exp | null | undefined;
  flow_groups_aggregate?: Flow_Group_Aggregate_Bool_Exp | null | undefined;
  flows?: Flow_Bool_Exp | null | undefined;
  flows_aggregate?: Flow_Aggregate_Bool_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  info?: Jsonb_Comparison_Exp | null | undefined;
  memberships?: Membership_Bool_Exp | null | undefined;
  memberships_aggregate?: Membership_Aggregate_Bool_Exp | null | undefined;
  name?: String_Comparison_Exp | null | undefined;
  projects?: Project_Bool_Exp | null | undefined;
  projects_aggregate?: Project_Aggregate_Bool_Exp | null | undefined;
  settings?: Jsonb_Comparison_Exp | null | undefined;
  slug?: String_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
};

/** Ordering options when selecting data from "tenant". */
export type Tenant_Order_By = {
  created?: Order_By | null | undefined;
  flow_groups_aggregate?: Flow_Group_Aggregate_Order_By | null | undefined;
  flows_aggregate?: Flow_Aggregate_Order_By | null | undefined;
  id?: Order_By | null | undefined;
  info?: Order_By | null | undefined;
  memberships_aggregate?: Membership_Aggregate_Order_By | null | undefined;
  name?: Order_By | null | undefined;
  projects_aggregate?: Project_Aggregate_Order_By | null | undefined;
  settings?: Order_By | null | undefined;
  slug?: Order_By | null | undefined;
  updated?: Order_By | null | undefined;
};

export type Test_Cloud_Hook_State_Type =
  | 'FAILED'
  | 'RUNNING'
  | 'SCHEDULED'
  | 'SUBMITTED'
  | 'SUCCESS';

/** Boolean expression to compare columns of type "timestamptz". All fields are combined with logical 'AND'. */
export type Timestamptz_Comparison_Exp = {
  _eq?: string | null | undefined;
  _gt?: string | null | undefined;
  _gte?: string | null | undefined;
  _in?: Array<string> | null | undefined;
  _is_null?: boolean | null | undefined;
  _lt?: string | null | undefined;
  _lte?: string | null | undefined;
  _neq?: string | null | undefined;
  _nin?: Array<string> | null | undefined;
};

/** Boolean expression to filter rows from the table "auth_user". All fields are combined with a logical 'AND'. */
export type User_Bool_Exp = {
  _and?: Array<User_Bool_Exp> | null | undefined;
  _not?: User_Bool_Exp | null | undefined;
  _or?: Array<User_Bool_Exp> | null | undefined;
  account_type?: String_Comparison_Exp | null | undefined;
  created?: Timestamptz_Comparison_Exp | null | undefined;
  default_membership?: Membership_Bool_Exp | null | undefined;
  default_membership_id?: Uuid_Comparison_Exp | null | undefined;
  email?: String_Comparison_Exp | null | undefined;
  first_name?: String_Comparison_Exp | null | undefined;
  id?: Uuid_Comparison_Exp | null | undefined;
  last_name?: String_Comparison_Exp | null | undefined;
  memberships?: Membership_Bool_Exp | null | undefined;
  memberships_aggregate?: Membership_Aggregate_Bool_Exp | null | undefined;
  settings?: Jsonb_Comparison_Exp | null | undefined;
  updated?: Timestamptz_Comparison_Exp | null | undefined;
  username?: String_Comparison_Exp | null | undefined;
};

/** Boolean expression to compare columns of type "uuid". All fields are combined with logical 'AND'. */
export type Uuid_Comparison_Exp = {
  _eq?: string | null | undefined;
  _gt?: string | null | undefined;
  _gte?: string | null | undefined;
  _in?: Array<string> | null | undefined;
  _is_null?: boolean | null | undefined;
  _lt?: string | null | undefined;
  _lte?: string | null | undefined;
  _neq?: string | null | undefined;
  _nin?: Array<string> | null | undefined;
};

export type Write_Run_Log_Input = {
  flow_run_id: string;
  info?: unknown;
  level?: Log_Level | null | undefined;
  message?: string | null | undefined;
  name?: string | null | undefined;
  task_run_id?: string | null | undefined;
  timestamp?: string | null | undefined;
};
