import { usePolled } from "@/api/polled";
import { useTenants } from "./tenant";
import { UnreadCountDocument } from "./unread.gen";

const NONE = {};
// Above this nobody counts, neither the reader nor the database.
const MOST = 99;

/** How many notifications are unread, beside their place in the navigation. */
export function Unread() {
  const { tenant } = useTenants();
  return tenant ? <Count /> : null;
}

function Count() {
  const { data } = usePolled(UnreadCountDocument, NONE, 30);
  const count = data?.message.length ?? 0;
  if (!count) return null;
  return (
    <span className="ml-auto rounded-full bg-accent px-1.5 text-xs font-medium text-accent-ink tabular-nums">
      {count > MOST ? `${MOST}+` : count}
      <span className="sr-only"> unread</span>
    </span>
  );
}
