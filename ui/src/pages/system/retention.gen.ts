/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type * as Types from '../../api/types.gen';

import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
export type RetentionQueryVariables = Exact<{
  tenant: string;
}>;


export type RetentionQuery = { retention_policy: Array<{ flow_runs_days: number | null, states_days: number | null, logs_days: number | null, artifacts_days: number | null, messages_days: number | null }> };

export type SetRetentionMutationVariables = Exact<{
  tenant: string;
  flow_runs_days?: number | null | undefined;
  states_days?: number | null | undefined;
  logs_days?: number | null | undefined;
  artifacts_days?: number | null | undefined;
  messages_days?: number | null | undefined;
}>;


export type SetRetentionMutation = { set_retention_policy: { success: boolean | null } | null };


export const RetentionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Retention"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"tenant"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"uuid"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retention_policy"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"where"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"tenant_id"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"_eq"},"value":{"kind":"Variable","name":{"kind":"Name","value":"tenant"}}}]}}]}},{"kind":"Argument","name":{"kind":"Name","value":"limit"},"value":{"kind":"IntValue","value":"1"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"flow_runs_days"}},{"kind":"Field","name":{"kind":"Name","value":"states_days"}},{"kind":"Field","name":{"kind":"Name","value":"logs_days"}},{"kind":"Field","name":{"kind":"Name","value":"artifacts_days"}},{"kind":"Field","name":{"kind":"Name","value":"messages_days"}}]}}]}}]} as unknown as DocumentNode<RetentionQuery, RetentionQueryVariables>;
export const SetRetentionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SetRetention"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"tenant"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UUID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"flow_runs_days"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"states_days"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"logs_days"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"artifacts_days"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"messages_days"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"set_retention_policy"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"tenant_id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"tenant"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"flow_runs_days"},"value":{"kind":"Variable","name":{"kind":"Name","value":"flow_runs_days"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"states_days"},"value":{"kind":"Variable","name":{"kind":"Name","value":"states_days"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"logs_days"},"value":{"kind":"Variable","name":{"kind":"Name","value":"logs_days"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"artifacts_days"},"value":{"kind":"Variable","name":{"kind":"Name","value":"artifacts_days"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"messages_days"},"value":{"kind":"Variable","name":{"kind":"Name","value":"messages_days"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"success"}}]}}]}}]} as unknown as DocumentNode<SetRetentionMutation, SetRetentionMutationVariables>;