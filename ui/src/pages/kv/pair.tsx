import { useState } from "react";
import { act, useAction } from "@/api/act";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { checkJson, jsonSize } from "@/components/editor/check";
import { JsonEditor } from "@/components/editor/json-editor";
import { Field, Input } from "@/components/fields";
import { SetKeyValueDocument } from "./kv.gen";
import type { Pair } from "./page";

// The server's limit (orchestration/key_values.py), as the client counts.
const LIMIT = 10_000;

const save = (key: string, value: unknown) => act(SetKeyValueDocument, { key, value });

/** A new pair, or another value for one there is. */
export function KeyValueDialog({
  pair,
  onClose,
  onDone,
}: {
  pair: Pair | undefined;
  onClose: () => void;
  onDone: () => void;
}) {
  const [key, setKey] = useState(pair?.key ?? "");
  const [text, setText] = useState(pair ? JSON.stringify(pair.value, null, 2) : "");
  const [tried, setTried] = useState(false);
  const [run, busy] = useAction(save, (name) => `${name} is set.`);
  const checked = checkJson(text);
  const size = checked.error === undefined ? jsonSize(checked.value) : 0;
  const wrong =
    checked.error ??
    (size > LIMIT
      ? `The value has ${size.toLocaleString()} characters; the limit is ${LIMIT.toLocaleString()}. Keep large data elsewhere and its address here.`
      : undefined);
  const noKey = key.trim() ? undefined : "Give the pair a key.";
  return (
    <Dialog open onClose={onClose} title={pair ? pair.key : "New pair"}>
      <form
        className="flex flex-col gap-4"
        onSubmit={async (event) => {
          event.preventDefault();
          setTried(true);
          if (noKey || wrong) return;
          if (await run(key.trim(), checked.value)) {
            onDone();
            onClose();
          }
        }}
      >
        <Field label="Key" error={tried ? noKey : undefined}>
          {(ids) => (
            <Input
              {...ids}
              value={key}
              disabled={pair !== undefined}
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>
        <Field
          label="Value"
          help={`JSON: text goes in double quotes. ${size.toLocaleString()} of ${LIMIT.toLocaleString()} characters.`}
          error={tried || size > LIMIT ? wrong : undefined}
        >
          {(ids) => <JsonEditor {...ids} label="Value" value={text} onChange={setText} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
