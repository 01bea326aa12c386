import { useNavigate } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { act, useAction } from "@/api/act";
import type { Create_Flow_Run_Input } from "@/api/types.gen";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { JsonEditor } from "@/components/editor/json-editor";
import { Field, Input, Select } from "@/components/fields";
import { readLabels, readObject } from "@/lib/json-text";
import { useZone } from "@/lib/time";
import { randomKey } from "@/lib/uuid";
import { fromLocalInput, toLocalInput } from "@/lib/zoned";
import type { Details, Group } from "../data";
import { CreateFlowRunDocument } from "../flow.gen";
import { ParameterInput } from "./parameter-input";
import { fieldsOf, valuesOf } from "./parameters";

/** Asks for what a run needs, makes it and leads to it. */
export function RunDialog({
  group,
  details,
  name,
  onClose,
}: {
  group: Group;
  details: Details;
  name: string;
  onClose: () => void;
}) {
  const zone = useZone();
  const navigate = useNavigate();
  const [fields, setFields] = useState(() => fieldsOf(details.parameters, group.default_parameters));
  const [runName, setRunName] = useState("");
  const [when, setWhen] = useState("now");
  const [at, setAt] = useState(() => toLocalInput(Date.now() + 3_600_000, zone));
  const [labels, setLabels] = useState("");
  const [context, setContext] = useState("");
  const [config, setConfig] = useState("");
  const [shown, setShown] = useState(false);
  const parameters = useMemo(() => valuesOf(fields), [fields]);
  const contextRead = readObject(context);
  const configRead = readObject(config);
  const start = when === "now" ? undefined : fromLocalInput(at, zone);
  const timeError = when === "at" && start === undefined ? "A day and a time are needed." : undefined;
  const broken =
    Object.keys(parameters.errors).length > 0 || Boolean(timeError || contextRead.error || configRead.error);

  // The same key for the same wishes: pressed twice, or again after a lost answer, it is one run.
  const last = useRef({ wishes: "", key: "" });
  const [send, busy] = useAction(async () => {
    const input: Create_Flow_Run_Input = {
      flow_id: details.id,
      parameters: parameters.values,
      ...(runName.trim() ? { flow_run_name: runName.trim() } : {}),
      ...(labels.trim() ? { labels: readLabels(labels) } : {}),
      ...(contextRead.value ? { context: contextRead.value } : {}),
      ...(configRead.value ? { run_config: configRead.value } : {}),
      ...(start === undefined ? {} : { scheduled_start_time: new Date(start).toISOString() }),
    };
    const wishes = JSON.stringify(input);
    if (last.current.wishes !== wishes) last.current = { wishes, key: `ui:${randomKey()}` };
    const { create_flow_run: made } = await act(CreateFlowRunDocument, {
      input: { ...input, idempotency_key: last.current.key },
    });
    if (!made?.id) throw new Error("The server has made no run.");
    await navigate({ to: `/flow-run/${made.id}` as "/" });
  }, "The run is made.");

  return (
    <Dialog open onClose={onClose} title={`Run ${name}`} description={`Version ${details.version}`} wide>
      <form
        noValidate
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          // At once: the first wrong field is looked for below.
          flushSync(() => setShown(true));
          if (broken) document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus();
          else if (!busy) void send();
        }}
      >
        <fieldset className="flex flex-col gap-3">
          <legend className="mb-2 font-semibold">Parameters</legend>
          {fields.length === 0 && <p className="text-muted">This flow has none.</p>}
          {fields.map((field, index) => (
            <ParameterInput
              key={field.name}
              field={field}
              error={shown || field.touched ? parameters.errors[field.name] : undefined}
              onChange={(changed) => setFields(fields.with(index, changed))}
            />
          ))}
        </fieldset>
        <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
          <Field label="When">
            {(ids) => (
              <Select {...ids} value={when} onChange={(event) => setWhen(event.target.value)}>
                <option value="now">Now</option>
                <option value="at">At a time</option>
              </Select>
            )}
          </Field>
          {when === "at" && (
            <Field label="Start" help={`In ${zone}.`} error={timeError}>
              {(ids) => (
                <Input
                  {...ids}
                  type="datetime-local"
                  value={at}
                  onChange={(event) => setAt(event.target.value)}
                />
              )}
            </Field>
          )}
          <Field label="Name of the run" help="Left empty, it is given one.">
            {(ids) => <Input {...ids} value={runName} onChange={(event) => setRunName(event.target.value)} />}
          </Field>
          <Field label="Labels" help="Between commas. Left empty, those of the flow count.">
            {(ids) => <Input {...ids} value={labels} onChange={(event) => setLabels(event.target.value)} />}
          </Field>
        </div>
        <details>
          <summary className="cursor-pointer font-medium">Context and run config</summary>
          <div className="mt-3 grid grid-cols-1 gap-4 lg:grid-cols-2">
            <Labelled title="Context" error={contextRead.error}>
              <JsonEditor label="Context as JSON" value={context} onChange={setContext} />
            </Labelled>
            <Labelled title="Run config" error={configRead.error}>
              <JsonEditor label="Run config as JSON" value={config} onChange={setConfig} />
            </Labelled>
          </div>
        </details>
        <div className="flex items-center justify-end gap-2">
          {shown && broken && (
            <p role="alert" className="mr-auto text-danger">
              Look at the fields marked above.
            </p>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {when === "now" ? "Run now" : "Schedule the run"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Labelled({
  title,
  error,
  children,
}: {
  title: string;
  error: string | undefined;
  children: React.ReactNode;
}) {
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <span className="font-medium">{title}</span>
      {children}
      {error && (
        <p role="alert" className="text-danger">
          {title}: {error}
        </p>
      )}
    </div>
  );
}
