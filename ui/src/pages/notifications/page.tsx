import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { act, useAction } from "@/api/act";
import { usePolled } from "@/api/polled";
import { Button } from "@/components/button";
import { ConfirmButton } from "@/components/dialog";
import { Select } from "@/components/fields";
import { Empty, Failure, PageHeader, Panel, Skeleton } from "@/components/panel";
import { Pager, Table } from "@/components/table";
import { RelativeTime } from "@/components/times";
import { useFilters } from "@/lib/filters";
import { subjectOf, textOf } from "@/lib/messages";
import {
  DeleteMessageDocument,
  NotificationsDocument,
  type NotificationsQuery,
  ReadMessageDocument,
  UnreadMessageDocument,
} from "./notifications.gen";

const DEFAULTS = { show: "all", type: "", page: 0 };
const SIZE = 50;
const KINDS = {
  CLOUD_HOOK: "Cloud hooks",
  REQUIRES_APPROVAL: "Approvals",
  MESSAGE: "Messages",
  MEMBERSHIP_INVITATION: "Invitations",
  WHATS_NEW: "News",
};
type Message = NotificationsQuery["message"][number];

const mark = (message: Message) =>
  message.read
    ? act(UnreadMessageDocument, { id: message.id })
    : act(ReadMessageDocument, { id: message.id });
const markAll = (messages: Message[]) =>
  Promise.all(messages.map((one) => act(ReadMessageDocument, { id: one.id })));
const remove = (message: Message) => act(DeleteMessageDocument, { id: message.id });

/** What cloud hooks and the server have told. */
export default function Notifications() {
  const [{ show, type, page }, change] = useFilters(DEFAULTS);
  const variables = useMemo(
    () => ({
      where: {
        ...(show === "all" ? {} : { read: { _eq: show === "read" } }),
        ...(type ? { type: { _eq: type } } : {}),
      },
      limit: SIZE,
      offset: page * SIZE,
    }),
    [show, type, page],
  );
  const { data, error, loading, refresh } = usePolled(NotificationsDocument, variables, 10);
  const [runMark] = useAction(mark);
  const [runAll, busy] = useAction(markAll, "They are read now.");
  const [runRemove] = useAction(remove, "The notification is deleted.");
  const messages = data?.message ?? [];
  const unread = messages.filter((message) => !message.read);
  return (
    <>
      <PageHeader
        title="Notifications"
        actions={
          <>
            <Select
              aria-label="Which"
              className="!w-auto"
              value={show}
              onChange={(event) => change({ show: event.target.value, page: 0 })}
            >
              <option value="all">Read and unread</option>
              <option value="unread">Unread</option>
              <option value="read">Read</option>
            </Select>
            <Select
              aria-label="Kind"
              className="!w-auto"
              value={type}
              onChange={(event) => change({ type: event.target.value, page: 0 })}
            >
              <option value="">All kinds</option>
              {Object.entries(KINDS).map(([kind, name]) => (
                <option key={kind} value={kind}>
                  {name}
                </option>
              ))}
            </Select>
            <Button
              busy={busy}
              disabled={!unread.length}
              onClick={async () => {
                await runAll(unread);
                refresh();
              }}
            >
              Mark all here as read
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
            label="Notifications"
            rows={messages}
            rowKey={(message) => message.id}
            empty={
              <Empty title="Nothing to tell">
                A cloud hook of the type PREFECT_MESSAGE writes here when runs enter the states you choose.{" "}
                <Link to={"/hooks" as "/"} className="text-accent underline">
                  To the cloud hooks
                </Link>
              </Empty>
            }
            columns={[
              {
                key: "text",
                header: "What",
                cell: (message) => (
                  <span className={message.read ? "whitespace-normal" : "font-semibold whitespace-normal"}>
                    {!message.read && <span className="sr-only">Unread: </span>}
                    <Subject message={message} />
                  </span>
                ),
              },
              {
                key: "kind",
                header: "Kind",
                wide: true,
                cell: (message) => KINDS[message.type as keyof typeof KINDS] ?? message.type,
              },
              { key: "created", header: "When", cell: (message) => <RelativeTime at={message.created} /> },
              {
                key: "do",
                header: <span className="sr-only">What can be done</span>,
                align: "right",
                cell: (message) => (
                  <>
                    <Button
                      kind="ghost"
                      onClick={async () => {
                        await runMark(message);
                        refresh();
                      }}
                    >
                      {message.read ? "Mark unread" : "Mark read"}
                    </Button>
                    <ConfirmButton
                      kind="ghost"
                      question="Delete this notification?"
                      confirm="Delete"
                      onConfirm={async () => {
                        await runRemove(message);
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
        <Pager page={page} size={SIZE} count={messages.length} onPage={(next) => change({ page: next })} />
      </Panel>
    </>
  );
}

function Subject({ message }: { message: Message }) {
  const to = subjectOf(message);
  return to ? (
    <Link to={to as "/"} className="hover:underline">
      {textOf(message)}
    </Link>
  ) : (
    textOf(message)
  );
}
