/** What is around every page: where one can go, the team, the theme, the zone, and whether the server answers. */
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import clsx from "clsx";
import { Menu as MenuIcon, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useConnection } from "@/api/connection";
import { Brand } from "@/components/brand";
import { Failure, Skeleton } from "@/components/panel";
import { Toasts } from "@/components/toast";
import { formatDuration, useNow } from "@/lib/time";
import { Navigation } from "./navigation";
import { Preferences } from "./preferences";
import { Search, SearchButton } from "./search/search";
import { SignOutButton } from "./session";
import { useTenants } from "./tenant";
import { TenantPicker } from "./tenant-picker";
import { WorkQueueBanner } from "./work-queue";

export function Shell() {
  const [open, setOpen] = useState(false);
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the drawer
  useEffect(() => setOpen(false), [pathname]);
  return (
    <div className="flex min-h-dvh flex-col md:flex-row">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-raised focus:p-2"
      >
        To the content
      </a>
      <header className="flex items-center justify-between border-b border-line bg-panel px-4 py-2 md:hidden">
        <Home />
        <button
          type="button"
          aria-label={open ? "Close the menu" : "Open the menu"}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? <X className="size-5" /> : <MenuIcon className="size-5" />}
        </button>
      </header>
      <aside
        className={clsx(
          "shrink-0 flex-col gap-4 border-line bg-panel p-3 md:sticky md:top-0 md:flex md:h-dvh md:w-56 md:overflow-y-auto md:border-r",
          open ? "flex border-b" : "hidden",
        )}
      >
        <div className="hidden px-2 pt-1 md:block">
          <Home />
        </div>
        <SearchButton />
        <TenantPicker />
        <Navigation onChoose={() => setOpen(false)} />
        <div className="mt-auto flex flex-col items-start gap-1 border-t border-line pt-3">
          <Preferences />
          <SignOutButton />
        </div>
      </aside>
      <div className="flex min-w-0 grow flex-col">
        <ConnectionBanner />
        <WorkQueueBanner />
        <main id="content" className="mx-auto w-full max-w-[100rem] grow p-4 md:p-6">
          <Page />
        </main>
      </div>
      <Search />
      <Toasts />
    </div>
  );
}

/** The page of the chosen team: another team is another page. */
function Page() {
  const { tenants, tenant, error } = useTenants();
  if (!tenants) return error ? <Failure error={error} /> : <Skeleton />;
  if (!tenant && tenants.length) return <Skeleton />;
  return <Outlet key={tenant?.id} />;
}

function Home() {
  return (
    <Link to="/">
      <Brand />
    </Link>
  );
}

function ConnectionBanner() {
  const { state } = useConnection();
  return state === "lost" ? <Lost /> : null;
}

function Lost() {
  const { since } = useConnection();
  const now = useNow();
  return (
    <p role="alert" className="bg-warning-soft px-4 py-2 text-warning">
      The server has not answered for {formatDuration(Math.max(0, now - (since ?? now)))}. What you see is as
      old as that; the page goes on by itself when the server is back.
    </p>
  );
}
