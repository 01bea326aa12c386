import { Plus } from "lucide-react";
import { useState } from "react";
import { act, useAction } from "@/api/act";
import { usePolled } from "@/api/polled";
import { Button } from "@/components/button";
import { ConfirmButton } from "@/components/dialog";
import { SearchField } from "@/components/fields";
import { Empty, Failure, PageHeader, Panel, Skeleton } from "@/components/panel";
import { Table } from "@/components/table";
import { useFilters } from "@/lib/filters";
import { SecretDialog } from "./secret";
import { DeleteSecretDocument, SecretNamesDocument } from "./secrets.gen";

const DEFAULTS = { name: "" };
const NONE = {};

const remove = (name: string) => act(DeleteSecretDocument, { name });

/** The names of secrets. Their values never come here. */
export default function Secrets() {
  const [{ name: searched }, change] = useFilters(DEFAULTS);
  const { data, error, loading, refresh } = usePolled(SecretNamesDocument, NONE, 30);
  const [edited, setEdited] = useState<string>();
  const [removeSecret] = useAction(remove, (name) => `The secret ${name} is deleted.`);
  const names = (data?.secret_names ?? []).filter((name) =>
    name.toLowerCase().includes(searched.toLowerCase()),
  );
  return (
    <>
      <PageHeader
        title="Secrets"
        detail="Kept encrypted. Flows and automations use them by name; nobody sees a value here."
        actions={
          <>
            <SearchField label="Search names" value={searched} onChange={(name) => change({ name })} />
            <Button kind="primary" icon={<Plus className="size-4" />} onClick={() => setEdited("")}>
              New secret
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
            label="Secrets"
            height={640}
            rows={names}
            rowKey={(name) => name}
            empty={
              searched ? (
                <Empty title="No secret has this text in its name" />
              ) : (
                <Empty title="There are no secrets yet" command='PrefectSecret("DATABASE_PASSWORD")'>
                  Set one here; in a flow this task reads it.
                </Empty>
              )
            }
            columns={[
              { key: "name", header: "Name", cell: (name) => <span className="font-medium">{name}</span> },
              {
                key: "do",
                header: <span className="sr-only">What can be done</span>,
                align: "right",
                cell: (name) => (
                  <>
                    <Button kind="ghost" onClick={() => setEdited(name)}>
                      Replace
                    </Button>
                    <ConfirmButton
                      kind="ghost"
                      question={`Delete the secret ${name}?`}
                      detail="Flows and automations that use it will fail. This cannot be undone."
                      confirm="Delete"
                      onConfirm={async () => {
                        await removeSecret(name);
                        refresh();
                      }}
                    >
                      Delete
                    </ConfirmButton>
                  </>
                ),
              },
            ]}
          />
        )}
      </Panel>
      {edited !== undefined && (
        <SecretDialog name={edited} onClose={() => setEdited(undefined)} onDone={refresh} />
      )}
    </>
  );
}
