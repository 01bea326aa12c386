/** Every page and its address; each is loaded when it is first opened. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { BASE } from "@/lib/base";
import { NotFound } from "./not-found";
import { PageFailure } from "./page-failure";
import { Shell } from "./shell";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

function page(path: string, load: () => Promise<{ default: ComponentType }>) {
  return createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load) });
}

// The addresses of the original UI lead to the same things here: clients print them into logs and messages.
const routes = [
  page("/", () => import("@/pages/dashboard/page")),
  page("/runs", () => import("@/pages/runs/page")),
  page("/flow-run/$id", () => import("@/pages/flow-run/page")),
  page("/task-run/$id", () => import("@/pages/task-run/page")),
  page("/task/$id", () => import("@/pages/task/page")),
  page("/artifacts", () => import("@/pages/artifacts/page")),
  page("/agents", () => import("@/pages/agents/page")),
  page("/agent/$id", () => import("@/pages/agent/page")),
  page("/hooks", () => import("@/pages/hooks/page")),
  page("/automations", () => import("@/pages/automations/page")),
  page("/limits", () => import("@/pages/limits/page")),
  page("/kv", () => import("@/pages/kv/page")),
  page("/secrets", () => import("@/pages/secrets/page")),
  page("/notifications", () => import("@/pages/notifications/page")),
  page("/api", () => import("@/pages/api/page")),
  page("/flows", () => import("@/pages/flows/page")),
  page("/flow/$id", () => import("@/pages/flow/page")),
  page("/calendar", () => import("@/pages/calendar/page")),
  page("/projects", () => import("@/pages/projects/page")),
  page("/system", () => import("@/pages/system/page")),
  // Places kept for users and teams: /login (until then ./session asks for a key), /team/members, /team/roles,
  // /team/service-accounts, /user/keys, and /audit. They are lines like those above, with theirs in ./navigation.
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: BASE,
  defaultPreload: "intent",
  defaultErrorComponent: PageFailure,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
