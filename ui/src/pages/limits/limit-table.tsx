import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "@/components/button";
import { ConfirmButton, Dialog } from "@/components/dialog";
import { Field, Input } from "@/components/fields";
import { Failure, Panel, Skeleton } from "@/components/panel";
import { Table } from "@/components/table";

export interface Limit {
  id: string;
  name: string;
  limit: number;
  usage: number;
}

/** Limits of one kind: slots used, who holds them, and what can be changed. */
export function LimitTable({
  limits,
  error,
  loading,
  noun,
  empty,
  holders,
  onSet,
  onRemove,
  busy,
}: {
  limits: Limit[];
  error: string | undefined;
  loading: boolean;
  /** What is limited: "label" or "tag". */
  noun: string;
  empty: ReactNode;
  holders: (limit: Limit) => ReactNode;
  onSet: (name: string, limit: number) => Promise<boolean>;
  onRemove: (limit: Limit) => Promise<unknown>;
  busy: boolean;
}) {
  const [edited, setEdited] = useState<Limit | "new">();
  const [shown, setShown] = useState<Limit>();
  return (
    <Panel
      title={`Limits by ${noun}`}
      flush
      actions={
        <Button icon={<Plus className="size-4" />} onClick={() => setEdited("new")}>
          New limit
        </Button>
      }
    >
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : (
        <Table
          label={`Limits by ${noun}`}
          rows={limits}
          rowKey={(limit) => limit.id}
          empty={empty}
          columns={[
            {
              key: "name",
              header: noun === "tag" ? "Tag" : "Label",
              cell: (limit) => <span className="font-medium">{limit.name}</span>,
            },
            { key: "used", header: "Slots used", cell: (limit) => <Usage limit={limit} /> },
            {
              key: "do",
              header: <span className="sr-only">What can be done</span>,
              align: "right",
              cell: (limit) => (
                <>
                  <Button kind="ghost" disabled={!limit.usage} onClick={() => setShown(limit)}>
                    Who holds them
                  </Button>
                  <Button kind="ghost" onClick={() => setEdited(limit)}>
                    Change
                  </Button>
                  <ConfirmButton
                    kind="ghost"
                    question={`Take the limit on ${limit.name} away?`}
                    detail="Then as many may run at once as agents take."
                    confirm="Delete"
                    onConfirm={() => onRemove(limit)}
                  >
                    Delete
                  </ConfirmButton>
                </>
              ),
            },
          ]}
        />
      )}
      {edited && (
        <LimitDialog
          noun={noun}
          limit={edited === "new" ? undefined : edited}
          busy={busy}
          onClose={() => setEdited(undefined)}
          onSet={onSet}
        />
      )}
      {shown && (
        <Dialog open onClose={() => setShown(undefined)} title={`Who holds slots of ${shown.name}`}>
          {holders(shown)}
        </Dialog>
      )}
    </Panel>
  );
}

function Usage({ limit }: { limit: Limit }) {
  const share = limit.limit ? Math.min(1, limit.usage / limit.limit) : 1;
  return (
    <span className="flex items-center gap-2 whitespace-nowrap tabular-nums">
      <span aria-hidden className="hidden h-2 w-24 overflow-hidden rounded-full bg-sunken sm:block">
        <span
          className={`block h-full ${share === 1 ? "bg-warning" : "bg-accent"}`}
          style={{ width: `${share * 100}%` }}
        />
      </span>
      {limit.usage} of {limit.limit}
      {share === 1 && <span className="text-warning">full</span>}
    </span>
  );
}

function LimitDialog({
  noun,
  limit,
  onClose,
  onSet,
  busy,
}: {
  noun: string;
  limit: Limit | undefined;
  onClose: () => void;
  onSet: (name: string, limit: number) => Promise<boolean>;
  busy: boolean;
}) {
  const [name, setName] = useState(limit?.name ?? "");
  const [most, setMost] = useState(String(limit?.limit ?? ""));
  const [tried, setTried] = useState(false);
  const noName = name.trim() ? undefined : `Say which ${noun} is limited.`;
  const number = Number(most);
  const wrong =
    most.trim() && Number.isInteger(number) && number >= 0 && number < 2 ** 31
      ? undefined
      : "Give a whole number, 0 or more.";
  return (
    <Dialog open onClose={onClose} title={limit ? `Limit on ${limit.name}` : "New limit"}>
      <form
        className="flex flex-col gap-4"
        onSubmit={async (event) => {
          event.preventDefault();
          setTried(true);
          if (!noName && !wrong && (await onSet(name.trim(), number))) onClose();
        }}
      >
        <Field label={noun === "tag" ? "Tag" : "Label"} error={tried ? noName : undefined}>
          {(ids) => (
            <Input
              {...ids}
              value={name}
              disabled={limit !== undefined}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="At once" help="0 lets none run." error={tried ? wrong : undefined}>
          {(ids) => (
            <Input
              {...ids}
              inputMode="numeric"
              value={most}
              onChange={(event) => setMost(event.target.value)}
            />
          )}
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
