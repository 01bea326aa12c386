import { useState } from "react";
import { act, useAction } from "@/api/act";
import { useChosen } from "@/api/chosen";
import { useAsk } from "@/api/live";
import { mustSucceed } from "@/api/succeed";
import { Button } from "@/components/button";
import { Field, Input, Select, Switch } from "@/components/fields";
import { Failure, Panel } from "@/components/panel";
import { readLabels } from "@/lib/json-text";
import { ProjectNamesDocument } from "@/pages/flows/flows.gen";
import type { Group, Looked } from "../data";
import {
  HeartbeatOffDocument,
  HeartbeatOnDocument,
  LazarusOffDocument,
  LazarusOnDocument,
  MoveFlowDocument,
  SetGroupLabelsDocument,
  SetGroupParametersDocument,
  SetGroupRunConfigDocument,
  VersionLockOffDocument,
  VersionLockOnDocument,
} from "../flow.gen";
import { useDetails } from "../use-details";
import { JsonSetting } from "./json-setting";
import { unknownParameters } from "./parameters";

const GONE = "The flow is gone.";
const NONE = {};

export function Settings({ looked }: { looked: Looked }) {
  const { group, version } = looked;
  const details = useDetails(version.id).data;
  return (
    <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
      <Panel title="When a run falls silent">
        <Switches group={group} flowId={version.id} />
      </Panel>
      <Panel title="Project">
        <Project key={version.project.id} looked={looked} />
      </Panel>
      <Panel title="Labels">
        <GroupLabels key={JSON.stringify(group.labels)} group={group} />
      </Panel>
      <JsonSetting
        key={`parameters ${JSON.stringify(group.default_parameters)}`}
        title="Default parameters"
        help="Count for each run that does not say otherwise, before the defaults of the flow."
        value={group.default_parameters}
        check={(value) => unknownParameters(value, details?.parameters)}
        save={async (parameters) =>
          mustSucceed(
            (await act(SetGroupParametersDocument, { id: group.id, parameters: parameters ?? {} }))
              .set_flow_group_default_parameters,
            GONE,
          )
        }
      />
      <JsonSetting
        key={`config ${JSON.stringify(group.run_config)}`}
        title="Run config"
        help={
          'Takes the place of the one that was registered, such as {"type": "LocalRun"}. Left empty, that one counts.'
        }
        value={group.run_config}
        check={(value) =>
          value && typeof value.type !== "string"
            ? 'A run config needs a type, such as {"type": "UniversalRun"}.'
            : undefined
        }
        save={async (config) =>
          mustSucceed(
            (await act(SetGroupRunConfigDocument, { id: group.id, config })).set_flow_group_run_config,
            GONE,
          )
        }
      />
    </div>
  );
}

const SWITCHES = {
  heartbeat: async (flow: string, on: boolean) =>
    on
      ? (await act(HeartbeatOnDocument, { flow })).enable_flow_heartbeat
      : (await act(HeartbeatOffDocument, { flow })).disable_flow_heartbeat,
  lazarus: async (flow: string, on: boolean) =>
    on
      ? (await act(LazarusOnDocument, { flow })).enable_flow_lazarus_process
      : (await act(LazarusOffDocument, { flow })).disable_flow_lazarus_process,
  lock: async (flow: string, on: boolean) =>
    on
      ? (await act(VersionLockOnDocument, { flow })).enable_flow_version_lock
      : (await act(VersionLockOffDocument, { flow })).disable_flow_version_lock,
};

function Switches({ group, flowId }: { group: Group; flowId: string }) {
  const settings = group.settings as Record<string, unknown>;
  return (
    <div className="flex flex-col gap-4">
      <Setting
        label="Heartbeat"
        help="Runs say that they are alive; one that falls silent is failed or taken up again."
        on={settings.heartbeat_enabled !== false && settings.disable_heartbeat !== true}
        set={(on) => SWITCHES.heartbeat(flowId, on)}
      />
      <Setting
        label="Lazarus"
        help="A run whose process died is started again, a few times at most."
        on={settings.lazarus_enabled !== false}
        set={(on) => SWITCHES.lazarus(flowId, on)}
      />
      <Setting
        label="Version lock"
        help="A state must name the version that it follows, so that nothing is run twice."
        on={settings.version_locking_enabled === true}
        set={(on) => SWITCHES.lock(flowId, on)}
      />
    </div>
  );
}

function Setting({
  label,
  help,
  on,
  set,
}: {
  label: string;
  help: string;
  on: boolean;
  set: (on: boolean) => Promise<{ success?: boolean | null; error?: string | null } | null | undefined>;
}) {
  const [send, busy] = useAction(
    async (next: boolean) => mustSucceed(await set(next), GONE),
    (next) => `${label} is ${next ? "on" : "off"}.`,
  );
  const [shown, choose] = useChosen(on, send);
  return (
    <div>
      <Switch label={label} checked={shown} disabled={busy} onChange={choose} />
      <p className="text-muted">{help}</p>
    </div>
  );
}

function Project({ looked: { version } }: { looked: Looked }) {
  const { data, error } = useAsk(ProjectNamesDocument, NONE);
  const [project, setProject] = useState(version.project.id);
  const [send, busy] = useAction(
    () => act(MoveFlowDocument, { flow: version.id, project }),
    `Version ${version.version ?? ""} is in the other project now.`,
  );
  return (
    <>
      <Failure error={error} />
      <div className="flex items-end gap-2">
        <div className="grow">
          <Field
            label="Project"
            help={`Moves version ${version.version ?? ""}; other versions stay where they are.`}
          >
            {(ids) => (
              <Select {...ids} value={project} onChange={(event) => setProject(event.target.value)}>
                {(data?.project ?? [version.project]).map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        <Button
          className="mb-6"
          busy={busy}
          disabled={project === version.project.id}
          onClick={() => void send()}
        >
          Move
        </Button>
      </div>
    </>
  );
}

function GroupLabels({ group }: { group: Group }) {
  const stored = Array.isArray(group.labels) ? (group.labels as string[]) : undefined;
  const [own, setOwn] = useState(stored === undefined);
  const [text, setText] = useState(stored?.join(", ") ?? "");
  const [send, busy] = useAction(
    async () =>
      mustSucceed(
        (await act(SetGroupLabelsDocument, { id: group.id, labels: own ? null : readLabels(text) }))
          .set_flow_group_labels,
        GONE,
      ),
    "The labels are saved: they count for runs made from now on.",
  );
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Switch label="As they were registered" checked={own} onChange={setOwn} />
      {!own && (
        <Field label="Labels of new runs" help="Between commas. Left empty, runs have none.">
          {(ids) => <Input {...ids} value={text} onChange={(event) => setText(event.target.value)} />}
        </Field>
      )}
      <div>
        <Button type="submit" busy={busy}>
          Save the labels
        </Button>
      </div>
    </form>
  );
}
