import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { act, useAction } from "@/api/act";
import { usePolled } from "@/api/polled";
import { Button } from "@/components/button";
import { ConfirmButton } from "@/components/dialog";
import { SearchField } from "@/components/fields";
import { Empty, Failure, PageHeader, Panel, Skeleton } from "@/components/panel";
import { Pager, Table } from "@/components/table";
import { RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { containing } from "@/lib/like";
import { DeleteKeyValueDocument, KeyValuesDocument, type KeyValuesQuery } from "./kv.gen";
import { KeyValueDialog } from "./pair";

const DEFAULTS = { key: "", page: 0 };
const SIZE = 50;
export type Pair = KeyValuesQuery["key_value"][number];

const remove = (pair: Pair) => act(DeleteKeyValueDocument, { id: pair.id });

/** What flows keep under a key between their runs. */
export default function KeyValues() {
  const [{ key, page }, change] = useFilters(DEFAULTS);
  const [edited, setEdited] = useState<Pair | "new">();
  const variables = useMemo(
    () => ({ where: key ? { key: { _ilike: containing(key) } } : {}, limit: SIZE, offset: page * SIZE }),
    [key, page],
  );
  const { data, error, loading, refresh } = usePolled(KeyValuesDocument, variables, 30);
  const [removePair] = useAction(remove, (pair) => `${pair.key} is deleted.`);
  const pairs = data?.key_value ?? [];
  return (
    <>
      <PageHeader
        title="Key-value store"
        detail="Small JSON values that flows keep between their runs."
        actions={
          <>
            <SearchField
              label="Search keys"
              value={key}
              onChange={(next) => change({ key: next, page: 0 })}
            />
            <Button kind="primary" icon={<Plus className="size-4" />} onClick={() => setEdited("new")}>
              New pair
            </Button>
          </>
        }
      />
      <Panel flush>
        <Failure error={error} />
        {loading ? (
          <Skeleton />
        ) : (
          <Table
            label="Pairs"
            rows={pairs}
            rowKey={(pair) => pair.id}
            empty={
              key ? (
                <Empty title="No key has this text in it" />
              ) : (
                <Empty
                  title="Nothing is kept yet"
                  command='prefect.backend.set_key_value("last-day", "2026-01-31")'
                >
                  A flow, or you here, sets the first pair.
                </Empty>
              )
            }
            columns={[
              {
                key: "key",
                header: "Key",
                cell: (pair) => (
                  <button
                    type="button"
                    className="font-medium hover:underline"
                    onClick={() => setEdited(pair)}
                  >
                    {pair.key}
                  </button>
                ),
              },
              {
                key: "value",
                header: "Value",
                cell: (pair) => <code className="text-xs">{JSON.stringify(pair.value)?.slice(0, 200)}</code>,
              },
              {
                key: "updated",
                header: "Changed",
                wide: true,
                cell: (pair) => <RelativeTime at={pair.updated} />,
              },
              {
                key: "do",
                header: <span className="sr-only">What can be done</span>,
                align: "right",
                cell: (pair) => (
                  <ConfirmButton
                    kind="ghost"
                    question={`Delete ${pair.key}?`}
                    detail="Flows that ask for it will find nothing."
                    confirm="Delete"
                    onConfirm={async () => {
                      await removePair(pair);
                      refresh();
                    }}
                  >
                    Delete
                  </ConfirmButton>
                ),
              },
            ]}
          />
        )}
        <Pager
          page={page}
          size={SIZE}
          count={pairs.length}
          total={data?.key_value_aggregate.aggregate?.count}
          onPage={(next) => change({ page: next })}
        />
      </Panel>
      {edited && (
        <KeyValueDialog
          pair={edited === "new" ? undefined : edited}
          onClose={() => setEdited(undefined)}
          onDone={refresh}
        />
      )}
    </>
  );
}
