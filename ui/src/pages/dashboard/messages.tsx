import { useLive } from "@/api/live";
import { Empty, Failure, Panel, Skeleton } from "@/components/panel";
import { RelativeTime } from "@/components/times";
import { textOf } from "@/lib/messages";
import { DashboardMessagesDocument } from "./dashboard.gen";

const NONE = {};

/** The newest unread notifications. */
export function Messages({ className }: { className?: string }) {
  const { data, error, loading } = useLive(DashboardMessagesDocument, NONE);
  return (
    <Panel title="Unread" className={className ?? ""}>
      <Failure error={error} />
      {loading ? (
        <Skeleton />
      ) : data?.message.length ? (
        <ul className="flex flex-col gap-2">
          {data.message.map((message) => (
            <li key={message.id}>
              <p className="break-words">{textOf(message)}</p>
              <p className="text-xs text-muted">
                <RelativeTime at={message.created} />
              </p>
            </li>
          ))}
        </ul>
      ) : (
        <Empty title="All read" />
      )}
    </Panel>
  );
}
