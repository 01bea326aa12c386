import { Link } from "@tanstack/react-router";
import {
  Activity,
  Bell,
  CalendarDays,
  FileBox,
  Folder,
  Gauge,
  KeyRound,
  LayoutDashboard,
  type LucideIcon,
  Play,
  Server,
  SquareTerminal,
  Table2,
  Webhook,
  Workflow,
  Zap,
} from "lucide-react";
import type { ComponentType } from "react";
import { Unread } from "./unread";

interface Place {
  to: string;
  title: string;
  icon: LucideIcon;
  /** Shown at the end of its line. */
  Extra?: ComponentType;
}

export const PLACES: { title: string; places: Place[] }[] = [
  {
    title: "Watch",
    places: [
      { to: "/", title: "Dashboard", icon: LayoutDashboard },
      { to: "/flows", title: "Flows", icon: Workflow },
      { to: "/runs", title: "Runs", icon: Play },
      { to: "/calendar", title: "Calendar", icon: CalendarDays },
      { to: "/projects", title: "Projects", icon: Folder },
      { to: "/artifacts", title: "Artifacts", icon: FileBox },
      { to: "/agents", title: "Agents", icon: Server },
      { to: "/notifications", title: "Notifications", icon: Bell, Extra: Unread },
    ],
  },
  {
    title: "Set up",
    places: [
      { to: "/automations", title: "Automations", icon: Zap },
      { to: "/hooks", title: "Cloud hooks", icon: Webhook },
      { to: "/limits", title: "Concurrency limits", icon: Gauge },
      { to: "/kv", title: "Key-value store", icon: Table2 },
      { to: "/secrets", title: "Secrets", icon: KeyRound },
    ],
  },
  // Members, roles, service accounts and the audit: a group without places is not shown.
  { title: "Team", places: [] },
  {
    title: "Run Lictor",
    places: [
      { to: "/api", title: "API explorer", icon: SquareTerminal },
      { to: "/system", title: "System", icon: Activity },
    ],
  },
];

export function Navigation({ onChoose }: { onChoose: () => void }) {
  return (
    <nav aria-label="Pages" className="flex flex-col gap-4">
      {PLACES.filter((group) => group.places.length).map((group) => (
        <div key={group.title}>
          <h2 className="mb-1 px-2 text-xs font-medium text-muted">{group.title}</h2>
          <ul className="flex flex-col gap-0.5">
            {group.places.map(({ to, title, icon: Icon, Extra }) => (
              <li key={to}>
                <Link
                  to={to}
                  onClick={onChoose}
                  activeOptions={{ exact: to === "/", includeSearch: false }}
                  className="flex items-center gap-2.5 rounded-md px-2 py-1.5 text-ink hover:bg-sunken"
                  activeProps={{ className: "bg-accent-soft !text-accent font-medium" }}
                >
                  <Icon className="size-4 shrink-0" aria-hidden />
                  {title}
                  {Extra && <Extra />}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
