import { useState } from "react";
import { useAction } from "@/api/act";
import { Button } from "@/components/button";
import { JsonEditor } from "@/components/editor/json-editor";
import { Panel } from "@/components/panel";
import { readObject, writeObject } from "@/lib/json-text";

type Value = Record<string, unknown> | null;

/** A setting that is a JSON object, or nothing. */
export function JsonSetting({
  title,
  help,
  value,
  check,
  save,
}: {
  title: string;
  help: string;
  value: unknown;
  /** What is wrong with a value that is a JSON object. */
  check: (value: Value) => string | undefined;
  save: (value: Value) => Promise<void>;
}) {
  const [text, setText] = useState(() => writeObject(value));
  const read = readObject(text);
  const error = read.error ?? check(read.value ?? null);
  const [send, busy] = useAction(save, `${title}: saved.`);
  return (
    <Panel title={title}>
      <div className="flex flex-col gap-2">
        <p className="text-muted">{help}</p>
        <JsonEditor label={title} value={text} onChange={setText} />
        {error && (
          <p role="alert" className="text-danger">
            {error}
          </p>
        )}
        <div>
          <Button busy={busy} disabled={Boolean(error)} onClick={() => void send(read.value ?? null)}>
            Save {title.toLowerCase()}
          </Button>
        </div>
      </div>
    </Panel>
  );
}
